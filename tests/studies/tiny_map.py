"""One small map that many tests read."""

from __future__ import annotations

import functools

from layerwise.studies import trainability_map

DEPTHS, VARIANCES = (1, 3, 6), (0.5, 1.5, 4.0)
TINY = {"depths": DEPTHS, "weight_variances": VARIANCES, "width": 16, "learning_rate": 0.1, "steps": 60}


@functools.cache
def tiny_map():
    """Return a map of nine cells on digits, two seeds each."""
    return trainability_map(data="digits", seeds=2, batch_size=50, progress=False, command="layerwise map", **TINY)
