"""Activation functions: what each computes, its slope, and what theory and probes need to know about it."""

from layerwise.activations._activation import FLAT_SHARE, Activation
from layerwise.activations._maxout import Maxout, maximum_over_pieces
from layerwise.activations._table import ACTIVATIONS, gain

__all__ = ["ACTIVATIONS", "FLAT_SHARE", "Activation", "Maxout", "gain", "maximum_over_pieces"]
