"""What a pre-training loses, by epoch: of each layer, and of all together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from layerwise.records import LayerOutcome, PretrainingRecord
from layerwise.report._charts._figure import Figure, Row, draw
from layerwise.report._charts._palette import color
from layerwise.report._charts._reconstruction import HEIGHT, OURS, PCA, error_axis, series_color
from layerwise.report._charts._scales import padded
from layerwise.report._pretraining_sentences import ERRORS, error, thing

if TYPE_CHECKING:
    import altair as alt

    from layerwise.report._charts._figure import Layered

CARD = 170
MOST_EPOCHS, MOST_DOTS = 8, 80


def layer_curve_figures(record: PretrainingRecord) -> tuple[Figure, ...]:
    """Return one figure for each layer that was trained: its own error by epoch."""
    return tuple(_layer_figure(k, layer) for k, layer in enumerate(record.layers) if layer.epochs)


def _layer_figure(place: int, layer: LayerOutcome) -> Figure:
    import altair as alt

    rows = [{"epoch": epoch, "value": value, "said": error(value)} for epoch, value in enumerate(layer.own_error)]
    title = f"{layer.name}: {layer.n_inputs:,} to {layer.n_units:,} units"
    chart = _curve(rows, ERRORS[layer.reconstruction], CARD, alt.value(OURS))
    return Figure(name=f"layer-{place}", title=title, spec=draw(chart, title, rows))


def tuning_figures(record: PretrainingRecord) -> tuple[Figure, ...]:
    """Return one figure: the error while all layers trained together; none if they did not."""
    if not record.fine_tuning:
        return ()
    what, names = thing(record), {"train_error": "training rows", "validation_error": "rows kept back"}
    rows: list[Row] = [
        {"epoch": epoch, "value": value, "series": names[curve.name], "said": error(value)}
        for curve in record.fine_tuning
        for epoch, value in zip(curve.steps, curve.values, strict=True)
    ]
    title = f"Squared error per {what} while all layers train together"
    label = f"squared error per {what}"
    chart = _curve(
        [*rows, {"value": record.pca_error}],
        label,
        HEIGHT,
        series_color(dict(zip(names.values(), (color(5), OURS), strict=True))),
        _pca_rule(),
    )
    note = f"Dashed: PCA with as many numbers, on test {what}s. The best epoch on rows kept back is taken."
    spec = draw(chart, title, [*rows, {"pca": record.pca_error}])
    return (Figure(name="tuning", title=title, spec=spec, note=note),)


def _pca_rule() -> alt.Chart:
    import altair as alt

    base = alt.Chart(alt.NamedData(name="rows")).transform_filter("isValid(datum.pca)")
    rule: alt.Chart = base.mark_rule(stroke=PCA, strokeDash=[5, 4], strokeWidth=1.6).encode(y="pca:Q")
    return rule


def _curve(rows: Sequence[Row], label: str, height: int, fill: Any, *extra: alt.Chart) -> Layered:
    import altair as alt

    values = [float(str(row["value"])) for row in rows]
    x = alt.X("epoch:Q", scale=alt.Scale(nice=False), axis=epoch_axis(rows))
    y = alt.Y("value:Q", scale=alt.Scale(domain=padded(min(values), max(values)), zero=False), axis=error_axis(label))
    base = alt.Chart(alt.NamedData(name="rows")).transform_filter("isValid(datum.epoch)")
    tips = [alt.Tooltip("epoch:Q"), alt.Tooltip("said:N", title=label)]
    line = base.mark_line(strokeWidth=2.2).encode(x, y, color=fill)
    dots = base.mark_circle(size=36, opacity=1 if len(rows) <= MOST_DOTS else 0).encode(x, y, color=fill, tooltip=tips)
    return alt.layer(line, dots, *extra).properties(height=height)


def epoch_axis(rows: Sequence[Row]) -> alt.Axis:
    """Return the axis of epochs, labeled at whole numbers only."""
    import altair as alt

    last = max(int(str(row.get("epoch", 0))) for row in rows)
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, last) if last <= MOST_EPOCHS * step)
    return alt.Axis(title="epoch", values=list(range(0, last + 1, step)), format="d", grid=False)
