"""Differences between pairs: two arms run with the same seeds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from layerwise._base import positive_int
from layerwise.stats._bootstrap import BLOCK, bootstrap_interval
from layerwise.stats._interval import Paired
from layerwise.stats._sample import Sample, differences

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

# 2^16 sign patterns take milliseconds; beyond that the draw's own error is below what anybody reads off a p-value.
_ENUMERATED = 16
# Sums that are equal on paper differ by rounding; a tie counts as "at least as large".
_TIE = 1e-12


def paired_difference(
    a: ArrayLike,
    b: ArrayLike,
    confidence: float = 0.95,
    *,
    generator: np.random.Generator,
    n_resamples: int = 9999,
) -> Paired:
    """Return the mean of a - b with its BCa bootstrap interval and the p-value of a sign-flip test.

    `a` and `b` [n] are paired by position. Were there no difference, each pair's difference would be as likely with
    the other sign; the two-sided p-value is the share of sign patterns whose mean is at least as large in size as the
    one seen. Up to n = 16 all 2^n patterns are counted; above, `n_resamples` are drawn, and
    p = (1 + count) / (1 + n_resamples). The smallest possible p is 2 / 2^n, so five pairs cannot give p < 0.06.

    The order of the pairs does not matter, and `paired_difference(b, a)` is the exact mirror image, given the same
    generator state. Pairs that do not match in number, NaN and infinities raise `InvalidInput`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> result = paired_difference([0.9, 0.8, 0.9, 0.9, 0.8], [0.5, 0.6, 0.5, 0.4, 0.5], generator=rng)
        >>> round(result.difference, 2), result.p_value
        (0.36, 0.0625)

    References:
        Fisher, R. A. (1935). The design of experiments. Section 21.
        Phipson, B. and Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical Applications in
        Genetics and Molecular Biology 9.
    """
    delta, mirrored = _canonical(differences(a, b))
    positive_int("n_resamples", n_resamples)
    p_value = _enumerate(delta) if delta.size <= _ENUMERATED else _draw(delta, n_resamples, generator)
    mean = bootstrap_interval(delta, np.mean, confidence, n_resamples, generator=generator)
    if np.array_equal(delta, np.sort(-delta)):  # its own mirror image: then the interval must be its own too
        reach = max(mean.high, -mean.low)
        return Paired(0.0, 0.0 - reach, reach, p_value, delta.size)
    if mirrored:
        return Paired(0.0 - mean.estimate, 0.0 - mean.high, 0.0 - mean.low, p_value, delta.size)
    return Paired(mean.estimate, mean.low, mean.high, p_value, delta.size)


def _canonical(delta: Sample) -> tuple[Sample, bool]:
    """Return the same vector for every order of the pairs and for both signs, and whether its sign was changed."""
    seen, mirror = np.sort(delta), np.sort(-delta)
    mirrored = mirror.tolist() > seen.tolist()
    return (mirror, True) if mirrored else (seen, False)


def _enumerate(delta: Sample) -> float:
    # A pattern and its opposite have sums of the same size, so the first sign can stay: half of them stand for all.
    patterns = np.arange(2 ** (delta.size - 1))[:, None]
    return _count(delta, (patterns >> np.arange(delta.size)) & 1) / patterns.size


def _draw(delta: Sample, n_resamples: int, generator: np.random.Generator) -> float:
    sizes = _blocks(n_resamples, max(1, BLOCK // delta.size))
    count = sum(_count(delta, generator.integers(0, 2, (size, delta.size))) for size in sizes)
    return (1 + count) / (1 + n_resamples)


def _count(delta: Sample, flips: NDArray[np.int64]) -> int:
    """Return how many rows of `flips` (1: the other sign) give a sum at least as large in size as that of `delta`."""
    slack = _TIE * np.abs(delta).sum()
    return int(np.count_nonzero(np.abs((1.0 - 2.0 * flips) @ delta) >= abs(delta.sum()) - slack))


def _blocks(total: int, size: int) -> Iterator[int]:
    while total > 0:
        yield min(total, size)
        total -= size
