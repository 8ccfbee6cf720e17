"""Where a function that somebody gives has its kinks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from layerwise._base import InvalidInput, Text
from layerwise.activations.quadrature import Array, Function

_REACH, _WIDTH = 32.0, 1 / 16
_HALVINGS = 60  # 1/16 becomes one step of float64: over that a smooth function does not move
_JUMP = 1e-6


def find_kinks(function: Function) -> tuple[float, ...]:
    """Return, ascending, where slope or curvature jumps between -32 and 32, to 1e-15 or one step of float64.

    In each sixteenth of a unit the half over which the derivative changes more is kept, 60 times over. What is left of
    the change is a jump, or nothing. Two kinks in one sixteenth are seen as one.

    Raises:
        InvalidInput: If the function itself jumps: its squared slope has no finite mean, so chi_1 is infinite.
    """
    jumps = _jumps(function.value)
    if jumps.size:
        raise InvalidInput(
            "`activation` must be continuous",
            got=Text(f"{function.name}, which jumps at {jumps[0]:g}"),
            cure="Through a jump chi_1 is infinite.",
        )
    return tuple(sorted({float(place) for curve in (function.slope, function.curvature) for place in _jumps(curve)}))


def _jumps(curve: Callable[[Array], Array]) -> Array:
    low = np.arange(-_REACH, _REACH, _WIDTH)
    high = low + _WIDTH
    at_low, at_high = curve(low), curve(high)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        at_middle = curve(middle)
        left = np.abs(at_middle - at_low) >= np.abs(at_high - at_middle)
        low, high = np.where(left, low, middle), np.where(left, middle, high)
        at_low, at_high = np.where(left, at_low, at_middle), np.where(left, at_middle, at_high)
    scale = np.abs(at_low) + np.abs(at_high) + 1e-3
    found: Array = np.unique(np.round(low[np.abs(at_high - at_low) > _JUMP * scale], 15) + 0.0)
    return found
