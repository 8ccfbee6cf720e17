"""Probes: pure reductions that look at a layer and keep the seed axis. A seed's NaN never reaches another."""

from layerwise.probes._histogram import histogram
from layerwise.probes._moments import layer_moments, mean, rms, std_between_inputs
from layerwise.probes._units import dead_fraction, duplicate_unit_fraction, saturated_fraction
from layerwise.probes._updates import update_ratio

__all__ = [
    "dead_fraction",
    "duplicate_unit_fraction",
    "histogram",
    "layer_moments",
    "mean",
    "rms",
    "saturated_fraction",
    "std_between_inputs",
    "update_ratio",
]
