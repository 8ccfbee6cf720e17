"""The charts of the page, as Vega-Lite specifications with their data inside."""

from layerwise.report._charts._accuracy import accuracy_figures
from layerwise.report._charts._curves import curve_figures
from layerwise.report._charts._figure import CONFIG, Figure
from layerwise.report._charts._histograms import histogram_figures
from layerwise.report._charts._layers import layer_figures
from layerwise.report._charts._map import map_figure
from layerwise.report._charts._palette import N_COLORS
from layerwise.report._charts._search import search_figures

__all__ = [
    "CONFIG",
    "N_COLORS",
    "Figure",
    "accuracy_figures",
    "curve_figures",
    "histogram_figures",
    "layer_figures",
    "map_figure",
    "search_figures",
]
