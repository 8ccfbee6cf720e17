"""One small comparison that many tests read."""

from __future__ import annotations

import functools

from layerwise.models import PRESETS, Recipe
from layerwise.studies import compare

TINY = {"depth": 2, "width": 8, "epochs": 2}
ARMS = (
    PRESETS["relu_he_2015"].replace(**TINY),
    PRESETS["tanh_large"].replace(**TINY),
    Recipe(name="equal_units").replace(**TINY, activation="tanh", initializer="constant", scale=0.1),
)


@functools.cache
def tiny_comparison():
    """Return a comparison of a good arm, one that does less well, and one whose units are all the same."""
    return compare(ARMS, "circles", seeds=6, search_seeds=2, progress=False, command="layerwise compare ...")
