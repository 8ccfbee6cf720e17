"""Checks that every interval and test makes first."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from layerwise._base import InvalidInput, Text, finite

Sample = NDArray[np.float64]


def sample(name: str, values: ArrayLike, *, infinite: bool = False) -> Sample:
    """Return `values` as a float64 vector of at least one number; infinities only where `infinite` allows them."""
    vector = _numbers(name, values)
    if vector.ndim != 1 or vector.size == 0:
        raise InvalidInput(
            f"`{name}` must be a sequence of at least one number", got=Text(f"an array of shape {vector.shape}")
        )
    wrong = np.isnan(vector) if infinite else ~np.isfinite(vector)
    if wrong.any():
        rule = "hold no NaN" if infinite else "be finite"
        first = int(np.flatnonzero(wrong)[0])
        raise InvalidInput(
            f"All of `{name}` must {rule}",
            got=Text(f"{vector[first]} at position {first} ({wrong.sum()} of {wrong.size} are such)"),
            cure="Leave these runs out and say so, or count them as failures in a share.",
        )
    return vector


def differences(a: ArrayLike, b: ArrayLike) -> Sample:
    """Return a - b for two samples that pair up one to one."""
    first, second = sample("a", a), sample("b", b)
    if first.size != second.size:
        raise InvalidInput(
            "`a` and `b` must pair up one to one",
            got=Text(f"{first.size} and {second.size} values"),
            cure="Give both in the order of their seeds, and only seeds that both have.",
        )
    return first - second


def level(confidence: float) -> float:
    """Return `confidence` if it lies strictly between 0 and 1."""
    if not 0 < finite("confidence", confidence) < 1:
        raise InvalidInput("`confidence` must lie between 0 and 1", got=confidence, cure="The usual choice is 0.95.")
    return float(confidence)


def _numbers(name: str, values: ArrayLike) -> Sample:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"`{name}` must be a sequence of numbers", got=values) from None
