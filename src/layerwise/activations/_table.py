"""The table of all activations."""

from __future__ import annotations

from layerwise._base import Registry
from layerwise.activations import (
    _clipped,
    _crelu,
    _exponential,
    _gated,
    _gated_linear_units,
    _maxout,
    _piecewise_linear,
    _rectified,
    _sigmoidal,
    _wavy,
)
from layerwise.activations._activation import Activation

_ALL = (
    _piecewise_linear.LINEAR,
    _sigmoidal.SIGMOID,
    _clipped.HARD_SIGMOID,
    _exponential.LOG_SIGMOID,
    _sigmoidal.TANH,
    _clipped.HARDTANH,
    _sigmoidal.SOFTSIGN,
    _sigmoidal.ERF,
    _piecewise_linear.RELU,
    _clipped.RELU6,
    _piecewise_linear.LEAKY_RELU,
    _piecewise_linear.PRELU,
    _piecewise_linear.RRELU,
    _exponential.ELU,
    _exponential.CELU,
    _exponential.SELU,
    _gated.GELU,
    _gated.GELU_TANH,
    _gated.SILU,
    _gated.MISH,
    _gated.HARDSWISH,
    _exponential.SOFTPLUS,
    _rectified.SQUAREPLUS,
    _rectified.SQUARED_RELU,
    _wavy.SINE,
    _wavy.GAUSSIAN,
    _crelu.CRELU,
    _maxout.MAXOUT,
    _gated_linear_units.GLU,
    _gated_linear_units.GEGLU_ENTRY,
    _gated_linear_units.SWIGLU_ENTRY,
)

ACTIVATIONS: Registry[Activation] = Registry(
    "activation", {entry.name: entry for entry in _ALL}, aliases={"identity": "linear", "swish": "silu"}
)
