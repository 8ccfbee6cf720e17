"""Means of large samples: by hand, and that resampling says the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from layerwise._base import InvalidInput
from layerwise.stats import bootstrap_interval, large_paired_difference, mean_interval, paired_difference


def test_the_interval_is_that_of_students_test():
    values = np.random.default_rng(0).normal(3, 2, 40)
    twin = scipy_stats.ttest_1samp(values, 0).confidence_interval(0.9)
    found = mean_interval(values, 0.9)
    assert (found.low, found.high) == pytest.approx((twin.low, twin.high))
    assert found.estimate == pytest.approx(values.mean())


@pytest.mark.parametrize("draw", ["normal", "exponential"])
def test_resampling_says_the_same_of_large_samples(draw):
    rng = np.random.default_rng(1)
    a, b = getattr(rng, draw)(size=(2, 1500))
    large = large_paired_difference(a + 0.05, b)
    drawn = paired_difference(a + 0.05, b, generator=np.random.default_rng(2))
    width = drawn.high - drawn.low
    assert large.difference == pytest.approx(drawn.difference)
    assert (large.low, large.high) == pytest.approx((drawn.low, drawn.high), abs=0.04 * width)
    assert large.p_value == pytest.approx(drawn.p_value, abs=0.02)
    mean = bootstrap_interval(a, generator=np.random.default_rng(3))
    assert (mean_interval(a).low, mean_interval(a).high) == pytest.approx((mean.low, mean.high), abs=0.01)


def test_the_p_value_by_hand():
    found = large_paired_difference([3.0, 4.0], [0.0, 0.0])
    assert found.p_value == pytest.approx(math.erfc(7 / 5 / math.sqrt(2)))


def test_its_level_holds():
    rng = np.random.default_rng(4)
    found = [large_paired_difference(*rng.exponential(size=(2, 400))).p_value < 0.05 for _ in range(1500)]
    assert 0.035 < np.mean(found) < 0.065


def test_no_difference_and_no_spread():
    assert large_paired_difference([1.0, 2.0], [1.0, 2.0]).p_value == 1.0
    found = large_paired_difference([2.0, 3.0], [1.0, 2.0])
    assert (found.low, found.high) == (1.0, 1.0)
    assert mean_interval([5.0]).low == 5.0


def test_bad_input():
    for values in ([], [math.nan], [math.inf, 1.0]):
        with pytest.raises(InvalidInput):
            mean_interval(values)
    with pytest.raises(InvalidInput):
        large_paired_difference([1.0], [1.0, 2.0])
