"""How the league of units is shown."""

from __future__ import annotations

from layerwise.records import Axis, Marks, Picture, Summary, Table, Values
from layerwise.stats import Paired

League = dict[tuple[str, int], dict[str, Summary]]
"""Test accuracies by data set and depth, then by unit."""


def league_table(found: League, gaps: dict[str, Paired]) -> Table:
    """Return the medians, and the mean difference to ReLU in points."""
    rows = []
    for unit in next(iter(found.values())):
        gap = "" if unit == "ReLU" else f"{100 * gaps[unit].difference:+.1f}"
        rows.append((unit, *(f"{scores[unit].median:.1%}" for scores in found.values()), gap))
    return Table(
        title="Test accuracy, each unit at its own best learning rate",
        columns=("unit", *(f"{name}, {deep}" for name, deep in found), "to ReLU"),
        rows=tuple(rows),
        note="Columns: data set and number of hidden layers; medians over seeds. To ReLU: mean difference in points.",
    )


def league_picture(found: League) -> Picture:
    """Return the medians with their intervals."""
    marks = []
    for (name, deep), scores in found.items():
        columns: dict[str, Values] = {
            "x": tuple(one.median for one in scores.values()),
            "y": tuple(scores),
            "low": tuple(one.low for one in scores.values()),
            "high": tuple(one.high for one in scores.values()),
            "series": (f"{name}, {deep} layers",) * len(scores),
        }
        marks.append(Marks(kind="points", columns=columns))
    return Picture(
        title="A league of units: test accuracy over data sets and depths",
        x=Axis(title="test accuracy", high=1.0),
        y=Axis(title="", scale="names"),
        marks=tuple(marks),
        note="Medians over seeds with 95% intervals, each unit at its own best learning rate.",
        size="full",
    )
