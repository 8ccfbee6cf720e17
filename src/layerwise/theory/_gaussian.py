"""Gaussian means in one and two dimensions, by Gauss-Legendre panels that end at kinks.

With `u = sqrt(q) z` and a unit Gaussian `z`. What is smooth inside a panel is integrated to rounding; kinks are edges.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, replace

import numpy as np

from layerwise._base import InvalidInput
from layerwise._base._errors import Text
from layerwise.theory._function import Array, Function

TINY, HUGE = 1e-30, 1e30
"""Stand-ins for q = 0 and q = infinity: the limits themselves, to rounding."""

_REACH = 12.0  # exp(-72): what lies beyond is below rounding, even for squares of squares
_EVEN = 64.0  # |u| up to which panels are equally wide; beyond, where activations are straight, they grow
_GROWTH = 1.5
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True)
class Moments:
    """Gaussian means of one activation at one q.

    Attributes:
        mean: `E f`.
        second: `E f^2`.
        slope_second: `E f'^2`.
        slope_fourth: `E f'^4`.
        second_slope: `d E f^2 / dq = E[f'^2] + E[f'' f]`, computed as `E[f f' z] / sqrt(q)` (Stein), which is right at
            kinks too, where `f''` is no function.
    """

    mean: float
    second: float
    slope_second: float
    slope_fourth: float
    second_slope: float


def moments(function: Function, q: float) -> Moments:
    """Return the means over `u = sqrt(q) z`; q = 0 and infinity are taken as limits."""
    root = scale(q)
    z, weight = _line(function, root)
    value, slope = function.value(root * z), function.slope(root * z)
    with np.errstate(over="ignore", invalid="ignore"):  # what grows beyond float64 is infinite
        return _means(value, slope, z, weight, root)


def scale(q: float) -> float:
    """Return `sqrt(q)`, with the stand-ins for 0 and infinity."""
    return math.sqrt(TINY if q == 0 else HUGE if math.isinf(q) else q)


def _means(value: Array, slope: Array, z: Array, weight: Array, root: float) -> Moments:
    return Moments(
        mean=float(weight @ value),
        second=float(weight @ value**2),
        slope_second=float(weight @ slope**2),
        slope_fourth=float(weight @ slope**4),
        second_slope=float(weight @ (value * slope * z)) / root,
    )


def _line(function: Function, root: float) -> tuple[Array, Array]:
    edges = np.concatenate([_even_edges(), _scaled_edges(function.panel, root), np.asarray(function.kinks) / root])
    edges = np.unique(edges[np.abs(edges) <= _REACH])
    z, weight = panels(edges, _NODES, _WEIGHTS)
    return z, weight * density(z)


@functools.cache
def _even_edges() -> Array:
    return np.linspace(-_REACH, _REACH, 33)


def _scaled_edges(panel: float, root: float) -> Array:
    """Edges that are `panel` apart in u, up to `_EVEN`, then further and further; as values of z."""
    even = np.arange(0.0, min(_EVEN, _REACH * root + panel), panel)
    n_grown = max(0, math.ceil(math.log(_REACH * root / _EVEN, _GROWTH)))
    one_side = np.concatenate([even, _EVEN * _GROWTH ** np.arange(n_grown)]) / root
    return np.concatenate([-one_side, one_side])


def panels(edges: Array, nodes: Array, weights: Array) -> tuple[Array, Array]:
    """Return nodes and weights of the rule on every panel between neighbours on the last axis of `edges`."""
    half = np.diff(edges) / 2
    middle = edges[..., :-1] + half
    shape = (*edges.shape[:-1], -1)
    place = (middle[..., None] + half[..., None] * nodes).reshape(shape)
    return place, (half[..., None] * weights).reshape(shape)


def density(z: Array) -> Array:
    """Return the density of the unit Gaussian."""
    result: Array = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return result


def fitting_panel(function: Function) -> Function:
    """Return `function` with the widest panels at which halving them no longer moves its means.

    Raises:
        InvalidInput: If panels of 1/64 do not suffice: it oscillates wildly, or has kinks without end.
    """
    panel = function.panel
    while panel >= 1 / 64:
        coarse, function = replace(function, panel=panel), replace(function, panel=panel / 2)
        if all(_agree(moments(coarse, q), moments(function, q)) for q in (0.1, 1.0, 10.0)):
            return coarse
        panel /= 2
    raise InvalidInput("`activation` must be smooth between its kinks", got=Text(function.name))


def _agree(a: Moments, b: Moments) -> bool:
    return math.isclose(a.second, b.second, rel_tol=1e-11) and math.isclose(
        a.slope_second, b.slope_second, rel_tol=1e-11
    )
