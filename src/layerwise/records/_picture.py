"""A chart as data: axes and marks, drawn by whoever shows it."""

from __future__ import annotations

import math
from typing import Literal

from layerwise.records._record import record

Values = tuple[float | str | None, ...]


@record
class Axis:
    """One axis of a picture.

    Attributes:
        title: the quantity, with its unit.
        scale: `linear`, `log`, `names` where the places are words, or `bare`: linear, without numbers, for places that
            mean nothing by themselves, such as those of images side by side.
        low, high: ends that are given; None follows the data.
    """

    title: str
    scale: Literal["linear", "log", "names", "bare"] = "linear"
    low: float | None = None
    high: float | None = None


@record
class Marks:
    """One layer of a picture: marks of one kind, in columns of one length.

    Attributes:
        kind: `line`: y over x; `path`: points joined in their order; `points`; `dots`: small and faint, for many;
            `bars`: from 0 to y; `band`: from `low` to `high` over x; `steps`: a histogram's outline, filled; `cells`:
            squares from x to `x2`, y to `y2`, colored by `value`; `rule`: an upright at x, or a level line at y where
            there is no x; `text`.
        columns: `x`, `y`; `series`: what is colored and named in the legend; `low` and `high`: an interval at each
            point, or the ends of a band; `x2`, `y2`, `value`; `text`.
    """

    kind: Literal["line", "path", "points", "dots", "bars", "band", "steps", "cells", "rule", "text"]
    columns: dict[str, Values]

    def __post_init__(self) -> None:
        """Put None for what is no finite number: nothing can be drawn there, and JSON has no word for it."""
        finite = {name: tuple(map(_drawable, values)) for name, values in self.columns.items()}
        object.__setattr__(self, "columns", finite)


def _drawable(value: float | str | None) -> float | str | None:
    return None if isinstance(value, float) and not math.isfinite(value) else value


@record
class Picture:
    """Marks over one another between two axes.

    Attributes:
        title: what it shows, as a statement.
        marks: the lowest first.
        note: how to read it.
        value: what the colors of cells say.
        size: `full` takes a line of the page, `half` half of one, `card` a third.
    """

    title: str
    x: Axis
    y: Axis
    marks: tuple[Marks, ...]
    note: str = ""
    value: Axis | None = None
    size: Literal["full", "half", "card"] = "half"
