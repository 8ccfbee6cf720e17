"""How networks learn the labels from each start, pre-trained or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from layerwise.records import LabelArm, LabelCurves, VerdictRecord
from layerwise.report._charts._epochs import epoch_axis
from layerwise.report._charts._figure import Figure, Row, draw
from layerwise.report._charts._lines import HEIGHT, Reading, axis_over
from layerwise.report._charts._palette import color
from layerwise.report._charts._reconstruction import series_color
from layerwise.report._verdict_sentences import START_NAMES, effect_of, said_of

if TYPE_CHECKING:
    import altair as alt

    from layerwise.report._charts._figure import Layered
    from layerwise.report._charts._scales import LinearAxis, LogAxis


def label_curve_figures(record: VerdictRecord) -> tuple[Figure, ...]:
    """Return one figure for each number of labels: the validation score by epoch, a line and a band for each start."""
    numbers = dict.fromkeys(arm.n_labels for arm in record.arms)
    rows = [[arm for arm in record.arms if arm.n_labels == n and arm.curves is not None] for n in numbers]
    return tuple(_figure(record, arms) for arms in rows if arms)


def _figure(record: VerdictRecord, arms: Sequence[LabelArm]) -> Figure:
    percent = record.metric == "accuracy"
    label = "validation accuracy (%)" if percent else "minus squared error, validation rows"
    factor = 100.0 if percent else 1.0
    readings = [one for arm in arms if arm.curves for one in _readings(arm.start, arm.curves, factor)]
    axis = axis_over(readings, logarithmic=False)
    n = arms[0].n_labels
    title = f"{n:,} labels: pre-training {said_of(effect_of(record, n))}"
    rows = [{**one.row(axis), "series": one.arm, "epoch": one.x} for one in readings]
    spec = draw(_chart(rows, axis, label, [START_NAMES[arm.start] for arm in arms]), title, rows)
    rates = ", ".join(f"{START_NAMES[arm.start]} {arm.learning_rate:g}" for arm in arms)
    note = f"Learning rates: {rates}."
    return Figure(name=f"labels-{n}", title=title, spec=spec, note=note)


def _readings(start: str, curves: LabelCurves, factor: float) -> Iterator[Reading]:
    """Yield the median over seeds at each epoch, with its interval."""
    from layerwise.stats import median_interval

    for epoch, *scores in zip(curves.epochs, *curves.scores, strict=True):
        found = median_interval([factor * score for score in scores])
        yield Reading(START_NAMES[start], epoch, f"{epoch:,}", found.estimate, found.low, found.high)


def _chart(rows: Sequence[Row], axis: LinearAxis | LogAxis, label: str, names: Sequence[str]) -> Layered:
    import altair as alt

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=axis.scale(), axis=axis.axis(label))

    colors = series_color({name: color(place) for place, name in enumerate(names)})
    x = alt.X("epoch:Q", scale=alt.Scale(nice=False), axis=epoch_axis(rows))
    base = alt.Chart(alt.NamedData(name="rows")).encode(x, color=colors)
    tips = [alt.Tooltip("series:N", title="start"), alt.Tooltip("epoch:Q"), alt.Tooltip("said:N", title=label)]
    return alt.layer(
        base.mark_area(opacity=0.16).encode(y("low"), y2="high:Q"),
        base.mark_line(strokeWidth=2.2).encode(y("median")),
        base.mark_circle(size=60, opacity=0).encode(y("median"), tooltip=tips),
    ).properties(height=HEIGHT)
