"""Panels on which one rule integrates some curves to rounding, found once for Gaussians of every width."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layerwise.activations.quadrature._rule import N_NODES, Array, lobatto

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OCTAVES = 2.0 ** np.arange(-2, 61)
_TOLERANCE = 1e-14
_NARROWEST = 1e-15
_NOTHING = 1e-280  # what is less has lost digits to underflow
_HALVED_TO = 4096.0  # farther out, only what oscillates without end needs more than octaves
_AT_ONCE = 2048  # panels of length 4 up to there: sin and its powers need half of that


@dataclass(frozen=True)
class Panels:
    """The line cut into panels.

    Attributes:
        edges: Ends of the panels, ascending.
        off: `[curve, panel]`: by what share of the integral of |curve| over the panel the rule may be off.
        halved: `[panel]`: how often an octave was halved to get it.
    """

    edges: Array
    off: Array
    halved: NDArray[np.int64]


def cut(curves: Callable[[Array], Array], kinks: tuple[float, ...]) -> Panels:
    """Return panels that end at `kinks` and on which Lobatto's rule integrates every curve, times any Gaussian density.

    They start as octaves, 2^k to 2^(k + 1) on both sides of 0. A panel is halved as long as it differs from the sum of
    its halves by more than 1e-14 of the integral of |curve| over all that is no farther from 0: there, every density
    centered at 0 is higher. Kinks that nobody names are closed in on: they cost time, not digits.

    Args:
        curves: `[point] -> [curve, point]`.
        kinks: Where value, slope or curvature jump.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # far out, some curves leave float64
        return _cut(curves, np.union1d(np.concatenate([-_OCTAVES, [0.0], _OCTAVES]), kinks))


def _cut(curves: Callable[[Array], Array], edges: Array) -> Panels:
    low, high = edges[:-1], edges[1:]
    whole, size = _integrals(curves, low, high)
    allowed = _TOLERANCE * (_no_farther(size, low + high) + _NOTHING)
    done: list[Panels] = []
    while low.size:
        middle = (low + high) / 2
        lows, highs = np.stack([low, middle], 1).ravel(), np.stack([middle, high], 1).ravel()
        halves, sizes = _integrals(curves, lows, highs)
        gap, size = np.abs(_paired(halves) - whole), _paired(sizes)
        more = _nearest((gap > allowed).any(0) & (high - low > _NARROWEST * np.maximum(np.abs(middle), 1)), middle)
        done.append(Panels(low[~more], _share(gap, size)[:, ~more], np.full(low.size, len(done))[~more]))
        again = np.repeat(more, 2)
        low, high, whole = lows[again], highs[again], halves[:, again]
        allowed = np.repeat(allowed[:, more], 2, axis=1)
    starts = np.concatenate([part.edges for part in done])
    order = np.argsort(starts)
    return Panels(
        edges=np.append(starts[order], edges[-1]),
        off=np.concatenate([part.off for part in done], axis=1)[:, order],
        halved=np.concatenate([part.halved for part in done])[order],
    )


def _integrals(curves: Callable[[Array], Array], low: Array, high: Array) -> tuple[Array, Array]:
    """Return the integral of each curve and of its absolute value over each panel, both `[curve, panel]`."""
    nodes, weights = lobatto()
    half = (high - low)[:, None] / 2
    values = curves(((low + high)[:, None] / 2 + half * nodes).ravel()).reshape(-1, low.size, N_NODES)
    return (values @ weights) * half.T, (np.abs(values) @ weights) * half.T


def _no_farther(size: Array, middle: Array) -> Array:
    order = np.argsort(np.abs(middle), kind="stable")
    total = np.empty_like(size)
    total[:, order] = np.cumsum(size[:, order], axis=1)
    return total


def _nearest(wanted: NDArray[np.bool_], middle: Array) -> NDArray[np.bool_]:
    """Return, of the panels that want to be halved, those nearest to 0: as many as there is room for."""
    distance = np.where(wanted, np.abs(middle), np.inf)
    farthest = np.partition(distance, _AT_ONCE)[_AT_ONCE] if distance.size > _AT_ONCE else np.inf
    near: NDArray[np.bool_] = distance < min(farthest, _HALVED_TO)
    return near


def _share(gap: Array, size: Array) -> Array:
    """Return how far off a panel may be, from rounding up to all of it; all where it has left float64."""
    share = np.divide(gap, size, out=np.zeros_like(gap), where=size > _NOTHING)
    clipped: Array = np.clip(np.nan_to_num(share, nan=1.0), _TOLERANCE, 1.0)
    return clipped


def _paired(halves: Array) -> Array:
    return halves[:, ::2] + halves[:, 1::2]
