"""Marks for the pictures of this module: curves with a name, and units drawn with their slopes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

import torch

from layerwise.activations import ACTIVATIONS
from layerwise.lecture.units._slopes import slope
from layerwise.records import Axis, Marks, Picture, Values
from layerwise.stats import Interval

Kind = Literal["line", "path", "points"]

NAMES = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "ReLU", "leaky_relu": "Leaky ReLU", "elu": "ELU"}
"""How texts spell the names of units."""

Z = torch.linspace(-5, 5, 401, dtype=torch.float64)
"""Pre-activations at which units are drawn; 0 is one of them."""


def line(x: Iterable[float], y: Iterable[float], series: str = "") -> Marks:
    """Return y over x as one line; places that are not finite are left out.

    Example:
        >>> line([1, 2], [3, float("inf")], "a").columns
        {'x': (1.0, 2.0), 'y': (3.0, None), 'series': ('a', 'a')}
    """
    return _marks("line", x, y, series)


def path(x: Iterable[float], y: Iterable[float], series: str = "") -> Marks:
    """Return points joined in their order."""
    return _marks("path", x, y, series)


def points(x: Iterable[float], y: Iterable[float], series: str = "") -> Marks:
    """Return points."""
    return _marks("points", x, y, series)


def intervals(x: Iterable[float], found: Sequence[Interval], series: str = "") -> Marks:
    """Return the estimates over x as a line, each with its interval."""
    marks = line(x, [one.estimate for one in found], series)
    # an end that is open, such as that of a target never reached, is drawn at the estimate
    low = tuple(_drawn(one.low) if math.isfinite(one.low) else _drawn(one.estimate) for one in found)
    high = tuple(_drawn(one.high) if math.isfinite(one.high) else _drawn(one.estimate) for one in found)
    return Marks(kind="line", columns=marks.columns | {"low": low, "high": high})


def bars(names: Sequence[str], found: Sequence[Interval]) -> Marks:
    """Return a bar for each name, with its interval."""
    values = {
        "y": tuple(one.estimate for one in found),
        "low": tuple(one.low for one in found),
        "high": tuple(one.high for one in found),
    }
    return Marks(kind="bars", columns={"x": tuple(names), **values})


def unit_picture(name: str, title: str) -> Picture:
    """Return an activation of the table and its slope, between -5 and 5."""
    values = ACTIVATIONS[name].function(Z)
    return Picture(
        title=title,
        x=Axis(title="pre-activation z"),
        y=Axis(title="output, slope", low=-1.5, high=2.0),
        marks=(line(Z, values, "output f(z)"), line(Z, slope(name, Z), "slope f'(z)")),
        size="card",
    )


def _marks(kind: Kind, x: Iterable[float], y: Iterable[float], series: str) -> Marks:
    columns: dict[str, Values] = {"x": tuple(map(_drawn, x)), "y": tuple(map(_drawn, y))}
    if series:
        columns["series"] = (series,) * len(columns["x"])
    return Marks(kind=kind, columns=columns)


def _drawn(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
