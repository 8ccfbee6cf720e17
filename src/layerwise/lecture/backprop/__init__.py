"""Module 9.1 of the lecture: training networks by back-propagation."""

from layerwise.lecture.backprop._chain import chain
from layerwise.lecture.backprop._depth import depth
from layerwise.lecture.backprop._one_neuron import one_neuron
from layerwise.lecture.backprop._paths import paths
from layerwise.lecture.backprop._responsibility import responsibility
from layerwise.lecture.backprop._wide_neuron import wide_neuron

CLAIMS = (one_neuron, wide_neuron, chain, paths, responsibility, depth)

__all__ = ["CLAIMS"]
