"""Intervals and tests for small samples of runs: exact where that is possible, resampled where it is not.

Everything that draws takes its `generator`; none of the global generators is touched.
"""

from layerwise.stats._bootstrap import bootstrap_interval
from layerwise.stats._effect import Effect, paired_effect
from layerwise.stats._holm import holm
from layerwise.stats._interval import Interval, Paired
from layerwise.stats._large import large_paired_difference, mean_interval
from layerwise.stats._median import median_interval
from layerwise.stats._paired import paired_difference
from layerwise.stats._share import exact_interval, wilson_interval
from layerwise.stats._sign import sign_test
from layerwise.stats._spread import Spread, brown_forsythe

__all__ = [
    "Effect",
    "Interval",
    "Paired",
    "Spread",
    "bootstrap_interval",
    "brown_forsythe",
    "exact_interval",
    "holm",
    "large_paired_difference",
    "mean_interval",
    "median_interval",
    "paired_difference",
    "paired_effect",
    "sign_test",
    "wilson_interval",
]
