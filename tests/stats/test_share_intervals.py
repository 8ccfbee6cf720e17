"""Wilson's and the exact interval against scipy, their formulas and their coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.stats import exact_interval, wilson_interval

counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_solves_its_equation(count: tuple[int, int], confidence: float):
    successes, n = count
    interval = wilson_interval(successes, n, confidence)
    z = scipy.stats.norm.ppf((1 + confidence) / 2)
    for end in (interval.low, interval.high):
        assert abs(successes / n - end) == pytest.approx(z * math.sqrt(end * (1 - end) / n), abs=1e-9)


@given(counts, st.sampled_from([0.8, 0.95, 0.99]))
def test_exact_is_what_the_one_sided_tests_leave(count: tuple[int, int], confidence: float):
    successes, n = count
    interval, tail = exact_interval(successes, n, confidence), (1 - confidence) / 2
    if successes > 0:
        assert scipy.stats.binom.sf(successes - 1, n, interval.low) == pytest.approx(tail, rel=1e-6)
    if successes < n:
        assert scipy.stats.binom.cdf(successes, n, interval.high) == pytest.approx(tail, rel=1e-6)


@given(counts)
def test_both_enclose_the_share_and_mirror(count: tuple[int, int]):
    successes, n = count
    for make in (wilson_interval, exact_interval):
        interval, mirror = make(successes, n), make(n - successes, n)
        assert 0 <= interval.low <= interval.estimate == successes / n <= interval.high <= 1
        assert (mirror.low, mirror.high) == pytest.approx((1 - interval.high, 1 - interval.low), abs=1e-9)


@pytest.mark.parametrize("p", np.linspace(0.01, 0.99, 25))
def test_exact_never_covers_less_than_promised(p: float):
    n = 30
    held = [k for k in range(n + 1) if exact_interval(k, n).low <= p <= exact_interval(k, n).high]
    assert scipy.stats.binom.pmf(held, n, p).sum() >= 0.95


def test_by_hand():
    # Nobody of 10: the exact upper end solves (1 - p)^10 = 0.025; Wilson's is z^2 / (n + z^2).
    z2 = scipy.stats.norm.ppf(0.975) ** 2
    assert exact_interval(0, 10).high == pytest.approx(1 - 0.025**0.1)
    assert wilson_interval(0, 10).high == pytest.approx(z2 / (10 + z2))


@pytest.mark.parametrize("make", [wilson_interval, exact_interval])
@pytest.mark.parametrize(
    ("successes", "n", "message"),
    [
        (3, 2, "`successes` must be at most `n` = 2. Got 3 instead."),
        (-1, 2, "`successes` must be an int of at least 0. Got -1 instead."),
        (0, 0, "`n` must be a positive int. Got 0 instead."),
        (0.5, 2, "`successes` must be an int of at least 0. Got 0.5 instead."),
    ],
)
def test_bad_counts(make, successes, n, message: str):
    with pytest.raises(InvalidInput) as caught:
        make(successes, n)
    assert str(caught.value) == message
