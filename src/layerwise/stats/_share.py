"""Shares: how many out of how many, with an interval."""

from __future__ import annotations

from typing import Literal

from layerwise._base import InvalidInput, at_least, positive_int
from layerwise.stats._interval import Interval
from layerwise.stats._sample import level


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the share successes / n and its Wilson score interval.

    The interval holds every p for which |successes / n - p| <= z sqrt(p (1 - p) / n), z the normal quantile of
    `confidence`. Its coverage is close to `confidence` on average; `exact_interval` never falls below it.
    Raises `InvalidInput` unless 0 <= successes <= n and n >= 1.

    Example:
        >>> share = wilson_interval(30, 30)
        >>> share.estimate, round(share.low, 3), share.high
        (1.0, 0.886, 1.0)

    References:
        Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of the
        American Statistical Association 22.
    """
    return _interval(successes, n, confidence, "wilson")


def exact_interval(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the share successes / n and its exact (Clopper-Pearson) interval.

    The interval holds every p that neither one-sided binomial test rejects at (1 - confidence) / 2: it covers with at
    least `confidence` for every p, and is wider than `wilson_interval`.
    Raises `InvalidInput` unless 0 <= successes <= n and n >= 1.

    Example:
        >>> share = exact_interval(0, 10)
        >>> share.low, round(share.high, 4)
        (0.0, 0.3085)

    References:
        Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case of
        the binomial. Biometrika 26.
    """
    return _interval(successes, n, confidence, "exact")


def _interval(successes: int, n: int, confidence: float, method: Literal["wilson", "exact"]) -> Interval:
    from scipy.stats import binomtest

    at_least("successes", successes, 0)
    positive_int("n", n)
    if successes > n:
        raise InvalidInput(f"`successes` must be at most `n` = {n}", got=successes)
    ends = binomtest(int(successes), int(n)).proportion_ci(level(confidence), method=method)
    return Interval(successes / n, float(ends.low), float(ends.high))
