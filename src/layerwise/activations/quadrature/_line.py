"""A function at the nodes of the rule for one Gaussian."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from layerwise.activations.quadrature._function import Function
from layerwise.activations.quadrature._rule import GAUSS, Array, density, on_panels

TINY, HUGE = 1e-30, 1e30
"""Stand-ins for q = 0 and q = infinity: the limits themselves, to rounding."""

REACH = 38.0  # exp(-x^2 / 2) is the smallest float64 there
_STANDARD_DEVIATIONS = np.array([*range(-9, 10), *(sign * z for z in (11, 14, 20, 28, REACH) for sign in (-1, 1))])


@dataclass(frozen=True)
class Line:
    """`f` and `f'` at `u = sqrt(q) z`.

    Attributes:
        z: Nodes, in standard deviations.
        weight: Their weights, times the density of `z`: `weight @ curve` is the mean of a curve.
        value: `f(u)`.
        slope: `f'(u)`.
    """

    z: Array
    weight: Array
    value: Array
    slope: Array


def line(function: Function, q: float) -> Line:
    """Return `function` under a Gaussian of variance `q`; panels end at its own edges and at standard deviations."""
    root, own = scale(q), function.panels.edges
    first, last = np.searchsorted(own, (-REACH * root, REACH * root))
    z, weight = on_panels(np.unique(np.concatenate([_STANDARD_DEVIATIONS, own[first:last] / root])), *GAUSS)
    u = root * z
    return Line(z=z, weight=weight * density(z), value=function.value(u), slope=function.slope(u))


def scale(q: float) -> float:
    """Return `sqrt(q)`, with the stand-ins for 0 and infinity."""
    return math.sqrt(TINY if q == 0 else HUGE if math.isinf(q) else q)
