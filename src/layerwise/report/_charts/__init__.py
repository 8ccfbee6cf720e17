"""The charts of the page, as Vega-Lite specifications with their data inside."""

from layerwise.report._charts._accuracy import accuracy_figures
from layerwise.report._charts._codes import code_figure
from layerwise.report._charts._curves import curve_figures
from layerwise.report._charts._epochs import layer_curve_figures, tuning_figures
from layerwise.report._charts._figure import CONFIG, Figure
from layerwise.report._charts._histograms import histogram_figures
from layerwise.report._charts._label_curves import label_curve_figures
from layerwise.report._charts._layers import layer_figures
from layerwise.report._charts._map import map_figure
from layerwise.report._charts._palette import N_COLORS
from layerwise.report._charts._picture import picture_figure
from layerwise.report._charts._reconstruction import depth_figure, error_figure
from layerwise.report._charts._search import search_figures
from layerwise.report._charts._seeds import seed_figures

__all__ = [
    "CONFIG",
    "N_COLORS",
    "Figure",
    "accuracy_figures",
    "code_figure",
    "curve_figures",
    "depth_figure",
    "error_figure",
    "histogram_figures",
    "label_curve_figures",
    "layer_curve_figures",
    "layer_figures",
    "map_figure",
    "picture_figure",
    "search_figures",
    "seed_figures",
    "tuning_figures",
]
