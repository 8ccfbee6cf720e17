"""Module 9.1 of the lecture: training networks by back-propagation."""

from layerwise.lecture.backprop._depth import depth
from layerwise.lecture.backprop._one_neuron import one_neuron

CLAIMS = (one_neuron, depth)

__all__ = ["CLAIMS"]
