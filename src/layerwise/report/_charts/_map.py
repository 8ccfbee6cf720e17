"""The map of trainability: accuracies as a heat map, with theory's depth and the measured one drawn over it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from layerwise.records import MapCell, TrainabilityRecord
from layerwise.report import _numbers as numbers
from layerwise.report._charts._figure import Figure, Row, draw, words

if TYPE_CHECKING:
    import altair as alt

    from layerwise.report._charts._figure import Layered

HEIGHT = 420
MOST_TICKS = 15


def map_figure(record: TrainabilityRecord, title: str) -> Figure:
    """Return the heat map of training accuracy with the curve of 6 xi_c and the measured boundary over it."""
    rows = [*_cells(record), *_theory(record), *_boundary(record)]
    spec = draw(_map(record), title, rows)
    white = "White line: 6 ξc, from the variances alone, before any training"
    note = words(
        "Color: accuracy on training rows, the mean of a cell.",
        f"{white}." if record.critical is None else f"{white}; it has no end at the critical line, the dotted upright.",
        "Points: where half of what the best cell learns is lost; none where that lies outside the map.",
    )
    return Figure(name="map", title=title, spec=spec, note=note)


def _cells(record: TrainabilityRecord) -> Iterator[Row]:
    across = dict(zip(*_edges([column.weight_variance for column in record.columns], arithmetic=True), strict=True))
    upward = dict(zip(*_edges(record.depths, arithmetic=False), strict=True))
    for cell in record.cells:
        (left, right), (low, high) = across[cell.weight_variance], upward[cell.depth]
        yield {"kind": "cell", "x": left, "x2": right, "y": low, "y2": high, **_said(cell)}


def _said(cell: MapCell) -> Row:
    train, test = 100 * cell.train_accuracy, 100 * cell.test_accuracy
    return {"train": train, "test": test, "depth": cell.depth, "variance": cell.weight_variance}


def _edges(places: Sequence[float], *, arithmetic: bool) -> tuple[Sequence[float], list[tuple[float, float]]]:
    """Return the places, and for each the ends of its cell: halfway to its neighbors, on the axis' own scale."""
    scaled = list(places) if arithmetic else [math.log(place) for place in places]
    if len(scaled) == 1:
        air = max(0.1 * abs(scaled[0]), 0.1)
        inner = []
    else:
        inner = [(a + b) / 2 for a, b in pairwise(scaled)]
    first = scaled[0] - (inner[0] - scaled[0] if inner else air)
    last = scaled[-1] + (scaled[-1] - inner[-1] if inner else air)
    ends = [first, *inner, last]
    back = ends if arithmetic else [math.exp(end) for end in ends]
    return places, list(pairwise(back))


def _theory(record: TrainabilityRecord) -> Iterator[Row]:
    top = 100 * record.depths[-1]  # far outside the map, where the line is cut off
    points = [(variance, min(depth, top)) for variance, depth in record.curve]
    for variance, depth in points:
        yield {"kind": "theory", "x": variance, "y": depth}
    inside = [point for point in points if record.depths[0] <= point[1] <= record.depths[-1]]
    if inside:
        yield {"kind": "name", "x": inside[-1][0], "y": inside[-1][1], "text": "6 ξc"}
    if record.critical is not None and record.curve[0][0] <= record.critical <= record.curve[-1][0]:
        yield {"kind": "critical", "x": record.critical}


def _boundary(record: TrainabilityRecord) -> Iterator[Row]:
    for column in record.columns:
        if 0 < column.measured < math.inf:
            said = {"depth": numbers.significant(column.measured), "variance": column.weight_variance}
            yield {"kind": "boundary", "x": column.weight_variance, "y": column.measured, **said}


def _map(record: TrainabilityRecord) -> Layered:
    import altair as alt

    base = alt.Chart(alt.NamedData(name="rows"))
    cells = base.transform_filter("datum.kind === 'cell'").mark_rect(stroke=None)
    x = alt.X("x:Q", scale=_across(record), axis=_weights(record))
    y = alt.Y("y:Q", scale=_upward(record), axis=alt.Axis(title="depth, hidden layers", values=list(record.depths)))
    heat = cells.encode(x, y, x2="x2:Q", y2="y2:Q", fill=_fill(record), tooltip=_tips())
    theory = base.transform_filter("datum.kind === 'theory'")
    halo = theory.mark_line(stroke="#000", strokeWidth=5, opacity=0.55, clip=True).encode(x, y)
    line = theory.mark_line(stroke="#fff", strokeWidth=2.5, clip=True).encode(x, y)
    name = base.transform_filter("datum.kind === 'name'")
    style: dict[str, Any] = {"align": "right", "dx": -4, "dy": -12, "fontWeight": 600}
    measured = base.transform_filter("datum.kind === 'boundary'")
    thin = measured.mark_line(stroke="#000", strokeWidth=1, strokeDash=[3, 2], clip=True).encode(x, y)
    dots = measured.mark_circle(size=58, color="#fff", stroke="#000", strokeWidth=1.5, opacity=1, clip=True)
    points = dots.encode(x, y, tooltip=[alt.Tooltip("variance:Q", title="weight variance"),
                                        alt.Tooltip("depth:N", title="measured depth")])  # fmt: skip
    names = [
        name.mark_text(stroke="#000", strokeWidth=4, opacity=0.55, **style).encode(x, y, text="text:N"),
        name.mark_text(color="#fff", **style).encode(x, y, text="text:N"),
    ]
    critical = base.transform_filter("datum.kind === 'critical'")
    upright = critical.mark_rule(color="#fff", strokeDash=[1, 4], strokeWidth=1.5).encode(x)
    return alt.layer(heat, upright, halo, line, *names, thin, points).properties(height=HEIGHT)


def _weights(record: TrainabilityRecord) -> alt.Axis:
    import altair as alt

    values = [column.weight_variance for column in record.columns]
    every = math.ceil(len(values) / MOST_TICKS)
    exact = "format(datum.value, '~g')"  # not `format`, which Vega rounds to the distance between ticks
    return alt.Axis(title="variance of the weights, times fan_in", grid=False, values=values[::every], labelExpr=exact)


def _across(record: TrainabilityRecord) -> alt.Scale:
    import altair as alt

    _, ends = _edges([column.weight_variance for column in record.columns], arithmetic=True)
    return alt.Scale(domain=[ends[0][0], ends[-1][1]], nice=False, zero=False)


def _upward(record: TrainabilityRecord) -> alt.Scale:
    import altair as alt

    _, ends = _edges(record.depths, arithmetic=False)
    return alt.Scale(type="log", domain=[ends[0][0], ends[-1][1]], nice=False)


def _fill(record: TrainabilityRecord) -> alt.Fill:
    import altair as alt

    scale = alt.Scale(scheme="viridis", domain=[100 * record.chance, 100 * record.best], clamp=True)
    legend = alt.Legend(title="training accuracy (%)", orient="top", gradientLength=240, labelColor="var(--muted)",
                        titleColor="var(--muted)", titleFontWeight="normal", titleLimit=300)  # fmt: skip
    return alt.Fill("train:Q", scale=scale, legend=legend)


def _tips() -> list[alt.Tooltip]:
    import altair as alt

    return [
        alt.Tooltip("depth:Q", title="depth"),
        alt.Tooltip("variance:Q", title="weight variance"),
        alt.Tooltip("train:Q", title="training accuracy (%)", format=".1f"),
        alt.Tooltip("test:Q", title="test accuracy (%)", format=".1f"),
    ]
