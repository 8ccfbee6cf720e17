"""How deep signals and gradients reach, and in which phase a network starts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from layerwise.theory._fixed_points import FixedPoint, reached
from layerwise.theory._layer import Layer
from layerwise.theory._resolve import ActivationLike

Phase = Literal["ordered", "critical", "chaotic"]

CRITICAL_WITHIN = 1e-6
"""A network counts as critical where `|chi_1 - 1|` is at most this: gradients change by a factor e in 1e6 layers."""

TRAINABLE = 6.0
"""Networks train to a depth of about this many xi_c (Schoenholz et al. 2017)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthScale:
    """Over how many layers things fade, by a factor e; infinite where they do not.

    Attributes:
        xi_c: Of differences in correlation: `-1 / ln chi_c`. Where q runs to 0 or to infinity, of the gradient instead:
            `1 / |ln chi_1|`.
        xi_q: Of differences in q: `-1 / ln |dq'/dq|`. Where q runs to infinity, the layers over which it grows.
        trainable_depth: About `6 xi_c`.
    """

    xi_c: float
    xi_q: float
    trainable_depth: float


def depth_scale(
    activation: ActivationLike, weight_variance: float, bias_variance: float, *, q0: float = 1.0, keep: float = 1.0
) -> DepthScale:
    """Return the depth scales at the fixed point that inputs with mean square `q0` run to.

        xi_c = -1 / ln(sigma_w^2 E f'(u1) f'(u2)),  xi_q = -1 / ln |sigma_w^2 / keep (E f'^2 + E f'' f)|

    with `u1, u2` of variance q* and correlation c*. With dropout (`keep` under 1) xi_c is finite everywhere.

    Raises:
        InvalidInput: If a number is out of its range, or the activation is none that theory can take.

    Example:
        >>> scale = depth_scale("tanh", 2.0, 0.05)
        >>> round(scale.xi_c, 3), round(scale.xi_q, 3), round(scale.trainable_depth)
        (25.213, 1.388, 151)

    References:
        Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation.
    """
    return scale_at(reached(Layer.checked(activation, weight_variance, bias_variance, keep), q0))


def scale_at(point: FixedPoint) -> DepthScale:
    """Return the depth scales at a point that `fixed_points` or `fixed_point` returned."""
    xi_c = _length(point.chi_1 if point.chi_c is None else point.chi_c)
    return DepthScale(xi_c=xi_c, xi_q=_length(point.slope), trainable_depth=TRAINABLE * xi_c)


def _length(factor: float) -> float:
    if factor == 0:
        return 0.0
    rate = abs(math.log(abs(factor)))
    return 1 / rate if rate > 1e-12 else math.inf


def phase(activation: ActivationLike, weight_variance: float, bias_variance: float, *, q0: float = 1.0) -> Phase:
    """Return the phase at the fixed point that inputs with mean square `q0` run to.

    `ordered` for `chi_1 < 1`: inputs become one, gradients fade. `chaotic` for `chi_1 > 1`: close inputs part,
    gradients explode. `critical` where `|chi_1 - 1| <= 1e-6`.

    Raises:
        InvalidInput: If a number is out of its range, or the activation is none that theory can take.

    Example:
        >>> phase("tanh", 1.5, 0.05), phase("relu", 2.0, 0.0), phase("tanh", 2.0, 0.05)
        ('ordered', 'critical', 'chaotic')

    References:
        Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, Exponential expressivity in deep neural networks through
        transient chaos.
    """
    return phase_at(reached(Layer.checked(activation, weight_variance, bias_variance), q0))


def phase_at(point: FixedPoint) -> Phase:
    """Return the phase at a point that `fixed_points` or `fixed_point` returned."""
    return phase_of(point.chi_1)


def phase_of(chi_1: float) -> Phase:
    """Return the phase that this chi_1 means."""
    if abs(chi_1 - 1) <= CRITICAL_WITHIN:
        return "critical"
    return "ordered" if chi_1 < 1 else "chaotic"


def fixed_point(
    activation: ActivationLike, weight_variance: float, bias_variance: float, *, q0: float = 1.0, keep: float = 1.0
) -> FixedPoint:
    """Return the fixed point that inputs with mean square `q0` run to, of those that `fixed_points` lists.

    Right for maps that rise with q, as those of all activations that grow away from 0 do.

    Raises:
        InvalidInput: If a number is out of its range, or the activation is none that theory can take.

    Example:
        >>> gain = 2.35171561  # of gelu, squared: q = 1 stays q = 1, but only on the point
        >>> [fixed_point("gelu", gain, 0.0, q0=q0).q for q0 in (0.1, 1.0)]
        [0.0, inf]
    """
    return reached(Layer.checked(activation, weight_variance, bias_variance, keep), q0)
