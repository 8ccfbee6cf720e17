"""Where the map from layer to layer stands still."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from layerwise._base import non_negative
from layerwise.activations.quadrature import TINY
from layerwise.theory._layer import Layer
from layerwise.theory._resolve import ActivationLike
from layerwise.theory._sweep import ROUNDING, brackets, sweep

Stability = Literal["stable", "unstable", "neutral"]
_NEUTRAL = 1e-9
_NEAREST = 1e-13  # the smallest 1 - c* that is told from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPoint:
    """A q that a layer maps to itself, and what is true there.

    Attributes:
        q: Second moment of the pre-activations: 0, positive, or infinite.
        stability: `stable` if q nearby come back to it, `unstable` if they leave, `neutral` if they stay.
        slope: `dq'/dq` there (at infinity, the limit of `q' / q`).
        c: The stable fixed point of the correlation of two inputs there: 1 if `chi_1 <= 1` and nothing is dropped.
            None where q is 0 or infinite: there is nothing to correlate.
        chi_1: `sigma_w^2 / keep E f'^2`: growth of the gradient's second moment per layer.
        chi_c: `sigma_w^2 E f'(u1) f'(u2)` at `c`: differences in c shrink by this per layer. None where c is None.
    """

    q: float
    stability: Stability
    slope: float
    c: float | None
    chi_1: float
    chi_c: float | None


def fixed_points(
    activation: ActivationLike, weight_variance: float, bias_variance: float, *, keep: float = 1.0
) -> tuple[FixedPoint, ...]:
    """Return every q* with `q* = sigma_w^2 / keep E[f(sqrt(q*) z)^2] + sigma_b^2`, ascending, with its c*.

    q* = 0 is among them where layers without bias map 0 to 0, and q* = infinity where large q grow without end. Where
    a layer keeps every q (relu at weight variance 2 and no bias), one neutral point stands for all, at q = 1.
    Looked for from 1e-14 to 1e14; points closer together than a third of a factor of 10 in q may be missed in pairs.

    Raises:
        InvalidInput: If a number is out of its range, or the activation is none that theory can take.

    Example:
        >>> (point,) = fixed_points("tanh", 2.0, 0.05)
        >>> round(point.q, 6), point.stability, round(point.c, 6), round(point.chi_1, 6)
        (0.721762, 'stable', 0.744082, 1.047666)
        >>> [(point.q, point.stability) for point in fixed_points("gelu", 2.0, 0.0)]
        [(0.0, 'stable')]

    References:
        Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, Exponential expressivity in deep neural networks through
        transient chaos.
    """
    return points_of(Layer.checked(activation, weight_variance, bias_variance, keep))


def reached(layer: Layer, q0: float) -> FixedPoint:
    """Return the fixed point towards which the q of inputs with mean square `q0` moves."""
    return reached_from(layer, layer.weight_variance * non_negative("q0", q0) + layer.bias_variance)


def reached_from(layer: Layer, q: float) -> FixedPoint:
    """Return the fixed point towards which `q` moves."""
    points = points_of(layer)
    if points[0].stability == "neutral" and len(points) == 1:
        return points[0]
    growth = layer.q(q) / q - 1 if q > 0 else 0.0
    above = [point for point in points if point.q >= q]
    below = [point for point in points if point.q <= q]
    nearest = [*below[-1:], *above[:1]]
    standing = [point for point in nearest if math.isclose(point.q, q, rel_tol=_NEUTRAL)]
    return (standing or (above[:1] if growth > 0 else below[-1:]) or nearest)[0]


def points_of(layer: Layer) -> tuple[FixedPoint, ...]:
    """Return the fixed points of a layer that has been checked."""
    grid = sweep(layer.function)
    excess = grid.excess(layer.weight_variance / layer.keep, layer.bias_variance)
    firm = excess[np.flatnonzero(excess)]
    if not firm.size:
        return (_described(layer, 1.0, "neutral"),)
    points = [_described(layer, q, _stability(layer, q)) for q in _roots(layer, brackets(excess, grid.q))]
    if layer.q(0.0) < math.sqrt(TINY):
        points.insert(0, _described(layer, 0.0, "stable" if firm[0] < 0 else "unstable"))
    if firm[-1] > 0:
        points.append(_described(layer, math.inf, "stable"))
    return tuple(points)


def _roots(layer: Layer, between: list[tuple[float, float]]) -> list[float]:
    from scipy.optimize import brentq

    def growth(log_q: float) -> float:
        q = math.exp(log_q)
        return layer.q(q) / q - 1

    return [math.exp(brentq(growth, math.log(low), math.log(high), xtol=1e-15, rtol=1e-15)) for low, high in between]


def _stability(layer: Layer, q: float) -> Stability:
    slope = abs(layer.q_slope(q))
    if abs(slope - 1) > _NEUTRAL:
        return "stable" if slope < 1 else "unstable"
    low, high = q * 0.999, q * 1.001
    return "stable" if layer.q(low) >= low and layer.q(high) <= high else "unstable"


def _described(layer: Layer, q: float, stability: Stability) -> FixedPoint:
    slope, chi_1 = layer.q_slope(q), layer.chi_1(q)
    if not 0 < q < math.inf:
        return FixedPoint(q=q, stability=stability, slope=slope, c=None, chi_1=chi_1, chi_c=None)
    gap = _gap(layer, q, chi_1)
    chi_c = layer.chi(q, gap) if gap > 0 else chi_1
    return FixedPoint(q=q, stability=stability, slope=slope, c=1 - gap, chi_1=chi_1, chi_c=chi_c)


def _gap(layer: Layer, q: float, chi_1: float) -> float:
    """Return 1 - c*. The map is convex on [0, 1], so besides c = 1 it meets the diagonal at most once."""
    from scipy.optimize import brentq

    def drift(log_gap: float) -> float:
        gap = math.exp(log_gap)
        return layer.decorrelation(q, gap) / (q * gap) - 1

    if layer.keep == 1 and chi_1 <= 1:
        return 0.0
    if drift(0.0) >= -ROUNDING:  # no bias and an odd function: nothing correlates two inputs
        return 1.0
    lowest = math.log(_NEAREST)
    return 0.0 if drift(lowest) <= 0 else math.exp(brentq(drift, lowest, 0.0, xtol=1e-14))
