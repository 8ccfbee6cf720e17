"""Checks of single values: what passes comes back, what does not gets the one sentence."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise._base import (
    InvalidInput,
    at_least,
    finite,
    fraction,
    non_negative,
    one_of,
    positive,
    positive_int,
)

NUMBER_CHECKS = (finite, positive, non_negative, fraction)
RULES = {
    finite: "a finite number",
    positive: "a positive number",
    non_negative: "a number of at least 0",
    fraction: "a number from 0 up to, but not including, 1",
}


@pytest.mark.parametrize(
    ("check", "value", "message"),
    [
        (positive_int, -3, "`x` must be a positive int. Got -3 instead."),
        (positive_int, 0, "`x` must be a positive int. Got 0 instead."),
        (positive_int, 1.0, "`x` must be a positive int. Got 1.0 instead."),
        (positive_int, True, "`x` must be a positive int. Got True instead."),
        (positive_int, "3", "`x` must be a positive int. Got '3' instead."),
        (positive_int, None, "`x` must be a positive int. Got None instead."),
        (finite, math.nan, "`x` must be a finite number. Got nan instead."),
        (finite, -math.inf, "`x` must be a finite number. Got -inf instead."),
        (finite, 1j, "`x` must be a finite number. Got 1j instead."),
        (finite, True, "`x` must be a finite number. Got True instead."),
        (positive, 0.0, "`x` must be a positive number. Got 0.0 instead."),
        (positive, math.inf, "`x` must be a positive number. Got inf instead."),
        (non_negative, -0.5, "`x` must be a number of at least 0. Got -0.5 instead."),
        (fraction, 1, "`x` must be a number from 0 up to, but not including, 1. Got 1 instead."),
        (fraction, -1e-300, "`x` must be a number from 0 up to, but not including, 1. Got -1e-300 instead."),
        (
            fraction,
            Decimal("0.5"),
            "`x` must be a number from 0 up to, but not including, 1. Got Decimal('0.5') instead.",
        ),
    ],
)
def test_what_breaks_the_rule_gets_the_sentence(check, value, message):
    with pytest.raises(InvalidInput) as caught:
        check("x", value)
    assert str(caught.value) == message


def test_at_least_names_its_bound():
    with pytest.raises(InvalidInput) as caught:
        at_least("n_pieces", 1, 2)
    assert str(caught.value) == "`n_pieces` must be an int of at least 2. Got 1 instead."


@pytest.mark.parametrize(
    ("check", "value", "result"),
    [
        (positive_int, 1, 1),
        (positive_int, np.int64(7), 7),
        (finite, -2, -2.0),
        (finite, np.float32(0.5), 0.5),
        (finite, Fraction(1, 4), 0.25),
        (positive, 5e-324, 5e-324),
        (non_negative, 0, 0.0),
        (fraction, 0, 0.0),
        (fraction, 1 - 2**-53, 1 - 2**-53),
    ],
)
def test_what_keeps_the_rule_comes_back_as_a_plain_number(check, value, result):
    returned = check("x", value)
    assert returned == result
    assert type(returned) is type(result)


@given(value=st.integers(), low=st.integers(-5, 5))
def test_at_least_is_the_comparison(value, low):
    if value >= low:
        assert at_least("x", value, low) == value
    else:
        with pytest.raises(InvalidInput, match="must be"):
            at_least("x", value, low)


@given(value=st.one_of(st.floats(), st.integers(), st.fractions(), st.text(), st.none(), st.booleans()))
@pytest.mark.parametrize("check", NUMBER_CHECKS)
def test_a_number_check_returns_the_float_or_raises_invalid_input_and_nothing_else(check, value):
    try:
        returned = check("x", value)
    except InvalidInput as error:
        assert str(error) == f"`x` must be {RULES[check]}. Got {value!r} instead."  # noqa: PT017
    else:
        assert math.isfinite(returned)
        assert returned == float(value)


def test_an_int_too_large_for_a_float_is_not_finite():
    with pytest.raises(InvalidInput, match=r"^`x` must be a finite number\. Got 1000"):
        finite("x", 10**400)


def test_one_of_returns_the_value_or_lists_what_there_is():
    assert one_of("loss", "a", ("a", "b")) == "a"
    with pytest.raises(InvalidInput) as caught:
        one_of("loss", "c", ("a", "b"))
    assert str(caught.value) == "`loss` must be one of 'a', 'b'. Got 'c' instead."
