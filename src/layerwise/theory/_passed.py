"""What the activation behind a layer does to second moments, for those with several pre-activations to a unit, too."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS, Activation
from layerwise.activations.quadrature import Function, means
from layerwise.theory._resolve import ActivationLike, resolve


@dataclass(frozen=True, slots=True)
class Passed:
    """Means of an activation.

    Attributes:
        square: `E f^2`, of one unit.
        slope_square: `E f'^2`, by one pre-activation, summed over the units that it feeds.
        function: What means over two inputs can be taken of; None where a unit has several pre-activations.
    """

    square: float
    slope_square: float
    function: Function | None


def passed(activation: ActivationLike | None, q: float) -> Passed | None:
    """Return the means at a second moment of `q`, or None if theory can't take the activation."""
    entry = entry_of(activation)
    if isinstance(entry, Activation) and entry.pieces_default != 1:
        several = entry.moments(q)
        return Passed(_limit(several.square, q), several.slope_square / entry.pieces_default, None)
    try:
        function = resolve(entry)
    except InvalidInput:
        return None
    here = means(function, q)
    square = here.square if q > 0 else float(function.value(np.zeros(1))[0]) ** 2
    return Passed(_limit(square, q), here.slope_square, function)


def entry_of(activation: ActivationLike | None) -> ActivationLike:
    """Return the entry of `ACTIVATIONS` behind a name, linear's for None, and functions as they are."""
    return ACTIVATIONS[activation or "linear"] if activation is None or isinstance(activation, str) else activation


def _limit(square: float, q: float) -> float:
    return square if math.isfinite(q) else math.inf
