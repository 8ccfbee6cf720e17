"""The search for the learning rate: the validation score of each arm at every rate of its grid."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from layerwise.records import Arm, ComparisonRecord
from layerwise.report import _numbers as numbers
from layerwise.report._charts._figure import Figure, draw, words
from layerwise.report._charts._lines import Reading, axis_over, line_chart
from layerwise.report._charts._palette import arm_color, faded
from layerwise.report._charts._scales import LogAxis

if TYPE_CHECKING:
    import altair as alt

TITLE = "The search for the learning rate"


def search_figures(record: ComparisonRecord) -> tuple[Figure, ...]:
    """Return one figure: score against learning rate, the chosen one ringed; none if there was no search."""
    metric = numbers.metric_of(record)
    readings = [reading for arm in record.arms for reading in _readings(arm, metric)]
    if not readings:
        return ()
    label = metric.name.replace("test", "validation") + (f" ({metric.unit})" if metric.unit else "")
    axis = axis_over(readings, logarithmic=False, lowest=-math.inf if metric.unit else -1.0)
    chart = line_chart(record, _rates(record), axis, label, "learning rate", dots=True, extra=[_rings(record)])
    n_lost = sum(not math.isfinite(trial.score) for arm in record.arms for trial in arm.trials)
    lost = f"{n_lost} trials without a finite score are left out." if n_lost else ""
    spec = draw(chart, TITLE, [reading.row(axis) for reading in readings])
    note = words("The ring is the rate chosen.", axis.note(), lost)
    return (Figure(name="search", title=TITLE, spec=spec, note=note),)


def _readings(arm: Arm, metric: numbers.Metric) -> Iterator[Reading]:
    for trial in arm.trials:
        if not math.isfinite(trial.score):
            continue
        chosen = ", chosen" if trial.learning_rate == arm.learning_rate else ""
        seeds = f", {trial.n_seeds} seeds" if trial.n_seeds else ""
        diverged = f", {trial.n_diverged} diverged" if trial.n_diverged else ""
        rate, score = trial.learning_rate, metric.factor * trial.score
        yield Reading(arm.name, rate, numbers.significant(rate), score, extra=seeds + diverged + chosen)


def _rates(record: ComparisonRecord) -> alt.X:
    import altair as alt

    axis = LogAxis.over(trial.learning_rate for arm in record.arms for trial in arm.trials)
    return alt.X("x:Q", scale=axis.scale(), axis=axis.axis("learning rate"))


def _rings(record: ComparisonRecord) -> alt.Chart:
    import altair as alt

    chosen = alt.Chart(alt.NamedData(name="rows")).transform_filter("indexof(datum.said, ', chosen') >= 0")
    ring = chosen.mark_point(size=190, strokeWidth=2, filled=False)
    rings: alt.Chart = ring.encode(x="x:Q", y="median:Q", color=arm_color(record), opacity=faded(1.0))
    return rings
