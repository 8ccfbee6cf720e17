"""Numbers are printed to two significant digits, and read back to within half a unit of the second."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.rules._phrase import number, percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.01, "0.01"),
        (0.0007, "0.0007"),
        (0.000712, "0.00071"),
        (0.000996, "0.001"),
        (1.7e-9, "1.7e-09"),
        (1.0, "1"),
        (0.95, "0.95"),
        (9.96, "10"),
        (10.4, "10"),
        (99.6, "100"),
        (183.4, "180"),
        (28_411, "28,000"),
        (999_999, "1,000,000"),
        (2.5e6, "2.5e+06"),
        (-3.14159, "-3.1"),
        (math.inf, "infinity"),
        (-math.inf, "-infinity"),
        (math.nan, "nan"),
    ],
)
def test_numbers(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.6875, "69%"), (1, "100%"), (0.0341, "3.4%"), (11.2, "1,100%"), (0, "0%")]
)
def test_percentages(share, text):
    assert percent(share) == text


@given(st.floats(1e-30, 1e30))
def test_what_is_printed_is_the_number_to_five_percent(value):
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.0501)
