"""Activation functions: what each computes, its slope, and what theory and probes need to know about it."""

from layerwise.activations._activation import FLAT_SHARE, Activation
from layerwise.activations._crelu import CReLU
from layerwise.activations._gain import centered_gain, gain, moments
from layerwise.activations._gated_linear_units import GEGLU, SwiGLU
from layerwise.activations._identify import identify
from layerwise.activations._maxout import Maxout, maximum_over_pieces
from layerwise.activations._rectified import SquaredReLU, Squareplus
from layerwise.activations._sigmoidal import Erf
from layerwise.activations._table import ACTIVATIONS
from layerwise.activations._wavy import Gaussian, Sine
from layerwise.activations.quadrature import Moments

__all__ = [
    "ACTIVATIONS",
    "FLAT_SHARE",
    "GEGLU",
    "Activation",
    "CReLU",
    "Erf",
    "Gaussian",
    "Maxout",
    "Moments",
    "Sine",
    "SquaredReLU",
    "Squareplus",
    "SwiGLU",
    "centered_gain",
    "gain",
    "identify",
    "maximum_over_pieces",
    "moments",
]
