"""Medians with their intervals, as the columns of marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from layerwise.records import Summary, Values
from layerwise.stats import median_interval


def summary(values: Sequence[float]) -> Summary:
    """Return values, one for each seed, with their median and its interval.

    Example:
        >>> summary([2.0, 4.0, 6.0])
        Summary(median=4.0, low=2.0, high=6.0, values=(2.0, 4.0, 6.0))
    """
    found = median_interval(values)
    return Summary(median=found.estimate, low=found.low, high=found.high, values=tuple(values))


def interval_columns(rows: Iterable[tuple[float, str, Sequence[float]]]) -> dict[str, Values]:
    """Return x, y, low, high and series, from (x, series, one value for each seed).

    Example:
        >>> interval_columns([(1.0, "a", [2.0, 4.0, 6.0])])
        {'x': (1.0,), 'y': (4.0,), 'low': (2.0,), 'high': (6.0,), 'series': ('a',)}
    """
    found = [(x, median_interval(values), series) for x, series, values in rows]
    return {
        "x": tuple(x for x, _, _ in found),
        "y": tuple(middle.estimate for _, middle, _ in found),
        "low": tuple(middle.low for _, middle, _ in found),
        "high": tuple(middle.high for _, middle, _ in found),
        "series": tuple(series for _, _, series in found),
    }
