"""The bootstrap against scipy, and where BCa is undefined."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.stats import Interval, bootstrap_interval


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("statistic", [np.mean, np.median, lambda x: float(np.max(x) - np.min(x))])
def test_it_is_scipys(statistic):
    values = rng(1).exponential(size=23)
    mine = bootstrap_interval(values, statistic, 0.9, 999, generator=rng())
    theirs = scipy.stats.bootstrap((values,), statistic, confidence_level=0.9, n_resamples=999, method="BCa", rng=rng())
    assert mine.estimate == statistic(values)
    assert (mine.low, mine.high) == pytest.approx(tuple(theirs.confidence_interval), rel=1e-12)


def test_the_interval_of_a_mean_is_near_that_of_the_normal_theory():
    values = rng(2).normal(3.0, 2.0, size=400)
    interval = bootstrap_interval(values, generator=rng())
    half = 1.96 * values.std(ddof=1) / math.sqrt(400)
    assert interval.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.1 * half)


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.5], [0.5] * 30])
def test_equal_values_have_no_width(values: list[float]):
    assert bootstrap_interval(values, generator=rng()) == Interval(0.5, 0.5, 0.5)


def test_where_bca_is_undefined_the_percentiles_answer():
    # Leaving out any one value leaves this median where it is: BCa divides zero by zero.
    interval = bootstrap_interval([0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0], np.median, generator=rng())
    assert (interval.estimate, interval.low, interval.high) == (0.0, 0.0, 1.0)


def test_the_same_generator_gives_the_same_interval_and_leaves_the_global_one_alone():
    values = rng(3).normal(size=10)
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again = (bootstrap_interval(values, n_resamples=99, generator=rng(7)) for _ in range(2))
    other = bootstrap_interval(values, n_resamples=99, generator=rng(8))
    assert first == again != other
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=12))
def test_ends_are_numbers_within_the_sample(values: list[int]):
    interval = bootstrap_interval(values, n_resamples=99, generator=rng())
    assert min(values) - 1e-9 <= interval.low <= interval.high <= max(values) + 1e-9


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_finite_is_refused(bad: float):
    with pytest.raises(InvalidInput, match=rf"All of `values` must be finite. Got {bad} at position 1 \(1 of 2"):
        bootstrap_interval([1.0, bad], generator=rng())


def test_resamples_are_counted():
    with pytest.raises(InvalidInput, match=r"`n_resamples` must be a positive int. Got 0 instead."):
        bootstrap_interval([1.0, 2.0], n_resamples=0, generator=rng())
