"""Several tests at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layerwise._base import InvalidInput
from layerwise.stats._sample import Sample, sample

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def holm(p_values: ArrayLike) -> Sample:
    """Return `p_values` [m] adjusted for m tests, in the order given (Holm's step-down method).

    With p_(1) <= ... <= p_(m), the adjusted p_(i) = max over j <= i of min(1, (m - j + 1) p_(j)). Calling those below
    alpha significant keeps the chance of one or more false ones under alpha, however the tests depend on one another.
    A value outside [0, 1], or NaN, raises `InvalidInput`. No tests, no values.

    Example:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]

    References:
        Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6.
    """
    if np.size(p_values) == 0:
        return np.empty(0)
    raw = sample("p_values", p_values)
    if raw.min() < 0 or raw.max() > 1:
        outside = float(raw[(raw < 0) | (raw > 1)][0])
        raise InvalidInput("All of `p_values` must lie in [0, 1]", got=outside)
    order = np.argsort(raw, kind="stable")
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(raw[order] * np.arange(raw.size, 0, -1)))
    return adjusted
