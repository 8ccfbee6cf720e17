"""The median's interval against enumeration, a hand-solved case, and its own coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.stats import Interval, median_interval

numbers = st.floats(-1e6, 1e6)


def covered(n: int, k: int) -> float:
    """P(the k-th smallest <= median <= the k-th largest), by counting heads."""
    return 1 - 2 * sum(math.comb(n, i) for i in range(k)) / 2**n


def test_the_table_of_every_textbook():
    ranks = {6: 1, 8: 1, 9: 2, 12: 3, 20: 6, 30: 10, 100: 40}
    for n, k in ranks.items():
        assert median_interval(range(1, n + 1)) == Interval((n + 1) / 2, k, n + 1 - k)


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("n", range(1, 41))
def test_it_is_the_narrowest_that_covers(n: int, confidence: float):
    interval = median_interval(np.arange(1, n + 1), confidence)
    k = int(interval.low)
    assert interval.high == n + 1 - k
    assert covered(n, k) >= confidence or k == 1
    assert 2 * (k + 1) > n + 1 or covered(n, k + 1) < confidence


@pytest.mark.parametrize("n", [1, 2, 5])
def test_too_few_values_give_their_range(n: int):
    assert covered(n, 1) < 0.95
    assert median_interval(range(n)) == Interval((n - 1) / 2, 0, n - 1)


def test_it_covers_a_skewed_distribution_as_often_as_promised():
    draws = np.random.default_rng(0).exponential(size=(4000, 12))
    intervals = [median_interval(row) for row in draws]
    share = np.mean([i.low <= math.log(2) <= i.high for i in intervals])
    assert share == pytest.approx(covered(12, 3), abs=4 * math.sqrt(0.04 * 0.96 / 4000))


@given(st.lists(numbers, min_size=1, max_size=40), st.randoms())
def test_order_does_not_matter_and_ends_enclose(values: list[float], random):
    shuffled = list(values)
    random.shuffle(shuffled)
    interval = median_interval(values)
    assert interval == median_interval(shuffled)
    assert interval.low <= interval.estimate <= interval.high


@given(st.lists(numbers, min_size=1, max_size=40))
def test_the_mirror_image(values: list[float]):
    interval, mirror = median_interval(values), median_interval([-x for x in values])
    assert (mirror.estimate, mirror.low, mirror.high) == (-interval.estimate, -interval.high, -interval.low)


def test_a_target_never_reached_is_infinite():
    assert median_interval([1, 2, 3, math.inf, math.inf, math.inf, math.inf]) == Interval(math.inf, 1, math.inf)
    assert median_interval([math.inf] * 2) == Interval(math.inf, math.inf, math.inf)


def test_nan_is_refused():
    with pytest.raises(InvalidInput) as caught:
        median_interval([1.0, math.nan, 3.0, math.nan])
    assert str(caught.value) == (
        "All of `values` must hold no NaN. Got nan at position 1 (2 of 4 are such) instead. "
        "Leave these runs out and say so, or count them as failures in a share."
    )


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], r"`values` must be a sequence of at least one number. Got an array of shape \(0,\) instead."),
        ([[1.0]], r"Got an array of shape \(1, 1\) instead"),
        (["a"], r"`values` must be a sequence of numbers. Got \['a'\] instead."),
        ([-math.inf, math.inf], r"`values` must have a median"),
    ],
)
def test_what_is_no_sample_is_refused(values, message: str):
    with pytest.raises(InvalidInput, match=message):
        median_interval(values)


@pytest.mark.parametrize("confidence", [0, 1, 95, math.nan, "0.95"])
def test_confidence_lies_between_0_and_1(confidence):
    with pytest.raises(InvalidInput, match="`confidence` must"):
        median_interval([1, 2, 3], confidence)
