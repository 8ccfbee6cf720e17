"""Signal and gradient from layer to layer, at the first and the last reading."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerwise.records import ComparisonRecord, Measure
from layerwise.report._charts._figure import Figure, draw, words
from layerwise.report._charts._lines import Reading, axis_over, cross_chart, line_chart
from layerwise.report._layer_names import in_order, short

if TYPE_CHECKING:
    import altair as alt

FIRST, LAST = 0, -1
Found = list[tuple[str, Measure]]


@dataclass(frozen=True)
class Quantity:
    """One measure as a chart: its title, its axis, and whether that is logarithmic."""

    name: str
    title: str
    label: str
    logarithmic: bool = True


QUANTITIES = (
    Quantity("preactivation_gradient_rms", "Gradient at the pre-activations", "rms of the loss gradient"),
    Quantity("weight_gradient_rms", "Gradient of the weights", "rms of the loss gradient"),
    Quantity("activation_std_between_inputs", "Signal between inputs", "standard deviation over inputs"),
    Quantity("preactivation_rms", "Size of the pre-activations", "rms"),
    Quantity("saturated_fraction", "Saturated units", "share of inputs and units (%)", logarithmic=False),
    Quantity("dead_fraction", "Dead units", "share of units (%)", logarithmic=False),
)


def layer_figures(record: ComparisonRecord, names: Sequence[str]) -> tuple[Figure, ...]:
    """Return two figures, at the first and the last reading, for each of the quantities `names` that was measured."""
    chosen = [quantity for quantity in QUANTITIES if quantity.name in names]
    return tuple(figure for quantity in chosen for figure in _figures(record, quantity))


def _figures(record: ComparisonRecord, quantity: Quantity) -> Iterator[Figure]:
    found = _measures(record, quantity.name)
    ends = {"start": _readings(found, quantity, FIRST), "end": _readings(found, quantity, LAST)}
    told = _predicted(record, quantity)
    axis = axis_over([*ends["start"], *ends["end"], *told], logarithmic=quantity.logarithmic)
    if not quantity.logarithmic and axis.high == 0:
        return  # not one unit, at either end: nothing to look at
    for (end, readings), which in zip(ends.items(), (FIRST, LAST), strict=True):
        if not readings:
            continue
        title = f"{quantity.title}, at the {end} of training"
        crosses = told if end == "start" else []
        extra = [cross_chart(record, _layers(found), axis, quantity.label, "layer")] if crosses else []
        chart = line_chart(record, _layers(found), axis, quantity.label, "layer", dots=True, extra=extra)
        rows = [reading.row(axis) for reading in readings] + [reading.predicted_row(axis) for reading in crosses]
        spec = draw(chart, title, rows)
        note = words(_when(found, which), _CROSSES if crosses else "", axis.note(), _lost(found, which))
        yield Figure(name=f"{quantity.name.replace('_', '-')}-{end}", title=title, spec=spec, note=note)


_CROSSES = "Crosses: what theory predicts from the initial weights alone."


def _predicted(record: ComparisonRecord, quantity: Quantity) -> list[Reading]:
    found = [(arm.name, one) for arm in record.arms for one in arm.predicted if one.quantity == quantity.name]
    return [Reading(arm, short(one.layer), one.layer, one.values[0]) for arm, one in found]


def _measures(record: ComparisonRecord, name: str) -> Found:
    runs = [(arm.name, run) for arm in record.arms for run in arm.runs]
    return [(arm, m) for arm, run in runs for m in run.measures if m.quantity == name and m.values]


def _readings(found: Found, quantity: Quantity, end: int) -> list[Reading]:
    import numpy as np

    values: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for arm, measure in found:
        if math.isfinite(measure.values[end]):
            values[arm, measure.layer].append(measure.values[end])
    readings = []
    for (arm, layer), finite in values.items():
        low, median, high = np.quantile(finite, [0.1, 0.5, 0.9]) * (1 if quantity.logarithmic else 100)
        readings.append(Reading(arm, short(layer), layer, float(median), float(low), float(high)))
    return readings


def _when(found: Found, end: int) -> str:
    steps = sorted({measure.steps[end] for _, measure in found})
    span = f"{steps[0]:,}" if len(steps) == 1 else f"{steps[0]:,} to {steps[-1]:,}"
    return f"Read after {span} update{'' if span == '1' else 's'}."


def _lost(found: Found, end: int) -> str:
    n_lost = sum(not math.isfinite(measure.values[end]) for _, measure in found)
    return f"{n_lost:,} of {len(found):,} readings are not finite and left out." if n_lost else ""


def _layers(found: Found) -> alt.X:
    import altair as alt

    order = [short(layer) for layer in in_order(measure.layer for _, measure in found)]
    axis = alt.Axis(title="layer, from input to output", labelAngle=0, labelOverlap=True, grid=False)
    return alt.X("x:N", sort=order, scale=alt.Scale(domain=order, type="point", padding=0.3), axis=axis)
