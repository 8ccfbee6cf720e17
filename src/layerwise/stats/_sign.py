"""The sign test: which of a pair is larger, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layerwise.stats._interval import Paired
from layerwise.stats._median import median_interval
from layerwise.stats._sample import Sample, differences

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def sign_test(a: ArrayLike, b: ArrayLike, confidence: float = 0.95) -> Paired:
    """Return the median of a - b, its exact interval, and the p-value of the two-sided sign test.

    p = P(|B - m/2| >= |k - m/2|), B ~ Binomial(m, 1/2), where k of the m pairs that are not tied have a > b. Without
    any such pair p = 1. `n` counts all pairs, and the interval, `median_interval` of a - b, stands on all of them.
    Nothing is drawn. Pairs that do not match in number, NaN and infinities raise `InvalidInput`.

    Example:
        >>> sign_test([2, 3, 4, 5, 6, 7], [1, 1, 1, 1, 1, 1])
        Paired(difference=3.5, low=1.0, high=6.0, p_value=0.03125, n=6)

    References:
        Dixon, W. J. and Mood, A. M. (1946). The statistical sign test. Journal of the American Statistical
        Association 41.
    """
    delta = differences(a, b)
    median = median_interval(delta, confidence)
    return Paired(median.estimate, median.low, median.high, _p_value(delta), delta.size)


def _p_value(delta: Sample) -> float:
    from scipy.stats import binomtest

    n_untied = int(np.count_nonzero(delta))
    return float(binomtest(int((delta > 0).sum()), n_untied).pvalue) if n_untied else 1.0
