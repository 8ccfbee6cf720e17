"""Intervals by resampling."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from layerwise._base import positive_int
from layerwise.stats._interval import Interval
from layerwise.stats._sample import Sample, level, sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# Numbers held at once while resampling: 8 MB, whatever the size of the sample.
BLOCK = 10**6


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[..., Any] = np.mean,
    confidence: float = 0.95,
    n_resamples: int = 9999,
    *,
    generator: np.random.Generator,
) -> Interval:
    """Return `statistic(values)` and its bias-corrected and accelerated (BCa) bootstrap interval.

    `values` [n] are resampled with replacement `n_resamples` times. `statistic` maps a vector to a number; one that
    takes `axis` is much faster. The same generator state gives the same interval.

    Values that are all equal (one alone included) give low = high = estimate: they show no spread, which is not the
    same as having none. Where BCa is undefined, because leaving out any one value changes nothing, the percentile
    interval comes back. NaN and infinities raise `InvalidInput`.

    Example:
        >>> bootstrap_interval([1.0, 1.0, 1.0], generator=np.random.default_rng(0))
        Interval(estimate=1.0, low=1.0, high=1.0)

    References:
        Efron, B. (1987). Better bootstrap confidence intervals. Journal of the American Statistical Association 82.
    """
    vector = sample("values", values)
    level(confidence)
    positive_int("n_resamples", n_resamples)
    estimate = float(statistic(vector))
    if np.all(vector == vector[0]):
        return Interval(estimate, estimate, estimate)
    low, high = _ends(vector, statistic, confidence, n_resamples, generator)
    return Interval(estimate, low, high)


def _ends(
    vector: Sample, statistic: Callable[..., Any], confidence: float, n_resamples: int, generator: np.random.Generator
) -> tuple[float, float]:
    from scipy.stats import DegenerateDataWarning, bootstrap

    with warnings.catch_warnings():
        # A degenerate BCa warns, divides by zero and gives NaN, which is answered below.
        warnings.simplefilter("ignore", DegenerateDataWarning)
        warnings.simplefilter("ignore", RuntimeWarning)
        drawn = bootstrap(
            (vector,),
            statistic,
            confidence_level=confidence,
            n_resamples=n_resamples,
            batch=max(1, BLOCK // vector.size),
            method="BCa",
            rng=generator,
        )
    low, high = drawn.confidence_interval
    if np.isnan([low, high]).any():
        tails = (1 - confidence) / 2, (1 + confidence) / 2
        low, high = np.quantile(drawn.bootstrap_distribution, tails)
    return float(low), float(high)
