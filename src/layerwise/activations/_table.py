"""The table of all activations."""

from __future__ import annotations

from layerwise._base import Registry
from layerwise.activations import _exponential, _gated, _maxout, _piecewise_linear, _sigmoidal
from layerwise.activations._activation import Activation

_ALL = (
    _piecewise_linear.LINEAR,
    _sigmoidal.SIGMOID,
    _sigmoidal.TANH,
    _piecewise_linear.RELU,
    _piecewise_linear.LEAKY_RELU,
    _piecewise_linear.PRELU,
    _exponential.ELU,
    _exponential.SELU,
    _gated.GELU,
    _gated.SILU,
    _exponential.SOFTPLUS,
    _sigmoidal.SOFTSIGN,
    _maxout.MAXOUT,
)

ACTIVATIONS: Registry[Activation] = Registry("activation", {entry.name: entry for entry in _ALL})


def gain(name: str) -> float:
    """Return the forward gain `E[f(z)^2]^(-1/2)` of the activation `name` for a unit Gaussian `z`.

    Weights of variance `gain^2 / fan_in` keep the second moment of the pre-activations at 1. (`nn.init.calculate_gain`
    differs: 5/3 for tanh, 3/4 for selu, 1 for sigmoid, and it knows no gelu.)

    Raises:
        UnknownName: If there is no such activation.

    Example:
        >>> round(gain("gelu"), 6), round(gain("relu"), 6)
        (1.53353, 1.414214)

    References:
        He, Zhang, Ren, Sun 2015, Delving deep into rectifiers.
    """
    return ACTIVATIONS[name].gain
