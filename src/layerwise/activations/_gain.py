"""Gains: by what the weights must be larger because the activation shrinks its signal."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from layerwise._base import positive
from layerwise.activations import quadrature
from layerwise.activations._activation import Activation
from layerwise.activations._table import ACTIVATIONS
from layerwise.activations.quadrature import Moments

Function = str | Activation | Callable[[Tensor], Tensor]


def moments(activation: Function, q: float = 1.0) -> Moments:
    """Return `E f`, `E f^2`, `E f'^2` and `E f'' f` for pre-activations `z ~ N(0, q)`, and how far they may be off.

    By Gauss's quadrature in float64 on panels split at kinks. Those of a function of yours are found on the way:
    panels are halved until they agree with their halves, so that a kink costs time, not digits. Expectations with `f''`
    hold with kinks too (see `Moments`).

    Args:
        activation: A name in `ACTIVATIONS`, an entry of it, or a function (or module) of yours that maps each entry of
            a float64 tensor by itself and that autograd can differentiate. A module is used as in eval mode.
        q: The variance of the pre-activations.

    Raises:
        UnknownName: If there is no activation of this name.
        InvalidInput: If `q` is not positive, or the function is not elementwise, differentiable and finite.

    Example:
        >>> relu = moments("relu")
        >>> round(relu.square, 12), round(relu.slope_square, 12), round(relu.curvature, 12) + 0
        (0.5, 0.5, 0.0)
        >>> round(moments(lambda z: z.clamp(-1, 1)).curvature, 6)  # the slope falls by 1 at both kinks
        -0.483941

    References:
        Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, Exponential expressivity in deep neural networks through
        transient chaos.
    """
    variance = positive("q", q)
    if isinstance(activation, str):
        activation = ACTIVATIONS[activation]
    if isinstance(activation, Activation):
        return activation.moments(variance)
    return quadrature.moments(quadrature.given(activation, variance), variance)


def gain(activation: Function) -> float:
    """Return the forward gain `E[f(z)^2]^(-1/2)` for a unit Gaussian `z`, of a name or a function (see `moments`).

    Weights of variance `gain^2 / fan_in` keep the second moment of the pre-activations at 1. (`nn.init.calculate_gain`
    differs: 5/3 for tanh, 3/4 for selu, 1 for sigmoid, and it knows no gelu.) That is the signal alone: with it, the
    squared gradient still grows by `moments(...).chi_1` per layer.

    Raises:
        UnknownName: If there is no such activation.
        InvalidInput: If a function is not elementwise, differentiable and finite.

    Example:
        >>> round(gain("gelu"), 6), round(gain("relu"), 6), round(gain(lambda z: z.relu() ** 2), 6)
        (1.53353, 1.414214, 0.816497)

    References:
        He, Zhang, Ren, Sun 2015, Delving deep into rectifiers.
    """
    return activation.gain if isinstance(activation, Activation) else _unit(activation).gain


def centered_gain(activation: Function) -> float:
    """Return `1 / std f(z)` for a unit Gaussian `z`: the gain where the mean of the signal is taken away.

    It suits standardized weights (each row of mean 0), as in normalizer-free networks.

    Raises:
        UnknownName: If there is no such activation.
        InvalidInput: If a function is not elementwise, differentiable and finite.

    Example:
        >>> round(centered_gain("relu"), 6), round(centered_gain("tanh"), 6)
        (1.712859, 1.592537)

    References:
        Brock, De, Smith 2021, Characterizing signal propagation to close the performance gap in unnormalized ResNets.
    """
    return _unit(activation).centered_gain


def _unit(activation: Function) -> Moments:
    if isinstance(activation, str):
        activation = ACTIVATIONS[activation]
    return activation.unit_moments if isinstance(activation, Activation) else moments(activation)
