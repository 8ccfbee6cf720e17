"""What theory says of a map before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from layerwise.records import MapColumn
from layerwise.theory import NoCriticalPoint, critical_point, fixed_point, phase_at, scale_at

CURVE_POINTS = 61


def predicted_columns(activation: str, bias_variance: float, weight_variances: Sequence[float]) -> list[MapColumn]:
    """Return a column for each weight variance, with nothing measured yet."""
    found = []
    for variance in weight_variances:
        point = fixed_point(activation, variance, bias_variance)
        scale = scale_at(point)
        found.append(
            MapColumn(
                weight_variance=variance,
                phase=phase_at(point),
                xi_c=scale.xi_c,
                predicted=scale.trainable_depth,
                measured=math.nan,
                lost=math.nan,
            )
        )
    return found


def predicted_curve(
    activation: str, bias_variance: float, weight_variances: Sequence[float]
) -> tuple[tuple[float, float], ...]:
    """Return (weight variance, 6 xi_c) at the columns and between them, and at the critical line if it lies there."""
    low, high = weight_variances[0], weight_variances[-1]
    places = {*weight_variances, *np.linspace(low, high, CURVE_POINTS).tolist()}
    peak = critical(activation, bias_variance)
    if peak is not None and low <= peak <= high:
        places.add(peak)
    points = predicted_columns(activation, bias_variance, sorted(places))
    return tuple((point.weight_variance, point.predicted) for point in points)


def critical(activation: str, bias_variance: float) -> float | None:
    """Return the critical weight variance at this bias variance, or None if there is none."""
    try:
        return critical_point(activation, bias_variance=bias_variance).weight_variance
    except NoCriticalPoint:
        return None
