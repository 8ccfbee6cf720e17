"""Whether samples vary equally."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, NamedTuple

from layerwise._base import InvalidInput, Text
from layerwise.stats._sample import sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Spread(NamedTuple):
    """The statistic W of the Brown-Forsythe test and its p-value."""

    statistic: float
    p_value: float


def brown_forsythe(*groups: ArrayLike) -> Spread:
    """Return the Brown-Forsythe test that all `groups` [n_i] have one variance: an F-test of |x - median of its group|.

    Unlike the F-test of variances it holds its level where samples are not normal. Where no value differs from its
    group's median, W = 0 and p = 1; where such differences do not vary within groups, but between them, W is infinite
    and p = 0. Fewer than two groups, a group of fewer than two values, NaN and infinities raise `InvalidInput`.

    Example:
        >>> found = brown_forsythe([1.0, 2.0, 3.0], [10.0, 20.0, 30.0])
        >>> round(found.statistic, 3), round(found.p_value, 3)
        (3.208, 0.148)

    References:
        Brown, M. B. and Forsythe, A. B. (1974). Robust tests for the equality of variances. Journal of the American
        Statistical Association 69.
    """
    from scipy.stats import levene

    vectors = [sample(f"groups[{place}]", group) for place, group in enumerate(groups)]
    sizes = [vector.size for vector in vectors]
    if len(vectors) < 2 or min(sizes) < 2:
        raise InvalidInput("`groups` must be at least two samples of at least two values", got=Text(f"sizes {sizes}"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # 0 / 0 is answered below
        found = levene(*vectors, center="median")
    if math.isnan(found.statistic):
        return Spread(0.0, 1.0)
    return Spread(float(found.statistic), float(found.pvalue))
