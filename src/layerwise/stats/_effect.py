"""How large a difference is, beside how much it varies; and how often it goes one way."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from layerwise.stats._sample import differences

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Effect(NamedTuple):
    """The standardized mean difference of pairs, and in how many of them `a` is larger, and as large."""

    size: float
    larger: int
    equal: int


def paired_effect(a: ArrayLike, b: ArrayLike) -> Effect:
    """Return d = mean(a - b) / std(a - b), with n - 1 in the standard deviation, and the counts a > b and a = b.

    Where all differences are the same, d is 0 if they are 0, else infinite with their sign; of one pair it is not a
    number. Pairs that do not match in number, NaN and infinities raise `InvalidInput`.

    Example:
        >>> paired_effect([3.0, 4.0, 6.0], [2.0, 2.0, 6.0])
        Effect(size=1.0, larger=2, equal=1)

    References:
        Cohen, J. (1988). Statistical power analysis for the behavioral sciences, section 2.3.5 (d' of paired samples).
    """
    delta = differences(a, b)
    larger, equal = int((delta > 0).sum()), int((delta == 0).sum())
    if delta.size < 2:
        return Effect(math.nan, larger, equal)
    mean = float(delta.mean())
    if np.all(delta == delta[0]):
        return Effect(math.copysign(math.inf, mean) if mean else 0.0, larger, equal)
    return Effect(mean / float(delta.std(ddof=1)), larger, equal)
