"""The median with an interval that assumes nothing about the distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layerwise._base import InvalidInput
from layerwise.stats._interval import Interval
from layerwise.stats._sample import Sample, level, sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def median_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the sample median and an exact, distribution-free interval of the population's median.

    The interval runs from the k-th smallest to the k-th largest value. It covers the median with probability
    1 - 2 P(B <= k - 1), B ~ Binomial(n, 1/2), whatever the distribution (at least that, if it has ties); k is the
    largest for which this reaches `confidence`. With too few values none does: for 0.95 that is n < 6, where even
    (minimum, maximum) covers only 1 - 2 / 2^n = 93.75% at n = 5. Then (minimum, maximum) comes back, being the widest
    available; its true confidence is 1 - 2 / 2^n.

    `values` [n] may hold infinities (a target never reached). NaN raises `InvalidInput`.

    Example:
        >>> median_interval([3.0, 1.0, 2.0, 5.0, 4.0, 7.0, 6.0, 8.0, 9.0])
        Interval(estimate=5.0, low=2.0, high=8.0)

    References:
        Thompson, W. R. (1936). On confidence ranges for the median and other expectation distributions for
        populations of unknown distribution form. Annals of Mathematical Statistics 7.
    """
    ordered = np.sort(sample("values", values, infinite=True))
    rank = _rank(ordered.size, level(confidence))
    return Interval(_median(ordered), float(ordered[rank - 1]), float(ordered[-rank]))


def _rank(n: int, confidence: float) -> int:
    """Return the largest k with P(B <= k - 1) <= (1 - confidence) / 2, at least 1."""
    from scipy.stats import binom

    tail = binom.cdf(np.arange(n // 2 + 1), n, 0.5)
    return max(1, int(np.searchsorted(tail, (1 - confidence) / 2, side="right")))


def _median(ordered: Sample) -> float:
    lower, upper = ordered[(ordered.size - 1) // 2], ordered[ordered.size // 2]
    if np.isinf(lower) and np.isinf(upper) and lower != upper:
        raise InvalidInput("`values` must have a median", got=[float(lower), float(upper)], cure="Its middle is open.")
    return float(np.median([lower, upper]))
