"""The lecture's picture: what each layer's units put out, as histograms one below the other, before and after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerwise.records import Arm, ComparisonRecord, Histogram
from layerwise.report._charts._figure import Figure, Row, draw, words
from layerwise.report._charts._histogram_shape import center, edges_of_mass, outline, spread
from layerwise.report._charts._palette import color
from layerwise.report._charts._scales import padded
from layerwise.report._layer_names import in_order, short

if TYPE_CHECKING:
    from layerwise.report._charts._figure import Layered

ROW = 34  # pixels for one layer
MOST_LAYERS = 12
RANGES = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0), "softsign": (-1.0, 1.0)}


def histogram_figures(record: ComparisonRecord) -> tuple[Figure, ...]:
    """Return one figure for each arm with histograms: a row for each layer, the start in grey, the end in color."""
    return tuple(
        _figure(arm, place) for place, arm in enumerate(record.arms) if any(sum(h.counts) for h in arm.histograms)
    )


@dataclass(frozen=True)
class Ridge:
    """One layer's histogram, and the row it stands in, counted from below."""

    histogram: Histogram
    base: int
    when: str


def _figure(arm: Arm, place: int) -> Figure:
    filled = [histogram for histogram in arm.histograms if sum(histogram.counts)]
    layers = in_order(histogram.layer for histogram in filled)
    shown = _some(layers)
    ridges = _ridges(filled, shown)
    domain = _domain(arm, ridges)
    title = f"Activations of {arm.name}, layer by layer"
    rows = [row for ridge in ridges for row in outline(ridge.histogram, ridge.base, ridge.when, domain)]
    chart = _chart(shown, domain, color(place))
    left_out = f"{len(shown)} of {len(layers)} layers." if len(shown) < len(layers) else ""
    note = words(_when(ridges), left_out)
    spec = draw(chart, title, rows + _tips(ridges))
    return Figure(name=f"histograms-{place}", title=arm.name, spec=spec, note=note, arm=place)


def _some(layers: Sequence[str]) -> list[str]:
    """Return at most `MOST_LAYERS` of the layers, evenly spaced, the ends among them."""
    if len(layers) <= MOST_LAYERS:
        return list(layers)
    return [layers[round(i * (len(layers) - 1) / (MOST_LAYERS - 1))] for i in range(MOST_LAYERS)]


def _ridges(histograms: Sequence[Histogram], layers: Sequence[str]) -> list[Ridge]:
    steps = sorted({histogram.step for histogram in histograms})
    when = {steps[-1]: "end", steps[0]: "start"}
    height = {layer: len(layers) - 1 - place for place, layer in enumerate(layers)}
    return [Ridge(h, height[h.layer], when[h.step]) for h in histograms if h.layer in height and h.step in when]


def _domain(arm: Arm, ridges: Sequence[Ridge]) -> list[float]:
    """Return the range that holds 99.8% of every histogram, and the whole range of a bounded activation."""
    ends = [edge for ridge in ridges for edge in edges_of_mass(ridge.histogram, 0.001)]
    activation = next((str(fact.value) for fact in arm.facts if fact.name == "activation"), "")
    ends += RANGES.get(activation, ())
    return padded(min(ends), max(ends), share=0.02)


def _when(ridges: Sequence[Ridge]) -> str:
    steps = {ridge.when: ridge.histogram.step for ridge in ridges}
    start = f"Grey: after {steps['start']:,} updates." if steps.get("start") else "Grey: before training."
    return f"{start} Color: after {steps['end']:,} updates." if "end" in steps else start


def _tips(ridges: Sequence[Ridge]) -> list[Row]:
    rows: dict[int, dict[str, object]] = {}
    for ridge in ridges:
        row = rows.setdefault(ridge.base, {"tip": True, "base": ridge.base, "layer": ridge.histogram.layer})
        row[ridge.when] = f"mean {center(ridge.histogram):.3g}, std {spread(ridge.histogram):.3g}"
    return list(rows.values())


def _chart(layers: Sequence[str], domain: Sequence[float], arm_color: str) -> Layered:
    import altair as alt

    labels = json.dumps([short(layer) for layer in reversed(layers)])
    rows = list(range(len(layers)))
    axis = alt.Axis(
        title="layer",
        values=rows,
        labelExpr=f"{labels}[datum.value]",
        labelOffset=-ROW / 2,
        labelOverlap=False,
        ticks=False,
        domain=False,
    )
    y = alt.Y("top:Q", scale=alt.Scale(domain=[0, len(layers)], nice=False), axis=axis)
    x = alt.X(
        "x:Q",
        scale=alt.Scale(domain=list(domain), nice=False),
        axis=alt.Axis(title="activation", tickCount=5, grid=False),
    )
    base = alt.Chart(alt.NamedData(name="rows")).encode(x, y, alt.Detail("base:N"), y2="base:Q")
    start = base.transform_filter("datum.when === 'start'").mark_area(
        interpolate="step-after", clip=True, color="var(--start)", line={"color": "var(--start)", "strokeWidth": 1}
    )
    end = base.transform_filter("datum.when === 'end'").mark_area(
        interpolate="step-after",
        clip=True,
        color=arm_color,
        fillOpacity=0.3,
        line={"color": arm_color, "strokeWidth": 1.5},
    )
    tips = (
        alt.Chart(alt.NamedData(name="rows"))
        .transform_filter("datum.tip")
        .transform_calculate(top="datum.base + 1")
        .mark_rect(opacity=0)
        .encode(
            alt.Y("base:Q", axis=axis), y2="top:Q", x=alt.value(0), x2=alt.value("width"),
            tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in
                     (("layer", "layer"), ("start", "at the start"), ("end", "at the end"))],
        )
    )  # fmt: skip
    return alt.layer(start, end, tips).properties(height=ROW * len(layers) + 8)
