"""The critical line: where gradients keep their size, chi_1 = 1 at a fixed point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layerwise._base import InvalidInput, Text, non_negative, positive
from layerwise.activations.quadrature import TINY, Means, means
from layerwise.theory._resolve import ActivationLike, resolve
from layerwise.theory._sweep import Sweep, brackets, sweep

if TYPE_CHECKING:
    from layerwise.activations.quadrature import Array, Function

_ROUNDING = 1e-12


class NoCriticalPoint(InvalidInput):
    """An activation has no critical point at this bias variance; `reason` says why."""

    def __init__(self, name: str, bias_variance: float, reason: str) -> None:
        rule = f"`bias_variance` must be one at which {name} has a critical point"
        super().__init__(rule, got=bias_variance, cure=reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalPoint:
    """Variances at which a fixed point of q has chi_1 = 1.

    Attributes:
        q: Second moment of the pre-activations there.
        weight_variance: `sigma_w^2`, of weights of variance `sigma_w^2 / fan_in`.
        bias_variance: `sigma_b^2`.
        q_slope: `dq'/dq` there: under 1 the layers hold q, above 1 they leave it. At 1 they leave q as it is (relu) or
            move it as slowly as a power of the depth (tanh without bias).
    """

    q: float
    weight_variance: float
    bias_variance: float
    q_slope: float

    @property
    def stable(self) -> bool:
        """Whether layers hold q there, or at least do not drive it away exponentially."""
        return self.q_slope <= 1 + 1e-9


def critical_point(
    activation: ActivationLike, *, bias_variance: float | None = None, q: float | None = None
) -> CriticalPoint:
    """Return the point of the critical line with that bias variance, or with that q.

        sigma_w^2 = 1 / E[f'(sqrt(q) z)^2],  sigma_b^2 = q - sigma_w^2 E[f(sqrt(q) z)^2]

    On the line, gradients and the distance between close inputs neither grow nor fade, so the depth that trains is
    limited by rounding and chance alone. By bias variance the line may have more than one point, or none: of several,
    one that layers hold comes first, then the one of smallest q. The relu family has chi_1 = (1 + leak^2) sigma_w^2 / 2
    at every q, and only without bias a fixed point on it: every q; then `q` is 1. Sigmoid has a line only far out, from
    weight variance 103 and q = 45.6 on; at the q that people start with it has none. With dropout there is no critical
    line for inputs: two copies of one input no longer meet.

    Args:
        activation: A name, an `Activation`, or a function of a tensor.
        bias_variance: `sigma_b^2`, at least 0; give this or `q`.
        q: Second moment of the pre-activations, above 0; give this or `bias_variance`.

    Raises:
        NoCriticalPoint: If there is none at that bias variance: for softplus at any, for relu with bias.
        InvalidInput: If neither or both are given, if the biases would need a variance below 0 at that q (sigmoid at
            q = 1), or the activation is none that theory can take.

    Example:
        >>> point = critical_point("tanh", bias_variance=0.05)
        >>> round(point.q, 8), round(point.weight_variance, 8)
        (0.57004788, 1.76095464)
        >>> critical_point("relu", bias_variance=0).weight_variance
        2.0

    References:
        Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation. Hayou, Doucet, Rousseau 2019,
        On the impact of the activation function on deep neural networks training.
    """
    function = resolve(activation)
    if (bias_variance is None) == (q is None):
        raise InvalidInput("Either `bias_variance` or `q` must be given", got=Text("neither" if q is None else "both"))
    if q is not None:
        return _at(function, positive("q", q))
    return _with_bias(function, non_negative("bias_variance", bias_variance))


def _at(function: Function, q: float) -> CriticalPoint:
    point = _point(function, q)
    if point.bias_variance < 0:
        raise InvalidInput(
            f"`q` must be one that {function.name} can hold with chi_1 = 1",
            got=q,
            cure=f"The biases would need a variance of {point.bias_variance:.4g}, and no variance is below 0.",
        )
    return point


def _point(function: Function, q: float) -> CriticalPoint:
    here = means(function, q)
    bias = _bias(here, q)
    weight = 1 / here.slope_square
    if abs(bias) <= _ROUNDING * q:
        bias = 0.0
    return CriticalPoint(q=q, weight_variance=weight, bias_variance=bias, q_slope=weight * here.growth)


def _bias(here: Means, q: float) -> float:
    return q - here.square / here.slope_square


def _with_bias(function: Function, bias_variance: float) -> CriticalPoint:
    grid = sweep(function)
    line = line_bias(grid)
    if not line.any() and bias_variance == 0:
        return _point(function, 1.0)
    found = [_root(function, bias_variance, *pair) for pair in brackets(_settled(line - bias_variance, grid.q), grid.q)]
    if bias_variance == 0 and means(function, 0.0).square < math.sqrt(TINY) < means(function, 0.0).slope_square:
        weight = 1 / means(function, 0.0).slope_square
        slope = weight * means(function, 0.0).growth
        found.append(CriticalPoint(q=0.0, weight_variance=weight, bias_variance=0.0, q_slope=slope))
    if not found:
        raise NoCriticalPoint(function.name, bias_variance, _reason(line, bias_variance))
    return min(found, key=lambda point: (not point.stable, point.q))


def line_bias(grid: Sweep) -> Array:
    """Return `sigma_b^2` along the critical line, for every q of the sweep; negative where there is none."""
    with np.errstate(divide="ignore"):
        line = grid.q - grid.square / grid.slope_square
    return _settled(line, grid.q)


def _settled(bias: Array, q: Array) -> Array:
    """Return `bias` with rounding set to 0: there no sign can be relied on."""
    return np.where(np.abs(bias) <= _ROUNDING * q, 0.0, bias)


def _root(function: Function, bias_variance: float, low: float, high: float) -> CriticalPoint:
    from scipy.optimize import brentq

    def off(log_q: float) -> float:
        q = math.exp(log_q)
        return _bias(means(function, q), q) - bias_variance

    q = math.exp(brentq(off, math.log(low), math.log(high), xtol=1e-15, rtol=1e-15))
    point = _point(function, q)
    return CriticalPoint(q=q, weight_variance=point.weight_variance, bias_variance=bias_variance, q_slope=point.q_slope)


def _reason(line: Array, bias_variance: float) -> str:
    largest = float(line.max())
    if largest < 0:
        return (
            "Its fixed points with chi_1 = 1 would need a bias variance below 0, at every q: it has no critical line."
        )
    if largest == 0:
        return "With chi_1 = 1 every layer adds the bias to q, which has no fixed point then: use bias variance 0."
    if bias_variance > largest:
        return f"Its critical line ends at bias variance {largest:.4g}."
    return "Its critical line lies at higher bias variances."
