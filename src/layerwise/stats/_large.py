"""Means of large samples, where resampling would say the same and take long."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from layerwise.stats._interval import Interval, Paired
from layerwise.stats._sample import Sample, differences, level, sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> Interval:
    """Return the mean of `values` [n] and Student's interval, mean +- t s / sqrt(n), with n - 1 degrees of freedom.

    Its error of coverage falls as 1 / n; `bootstrap_interval` corrects for skew, which matters for small samples. One
    value, and values that are all the same, have an interval without width. NaN and infinities raise `InvalidInput`.

    Example:
        >>> found = mean_interval([1.0, 2.0, 3.0])
        >>> found.estimate, round(found.low, 3), round(found.high, 3)
        (2.0, -0.484, 4.484)

    References:
        Student (1908). The probable error of a mean. Biometrika 6.
    """
    vector = sample("values", values)
    return _interval(vector, level(confidence))


def large_paired_difference(a: ArrayLike, b: ArrayLike, confidence: float = 0.95) -> Paired:
    """Return the mean of a - b with Student's interval, and the p-value of the sign-flip test in its normal limit.

    Over all sign patterns the sum of the differences d_i has mean 0 and variance sum d_i^2, exactly, and is normal for
    large n; so p = P(|Z| >= |sum d_i| / sqrt(sum d_i^2)). `paired_difference` counts or draws the patterns instead, and
    is the one to use for small samples. Nothing is drawn here. Pairs that do not match in number, NaN and infinities
    raise `InvalidInput`.

    Example:
        >>> found = large_paired_difference([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
        >>> found.difference, round(found.p_value, 3), found.n
        (2.0, 0.109, 3)

    References:
        Fisher, R. A. (1935). The design of experiments. Section 21.
    """
    from scipy.stats import norm

    delta = differences(a, b)
    mean = _interval(delta, level(confidence))
    spread = float(np.linalg.norm(delta))
    p_value = 2 * float(norm.sf(abs(float(delta.sum())) / spread)) if spread else 1.0
    return Paired(mean.estimate, mean.low, mean.high, p_value, delta.size)


def _interval(vector: Sample, confidence: float) -> Interval:
    from scipy.stats import t

    mean = float(vector.mean())
    if vector.size == 1 or np.all(vector == vector[0]):
        return Interval(mean, mean, mean)
    half = float(t.ppf((1 + confidence) / 2, vector.size - 1)) * float(vector.std(ddof=1)) / math.sqrt(vector.size)
    return Interval(mean, mean - half, mean + half)
