"""Paired differences, the sign test and Holm's correction against scipy, enumeration and hand-solved cases."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.stats import bootstrap_interval, holm, median_interval, paired_difference, sign_test

scores = st.integers(0, 20).map(lambda k: k / 20)
pairs = st.lists(st.tuples(scores, scores), min_size=1, max_size=9)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def split(rows: list[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [a for a, _ in rows], [b for _, b in rows]


def slow_p(delta: np.ndarray) -> float:
    """Every pattern of signs, one after the other."""
    seen = abs(sum(delta)) - 1e-9
    patterns = list(itertools.product([1, -1], repeat=len(delta)))
    return sum(abs(sum(s * d for s, d in zip(p, delta, strict=True))) >= seen for p in patterns) / len(patterns)


def mean_difference(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
    return np.mean(a - b, axis=axis)


@pytest.mark.parametrize("n", [2, 5, 8, 12])
def test_exact_p_is_scipys(n: int):
    a, b = rng(n).normal(0.5, 1, n), rng(n + 1).normal(0, 1, n)
    theirs = scipy.stats.permutation_test((a, b), mean_difference, permutation_type="samples", n_resamples=2**n)
    assert paired_difference(a, b, generator=rng(), n_resamples=99).p_value == pytest.approx(theirs.pvalue, rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(pairs)
def test_exact_p_is_the_enumeration(rows: list[tuple[float, float]]):
    a, b = split(rows)
    mine = paired_difference(a, b, generator=rng(), n_resamples=9).p_value
    assert mine == slow_p(np.array(a) - np.array(b))


def test_drawn_p_agrees_with_the_exact_one():
    # Flipping the signs of differences of equal size is tossing coins, so the exact p of 17 pairs is known.
    delta = np.repeat([1.0, -1.0], [12, 5])
    exact = scipy.stats.binomtest(12, 17).pvalue
    drawn = paired_difference(delta, np.zeros(17), generator=rng(), n_resamples=9999).p_value
    assert drawn == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 9999))
    assert drawn * 10000 == pytest.approx(round(drawn * 10000))


def test_a_drawn_p_is_never_zero():
    assert paired_difference(np.ones(40), np.zeros(40), generator=rng(), n_resamples=99).p_value == 0.01


@pytest.mark.parametrize("n", range(1, 17))
def test_the_smallest_possible_p(n: int):
    result = paired_difference(np.arange(1, n + 1), np.zeros(n), generator=rng(), n_resamples=9)
    assert result.p_value == 2 / 2**n
    assert result.n == n


def test_interval_is_the_bootstrap_of_the_differences():
    a, b = rng(1).normal(0.3, 1, 30), rng(2).normal(0, 1, 30)
    result = paired_difference(a, b, 0.9, generator=rng())
    interval = bootstrap_interval(a - b, confidence=0.9, generator=rng(5))
    assert result.difference == pytest.approx(np.mean(a - b))
    assert (result.low, result.high) == pytest.approx((interval.low, interval.high), abs=0.03)


def test_equal_arms():
    result = paired_difference([0.5, 0.7, 0.1], [0.5, 0.7, 0.1], generator=rng())
    assert (result.difference, result.low, result.high, result.p_value) == (0, 0, 0, 1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(scores, scores), min_size=1, max_size=20), st.randoms(), st.integers(0, 100))
def test_the_order_of_the_pairs_does_not_matter(rows: list[tuple[float, float]], random, seed: int):
    shuffled = list(rows)
    random.shuffle(shuffled)
    first, again = (paired_difference(*split(r), generator=rng(seed), n_resamples=99) for r in (rows, shuffled))
    assert first == again
    assert sign_test(*split(rows)) == sign_test(*split(shuffled))


@settings(max_examples=25, deadline=None)
@example([(0.0, 0.0), (0.0, 0.05), (0.05, 0.0)], 0)  # its own mirror image
@given(st.lists(st.tuples(scores, scores), min_size=1, max_size=20), st.integers(0, 100))
def test_swapping_the_arms_mirrors_the_result(rows: list[tuple[float, float]], seed: int):
    a, b = split(rows)
    for test in (lambda a, b: paired_difference(a, b, generator=rng(seed), n_resamples=99), sign_test):
        there, back = test(a, b), test(b, a)
        assert (back.difference, back.low, back.high) == (-there.difference, -there.high, -there.low)
        assert (back.p_value, back.n) == (there.p_value, there.n)


def test_p_values_are_uniform_when_nothing_differs():
    draws = rng(9).normal(size=(1500, 10))
    p_values = [paired_difference(row, np.zeros(10), generator=rng(), n_resamples=1).p_value for row in draws]
    for alpha in (0.05, 0.2, 0.5):
        error = math.sqrt(alpha * (1 - alpha) / len(p_values))
        assert np.mean(np.array(p_values) <= alpha) == pytest.approx(alpha, abs=4 * error)


@given(pairs)
def test_sign_test_is_scipys_binomial_test_and_the_exact_median(rows: list[tuple[float, float]]):
    a, b = map(np.array, split(rows))
    wins, ties = int((a > b).sum()), int((a == b).sum())
    assume(ties < len(rows))
    result, median = sign_test(a, b), median_interval(a - b)
    assert result.p_value == pytest.approx(scipy.stats.binomtest(wins, len(rows) - ties).pvalue)
    assert (result.difference, result.low, result.high) == (median.estimate, median.low, median.high)


def test_sign_test_without_a_difference():
    assert sign_test([1, 2], [1, 2]).p_value == 1.0


@pytest.mark.parametrize("test", [lambda a, b: paired_difference(a, b, generator=rng()), sign_test])
def test_pairs_must_match_and_be_finite(test):
    with pytest.raises(InvalidInput) as caught:
        test([1, 2, 3], [1, 2])
    assert str(caught.value) == (
        "`a` and `b` must pair up one to one. Got 3 and 2 values instead. "
        "Give both in the order of their seeds, and only seeds that both have."
    )
    with pytest.raises(InvalidInput, match=r"All of `b` must be finite. Got nan at position 0 \(1 of 2 are such\)"):
        test([1, 2], [math.nan, 2])


def test_holm_by_hand():
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1 gives 0.02, 0.03, 0.06, 0.04; the last may not fall below 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]).tolist() == [1.0, 1.0]
    assert holm([]).shape == (0,)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.sampled_from([0.01, 0.05, 0.3]))
def test_holm_rejects_what_the_step_down_procedure_rejects(p_values: list[float], alpha: float):
    # The procedure itself: from the smallest p on, reject while p <= alpha / (hypotheses left).
    assume(all(abs(p * k - alpha) > 1e-12 for p in p_values for k in range(1, 13)))
    left, rejected = sorted(range(len(p_values)), key=lambda i: p_values[i]), set()
    while left and p_values[left[0]] <= alpha / len(left):
        rejected.add(left.pop(0))
    assert {i for i, p in enumerate(holm(p_values)) if p <= alpha} == rejected


@pytest.mark.parametrize("bad", [-0.1, 1.5])
def test_holm_takes_probabilities(bad: float):
    with pytest.raises(InvalidInput, match=rf"All of `p_values` must lie in \[0, 1\]. Got {bad} instead."):
        holm([0.5, bad])
