"""Gaussian expectations of an elementwise function, on panels that are cut where the function needs it."""

from layerwise.activations.quadrature._function import Function
from layerwise.activations.quadrature._given import given
from layerwise.activations.quadrature._line import TINY, line, scale
from layerwise.activations.quadrature._moments import Means, Moments, gated_moments, means, moments
from layerwise.activations.quadrature._rule import Array, density, on_panels

__all__ = [
    "TINY",
    "Array",
    "Function",
    "Means",
    "Moments",
    "density",
    "gated_moments",
    "given",
    "line",
    "means",
    "moments",
    "on_panels",
    "scale",
]
