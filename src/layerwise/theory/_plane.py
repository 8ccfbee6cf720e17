"""Gaussian means over two inputs: `u1, u2` of variance q and correlation c.

In the axes `u1, u2 = sqrt(q) (a x ± b y)` with `a, b = sqrt((1 ± c) / 2)`, x and y are independent, and swapping the
inputs turns y into -y, so half of the plane is enough. The correlation is given as `gap = 1 - c`, which keeps its
digits as c -> 1, and so do the means.
A kink k is two lines there; panels in y end on them, panels in x end where two of them cross.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from layerwise.activations.quadrature import TINY, Array, Function, density, on_panels, scale

_REACH = 9.0  # exp(-40)
_MOST_PANELS = 64  # from -9 to 9: narrow enough for tanh up to q = 100
_LARGE = 100.0
_BENDS = np.array([-18.0, -6.0, -2.0, 0.0, 2.0, 6.0, 18.0])  # in u: edges for what bends there, once q is large
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_NEAR_CROSSING = np.arange(-10.0, 11.0)


def squared_difference(function: Function, q: float, gap: float) -> float:
    """Return `E[(f(u1) - f(u2))^2]`, for a correlation of `1 - gap`."""
    return _plane_mean(function, function.value, lambda f1, f2: (f1 - f2) ** 2, q, gap)


def slope_product(function: Function, q: float, gap: float) -> float:
    """Return `E[f'(u1) f'(u2)]` for a correlation of `1 - gap`."""
    return _plane_mean(function, function.slope, lambda f1, f2: f1 * f2, q, gap)


def _plane_mean(
    function: Function, curve: Callable[[Array], Array], combine: Callable[[Array, Array], Array], q: float, gap: float
) -> float:
    root = scale(q)
    a, b = math.sqrt(max(0.0, 1 - gap / 2)), math.sqrt(gap / 2)
    kinks, bends = np.asarray(function.kinks) / root, _BENDS / root if q > _LARGE else _BENDS[:0]
    lines = np.union1d(kinks, bends)
    x, weight_x = on_panels(_outer_edges(kinks, lines, a, b, function.panel / root), _NODES, _WEIGHTS)
    y, weight_y = on_panels(_inner_edges(x, lines, a, b, function.panel / root), _NODES, _WEIGHTS)
    u1, u2 = root * (a * x[:, None] + b * y), root * (a * x[:, None] - b * y)
    inner = np.sum(weight_y * density(y) * combine(curve(u1), curve(u2)), axis=1)
    return float(2 * np.sum(weight_x * density(x) * inner))


def _outer_edges(kinks: Array, lines: Array, a: float, b: float, panel: float) -> Array:
    """Edges in x: even ones, where lines cross, and around that at the distance b / a on which they part."""
    edges = [_even(-_REACH, panel / max(a, TINY))]
    if lines.size and a > 0:
        around = np.append(_crossings(kinks), 0.0) / a
        edges += [_crossings(lines) / a, np.add.outer(around, _NEAR_CROSSING * (b / a)).ravel()]
    joined = np.concatenate(edges)
    return np.unique(joined[np.abs(joined) <= _REACH])


def _crossings(lines: Array) -> Array:
    """Return `a x` where two of the lines cross."""
    return np.add.outer(lines, lines).ravel() / 2


def _inner_edges(x: Array, lines: Array, a: float, b: float, panel: float) -> Array:
    """Edges in y from 0 up, `[x, edge]`: the even ones, and where a line passes at this x."""
    even = _even(0.0, panel / max(b, TINY))
    passing = np.abs(lines - a * x[:, None]) / max(b, TINY)
    edges = np.concatenate([np.broadcast_to(even, (x.size, even.size)), np.minimum(passing, _REACH)], axis=1)
    return np.sort(edges, axis=1)


def _even(low: float, width: float) -> Array:
    length = _REACH - low
    most = round(_MOST_PANELS * length / (2 * _REACH))
    n_panels = max(round(length), min(most, math.ceil(min(length / width, most))))
    return np.linspace(low, _REACH, n_panels + 1)
