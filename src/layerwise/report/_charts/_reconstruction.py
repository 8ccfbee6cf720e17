"""What a pre-training loses: errors side by side, and by depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from layerwise.records import PretrainingRecord
from layerwise.report._charts._figure import Figure, draw, words
from layerwise.report._charts._palette import color
from layerwise.report._pretraining_sentences import VERSIONS, error, thing

if TYPE_CHECKING:
    import altair as alt

    from layerwise.report._charts._figure import Layered

BAR, HEIGHT = 34, 270
OURS, PCA, MEAN = color(0), color(1), "var(--line-strong)"


def error_figure(record: PretrainingRecord) -> Figure:
    """Return the errors side by side as bars: the network's, PCA's and the mean's."""
    n, what = record.widths[-1], thing(record)
    bars = [
        (VERSIONS["fine_tuned"], record.fine_tuned_error, OURS),
        (VERSIONS["pretrained"], record.pretrained_error, OURS),
        (f"PCA, {n} component{'s' * (n > 1)}", record.pca_error, PCA),
        (f"the mean {what}", record.mean_error, MEAN),
    ]
    known = [(name, value, fill) for name, value, fill in bars if value is not None]
    rows = [{"what": name, "value": value, "said": error(value), "fill": fill} for name, value, fill in known]
    title = f"Squared error per test {what}: {n} number{'s' * (n > 1)} each, and the mean {what}, which takes none"
    chart = _bars([name for name, _, _ in known], what, max(value for _, value, _ in known))
    spec = draw(chart, title, rows)
    return Figure(name="errors", title=title, spec=spec, note="Shorter is better.")


def _bars(order: Sequence[str], what: str, longest: float) -> Layered:
    import altair as alt

    base = alt.Chart(alt.NamedData(name="rows"))
    x = alt.X(
        "value:Q", scale=alt.Scale(domain=[0, 1.1 * longest or 1.0]), axis=error_axis(f"squared error per {what}")
    )
    y = alt.Y("what:N", sort=order, axis=alt.Axis(title=None, labelLimit=300, domain=False, ticks=False))
    bars = base.mark_bar(height=20, cornerRadiusEnd=2).encode(x, y, color=alt.Color("fill:N", scale=None))
    said = base.mark_text(align="left", dx=5).encode(x, y, text="said:N")
    return alt.layer(bars, said).properties(height=BAR * len(order))


def depth_figure(record: PretrainingRecord) -> Figure:
    """Return the error through the first layers and back, beside PCA with as many numbers."""
    what = thing(record)
    title = f"Squared error per test {what}, through each layer and back: layer by layer alone, and PCA of each size"
    series = {"layer by layer alone": "test_error", "PCA, as many components": "pca_error"}
    names = [f"{k}: {layer.n_units:,}" for k, layer in enumerate(record.layers, start=1)]
    rows = [
        {"layer": layer_name, "series": name, "value": getattr(layer, field), "said": error(getattr(layer, field))}
        for layer_name, layer in zip(names, record.layers, strict=True)
        for name, field in series.items()
    ]
    lines = _lines(names, list(series), f"squared error per {what}")
    n = record.data.n_features
    full = f"PCA with {n:,} components or more gives every {what} back." if record.layers[0].n_units >= n else ""
    note = words("Before the layers were trained together.", full)
    return Figure(name="depth", title=title, spec=draw(lines, title, rows), note=note)


def _lines(order: Sequence[str], series: Sequence[str], label: str) -> Layered:
    import altair as alt

    below = "layer: its units, from the input to the code"
    axis = alt.Axis(title=below, labelAngle=0, labelOverlap=True, grid=False)
    x = alt.X("layer:N", sort=list(order), scale=alt.Scale(type="point", padding=0.5), axis=axis)
    y = alt.Y("value:Q", scale=alt.Scale(zero=True), axis=error_axis(label))
    base = alt.Chart(alt.NamedData(name="rows")).encode(
        x, y, color=series_color(dict(zip(series, (OURS, PCA), strict=True)))
    )
    tips = [alt.Tooltip("series:N", title="code"), alt.Tooltip("layer:N"), alt.Tooltip("said:N", title=label)]
    points = base.mark_circle(size=60, opacity=1).encode(tooltip=tips)
    return alt.layer(base.mark_line(strokeWidth=2.2), points).properties(height=HEIGHT)


def series_color(colors: Mapping[str, str]) -> alt.Color:
    """Return the encoding of a series as its color, with a legend above the chart, in lines that fit."""
    import altair as alt

    # 6.5 pixels a letter, 30 for the symbol and the air around it; 90 of the container are the axis and its title. Not
    # `width`: it changes while the chart is fitted, after the legend has got its place
    each = [round(6.5 * len(name)) + 30 for name in colors]
    room = "((containerSize()[0] || 900) - 90)"
    columns = alt.expr(f"{room} >= {sum(each)} ? 0 : max(1, floor({room} / {max(each, default=1)}))")
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    legend = alt.Legend(
        title=None,
        orient="top",
        labelColor="var(--ink)",
        labelFontSize=12,
        labelLimit=300,
        symbolOpacity=1,
        columns=columns,
        gridAlign="each",
    )
    return alt.Color("series:N", scale=scale, legend=legend)


def error_axis(title: str) -> alt.Axis:
    """Return the axis of an error."""
    import altair as alt

    return alt.Axis(title=title, tickCount=5)
