"""A whole model put on the critical line."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from layerwise._base import InvalidInput, Text
from layerwise.activations import moments
from layerwise.initializers._draw import normal, orthogonal
from layerwise.initializers._initialize import tasks
from layerwise.initializers._network import look
from layerwise.initializers._point import Point, critical_at, held_point, name_of
from layerwise.initializers._setting import PointOf, Settings
from layerwise.initializers._task import carry_out
from layerwise.theory import critical_point

if TYPE_CHECKING:
    import torch
    from torch import nn

    from layerwise.records import Change
    from layerwise.tracing import Function


def critical_(
    model: nn.Module,
    batch: Any = None,
    *,
    q: float | None = None,
    bias_variance: float | None = None,
    orthogonal_weights: bool = False,
    generator: torch.Generator | None = None,
) -> tuple[Change, ...]:
    """Put every layer of `model` on the critical line, in place, and return what was done and why.

    Weights of variance `sigma_w^2 / fan_in` and biases of variance `sigma_b^2`, with `chi_1 = 1`: gradients, and the
    distance between close inputs, neither grow nor fade from layer to layer (`theory.critical_point`). Everything that
    is no hidden layer is treated as `initialize_` does.

    Args:
        model: Any module.
        batch: Some of its inputs, as in `initialize_`.
        q: The point of the line, by the mean square of the pre-activations. Without it and `bias_variance`: the one
            that `initialize_` takes, 1 where layers hold it.
        bias_variance: The point, by the variance of the biases; 0 is for layers without.
        orthogonal_weights: Orthogonal weights in place of normal ones, and delta-orthogonal ones for convolutions with
            stride 1 whose kernel is odd and whose outputs are no fewer than their inputs: then squared singular values
            of the network's Jacobian scatter least around 1 (dynamical isometry, for tanh-like activations at small q).
        generator: Where random numbers come from; torch's default generator if None.

    Returns:
        A `Change` for each parameter, in the order of execution. Where layers do not hold q, the reason says so.

    Raises:
        NoCriticalPoint: If an activation has no critical point with this bias variance.
        InvalidInput: If an activation has none at q, both are given, biases are needed and missing, or `model` is none
            that `initialize_` takes. The model is then as it was.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> model = nn.Sequential(nn.Linear(8, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 4))
        >>> changes = critical_(model, bias_variance=0.05, generator=torch.Generator().manual_seed(0))
        >>> changes[2].reason
        'the critical line of tanh at q = 0.57 (variance 1.761 / fan_in 16)'

    References:
        Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation. Pennington, Schoenholz, Ganguli
        2017, Resurrecting the sigmoid in deep learning through dynamical isometry: theory and practice. Xiao, Bahri,
        Sohl-Dickstein, Schoenholz, Pennington 2018, Dynamical isometry and a mean field theory of CNNs.
    """
    draw = orthogonal(generator) if orthogonal_weights else normal(generator)
    network = look(model, batch)
    settings = Settings(network, _point_of(q, bias_variance))
    return carry_out(network.model, tasks(network, settings, draw, generator), "critical")


def _point_of(q: float | None, bias_variance: float | None) -> PointOf:
    def point(activation: Function, depth: int, with_biases: bool) -> Point:  # noqa: FBT001
        if q is None and bias_variance is None:
            return _on_line(held_point(activation, depth, with_biases), activation)
        found = critical_point(activation, q=q, bias_variance=bias_variance)
        if found.bias_variance > 0 and not with_biases:
            raise InvalidInput(
                f"`model` must have biases in all its hidden layers: {name_of(activation)} needs them there",
                cure="Leave out `q` and `bias_variance`, or give `bias_variance=0`.",
            )
        here = critical_at(activation, found.q) if found.q > 0 else _fading(activation, found.weight_variance)
        return here if found.stable else _warned(here, found.q_slope)

    return point


def _on_line(point: Point, activation: Function) -> Point:
    if point.centered or not math.isclose(point.weight_variance * moments(activation, point.q).slope_square, 1):
        raise InvalidInput(
            "`model` must have activations with a critical point that layers hold",
            got=Text(point.name),
            cure="`initialize_` does without one, and `q` or `bias_variance` asks for a certain one.",
        )
    return point


def _fading(activation: Function, weight_variance: float) -> Point:
    """Return the point at q = 0, to which q fades from 1 as a power of the depth."""
    why = f"the critical line of {name_of(activation)} without biases, where q slowly fades"
    return Point(name_of(activation), 1.0, weight_variance, 1 / weight_variance, centered=False, why=why)


def _warned(point: Point, slope: float) -> Point:
    return replace(point, why=f"{point.why}, which layers do not hold (dq'/dq = {slope:.4g})")
