"""Learning curves: the median over seeds, and the band that holds four seeds out of five."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerwise.records import Band, ComparisonRecord
from layerwise.report._charts._figure import Figure, draw, words
from layerwise.report._charts._lines import Reading, axis_over, line_chart

if TYPE_CHECKING:
    import altair as alt

MOST_POINTS = 120


@dataclass(frozen=True)
class Kind:
    """One kind of curve: its name in the records, its title and its axis."""

    name: str
    title: str
    label: str
    factor: float = 1.0
    lowest: float = -math.inf
    logarithmic: bool = False


KINDS = (
    Kind("validation_accuracy", "Validation accuracy over training", "validation accuracy (%)", factor=100.0),
    Kind("validation_r2", "Validation R2 over training", "validation R2", lowest=-1.0),
    Kind("train_loss", "Training loss over training", "training loss", logarithmic=True),
)


def curve_figures(record: ComparisonRecord) -> tuple[Figure, ...]:
    """Return one figure for each kind of curve that the arms have: the validation score, then the training loss."""
    found = [_figure(record, kind) for kind in KINDS]
    return tuple(figure for figure in found if figure is not None)


def _figure(record: ComparisonRecord, kind: Kind) -> Figure | None:
    bands = [(arm.name, band) for arm in record.arms for band in arm.curves if band.name == kind.name]
    readings = [reading for arm, band in bands for reading in _readings(arm, band, kind.factor)]
    if not readings:
        return None
    axis = axis_over(readings, logarithmic=kind.logarithmic, lowest=kind.lowest)
    chart = line_chart(record, _updates(), axis, kind.label, "updates", dots=False)
    spec = draw(chart, kind.title, [reading.row(axis) for reading in readings])
    lost = any(not math.isfinite(value) for _, band in bands for value in band.median)
    gap = "A line ends where the median is no longer finite." if lost else ""
    return Figure(name=kind.name.replace("_", "-"), title=kind.title, spec=spec, note=words(axis.note(), gap))


def _readings(arm: str, band: Band, factor: float) -> Iterator[Reading]:
    every = max(1, math.ceil(len(band.steps) / MOST_POINTS))
    for number, (step, *values) in enumerate(zip(band.steps, band.median, band.low, band.high, strict=True)):
        kept = number % every == 0 or number == len(band.steps) - 1
        if kept and math.isfinite(values[0]):
            median, low, high = (factor * value for value in values)
            yield Reading(arm=arm, x=step, place=f"{step:,}", median=median, low=low, high=high)


def _updates() -> alt.X:
    import altair as alt

    return alt.X("x:Q", scale=alt.Scale(nice=False), axis=alt.Axis(title="updates", tickCount=5, format=",d"))
