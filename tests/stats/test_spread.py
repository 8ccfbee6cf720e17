"""The Brown-Forsythe test: by hand, against a twin, and that it holds its level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as scipy_stats

from layerwise._base import InvalidInput
from layerwise.stats import brown_forsythe


def test_by_hand():
    # |x - median|: 1 0 1 and 10 0 10; means 2/3 and 20/3, grand mean 11/3; F = 3 * 2 * 9 / ((2/3 + 200/3) / 4)
    found = brown_forsythe([1.0, 2.0, 3.0], [10.0, 20.0, 30.0])
    assert found.statistic == pytest.approx(3 * 2 * 9 / ((2 / 3 + 200 / 3) / 4))
    assert found.p_value == pytest.approx(scipy_stats.f.sf(found.statistic, 1, 4))


def test_against_an_analysis_of_variance_of_the_distances():
    rng = np.random.default_rng(0)
    groups = [rng.normal(0, scale, n) for scale, n in ((1, 10), (2, 15), (1, 7))]
    twin = scipy_stats.f_oneway(*(np.abs(group - np.median(group)) for group in groups))
    found = brown_forsythe(*groups)
    assert (found.statistic, found.p_value) == pytest.approx((twin.statistic, twin.pvalue))


def test_shift_and_scale_make_no_difference():
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=9), rng.normal(size=12)
    first = brown_forsythe(a, b)
    assert brown_forsythe(3 * a + 5, 3 * b - 7) == pytest.approx(first)


def test_its_level_holds_for_samples_far_from_normal():
    rng = np.random.default_rng(2)
    found = [brown_forsythe(*rng.exponential(size=(2, 20))).p_value < 0.05 for _ in range(1000)]
    assert 0.02 < np.mean(found) < 0.075


def test_samples_without_spread():
    assert brown_forsythe([1.0, 1.0], [2.0, 2.0]) == (0.0, 1.0)
    found = brown_forsythe([1.0, 1.0, 3.0, 3.0], [1.0, 1.0, 2.0, 2.0])
    assert math.isinf(found.statistic)
    assert found.p_value == 0.0


@pytest.mark.parametrize("groups", [([1.0, 2.0],), ([1.0], [2.0, 3.0]), ([1.0, math.nan], [1.0, 2.0])])
def test_bad_input(groups):
    with pytest.raises(InvalidInput):
        brown_forsythe(*groups)
