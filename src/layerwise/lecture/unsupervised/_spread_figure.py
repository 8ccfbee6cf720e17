"""Erhan et al.'s figure: every seed's test error against depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from layerwise.lecture.unsupervised._arms import WITH, WITHOUT
from layerwise.lecture.unsupervised._spread import Spread, deviations
from layerwise.records import Axis, Marks, Picture, Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

ASIDE, WIDTH = 0.17, 0.09
"""Of the two arms from their depth, and of the strip that seeds of one arm are strewn over."""


def spread_picture(title: str, depths: Sequence[int], spreads: Sequence[Spread]) -> Picture:
    """Return every seed as a point, and for each arm the median with the middle half of the seeds."""
    marks = []
    for arm, side in ((WITHOUT, -ASIDE), (WITH, ASIDE)):
        columns: dict[str, list[float]] = {"x": [], "y": []}
        boxes: dict[str, list[float]] = {"x": [], "y": [], "low": [], "high": []}
        for depth, one in zip(depths, spreads, strict=True):
            values = one.with_it if arm == WITH else one.without
            columns["x"] += (depth + side + WIDTH * _strewn(len(values))).tolist()
            columns["y"] += values
            low, middle, high = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
            for name, value in zip(boxes, (depth + side, middle, low, high), strict=True):
                boxes[name].append(value)
        marks.append(_marks("dots", columns, arm))
        marks.append(_marks("line", boxes, arm))
    return Picture(
        title=title,
        x=Axis(title="hidden layers", low=min(depths) - 0.5, high=max(depths) + 0.5),
        y=Axis(title="test error, percent", scale="log"),
        marks=tuple(marks),
        note="Each point is a network with first weights of its own; lines join the medians, uprights hold the middle "
        "half of the seeds. Points are spread sideways so that they can be seen.",
        size="full",
    )


def _strewn(n: int) -> NDArray[np.float64]:
    """Return n places between -1 and 1 that fill it evenly from the first on (steps of the golden ratio)."""
    found: NDArray[np.float64] = 2 * ((np.arange(n, dtype=np.float64) * 0.6180339887498949) % 1) - 1
    return found


def _marks(kind: Literal["dots", "line"], columns: dict[str, list[float]], series: str) -> Marks:
    n = len(columns["x"])
    values = {name: tuple(column) for name, column in columns.items()}
    return Marks(kind=kind, columns={**values, "series": (series,) * n})


def spread_table(title: str, spreads: Sequence[Spread]) -> Table:
    """Return medians, spreads and shares of seeds that train, and the test between the spreads."""
    columns = (
        "networks",
        "first weights",
        "seeds that train",
        "median error, %",
        "spread, points",
        "p of equal spreads",
    )
    rows = []
    for one in spreads:
        for arm, values, share in ((WITHOUT, one.without, one.shares[1]), (WITH, one.with_it, one.shares[0])):
            p_value = f"{one.p_value:.2g}" if arm == WITH and one.both_train else ""
            spread = f"{deviations(values).mean():.2f}"
            rows.append((one.name, arm, f"{share.estimate:.0%}", f"{np.median(values):.2f}", spread, p_value))
    return Table(
        title=title,
        columns=columns,
        rows=tuple(rows),
        note="Spread: the mean distance of a seed from the median of its kind. p: Brown-Forsythe, corrected by Holm; "
        "none where less than half of the seeds train, for networks that only guess lie close together too.",
    )
