"""A picture of the lecture as a chart: marks over one another between two axes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from layerwise.records import Axis, Marks, Picture, Values
from layerwise.report._charts._figure import Figure, Row, draw, words
from layerwise.report._charts._palette import color
from layerwise.report._charts._reconstruction import series_color
from layerwise.report._charts._scales import LinearAxis, LogAxis, padded
from layerwise.report._typeset import formula

if TYPE_CHECKING:
    import altair as alt

    from layerwise.report._charts._figure import Layered

HEIGHTS = {"full": 320, "half": 270, "card": 180}
ROW, LOWEST = 30, 220
"""Pixels for each name, where the places upward are names; and of all together, so that a neighbor is no higher."""

AIR = {"points": 0.02, "dots": 0.02, "line": 0.02}
"""Share of the width that is left free at both ends of x, so that no mark sits on the edge."""

MOST_DOTS = 120
"""A line with more points shows none of them."""


def picture_figure(picture: Picture, name: str) -> Figure:
    """Return `picture` drawn, as the chart `name` of the page."""
    picture = _typeset(picture)
    rows = [row for k, marks in enumerate(picture.marks) for row in _rows(k, marks, picture)]
    spec = draw(_layers(picture), picture.title, rows)
    zeros = [_log(picture, along).note() for along in ("x", "y") if getattr(picture, along).scale == "log"]
    return Figure(name=name, title=picture.title, spec=spec, note=words(picture.note, *dict.fromkeys(zeros)))


def _typeset(picture: Picture) -> Picture:
    """Return the picture with its words as the page prints them."""
    axes = {name: getattr(picture, name) for name in ("x", "y", "value")}
    said = {name: replace(axis, title=formula(axis.title)) for name, axis in axes.items() if axis is not None}
    marks = (replace(one, columns={name: _worded(values) for name, values in one.columns.items()})
             for one in picture.marks)  # fmt: skip
    return replace(picture, marks=tuple(marks), **said)


def _worded(values: Values) -> Values:
    return tuple(formula(value) if isinstance(value, str) else value for value in values)


def _rows(place: int, marks: Marks, picture: Picture) -> Iterator[Row]:
    ends = {"x": "x", "x2": "x", "y": "y", "y2": "y", "low": "y", "high": "y"}
    logs = {name: _log(picture, along) for name, along in ends.items() if getattr(picture, along).scale == "log"}
    for k in range(len(next(iter(marks.columns.values()), ()))):
        row: dict[str, object] = {"marks": place, "order": k}
        for name, values in marks.columns.items():
            value = values[k]
            row[name] = logs[name].place(value) if name in logs and isinstance(value, float | int) else value
        yield row


def _values(picture: Picture, *names: str) -> list[float]:
    """Return the numbers of these columns, over all marks."""
    found = chain.from_iterable(marks.columns.get(name, ()) for marks in picture.marks for name in names)
    return [value for value in found if isinstance(value, float | int)]


def _log(picture: Picture, along: str) -> LogAxis:
    names = ("x", "x2") if along == "x" else ("y", "y2", "low", "high")
    axis: Axis = getattr(picture, along)
    return LogAxis.over([*_values(picture, *names), *(end for end in (axis.low, axis.high) if end is not None)])


def _linear(picture: Picture, along: str) -> alt.Scale:
    import altair as alt

    axis: Axis = getattr(picture, along)
    values = _values(picture, *(("x", "x2") if along == "x" else ("y", "y2", "low", "high")))
    kinds = {marks.kind for marks in picture.marks}
    if along == "y" and kinds & {"bars", "steps"}:
        values.append(0.0)
    plain = LinearAxis.over(values)
    low, high = padded(plain.low, plain.high, _air(picture, kinds, along))
    if along == "y" and kinds & {"bars", "steps"} and plain.low >= 0:
        low = 0.0
    ends = [low if axis.low is None else axis.low, high if axis.high is None else axis.high]
    return alt.Scale(domain=ends, nice=False, zero=False)


def _air(picture: Picture, kinds: Collection[str], along: str) -> float:
    if "cells" in kinds:
        return 0.0
    if along == "y":
        return 0.04
    dotted = {m.kind for m in picture.marks if m.kind != "line" or len(m.columns.get("x", ())) <= MOST_DOTS}
    return max((AIR.get(kind, 0.0) for kind in dotted), default=0.0)


def _place(picture: Picture, along: str, column: str = "") -> Any:
    """Return the encoding of `column`, or of x or y itself, along x or y."""
    import altair as alt

    axis: Axis = getattr(picture, along)
    kind = alt.X if along == "x" else alt.Y
    if axis.scale == "names":
        order = _names(picture, along)
        upright = alt.Axis(title=axis.title or None, labelAngle=0, labelLimit=220, grid=False)
        scale = alt.Scale(type="band") if _has(picture, "bars") else alt.Scale(type="point", padding=0.5)
        return kind(f"{along}:N", sort=order, scale=scale, axis=upright)
    if axis.scale == "log":
        found = _log(picture, along)
        return kind(f"{column or along}:Q", scale=found.scale(), axis=found.axis(axis.title))
    plain: dict[str, Any] = {"title": axis.title or None, "tickCount": 5}
    plain["grid"] = along == "y" and not _has(picture, "cells")
    bare = {"labels": False, "ticks": False, "domain": False, "grid": False} if axis.scale == "bare" else {}
    return kind(f"{column or along}:Q", scale=_linear(picture, along), axis=alt.Axis(**(plain | bare)))


def _has(picture: Picture, kind: str) -> bool:
    return any(marks.kind == kind for marks in picture.marks)


def _names(picture: Picture, column: str) -> list[str]:
    """Return the words of a column over all marks, in the order of their first appearance."""
    found = chain.from_iterable(marks.columns.get(column, ()) for marks in picture.marks)
    return [str(value) for value in dict.fromkeys(found) if value is not None]


def _color(picture: Picture, marks: Marks) -> Any:
    import altair as alt

    if "series" not in marks.columns:
        return alt.value("var(--ink)" if marks.kind in {"rule", "text"} else color(0))
    names = _names(picture, "series")
    first = 1 if _has(picture, "cells") else 0  # the palette's first color drowns in the dark end of the cells'
    return series_color({name: color(abs(first - k)) for k, name in enumerate(names)})


def _layers(picture: Picture) -> Layered:
    import altair as alt

    x, y = _place(picture, "x"), _place(picture, "y")
    base = alt.Chart(alt.NamedData(name="rows"))
    parts: list[alt.Chart] = []
    for k, marks in enumerate(picture.marks):
        own = base.transform_filter(f"datum.marks === {k}")
        parts += _DRAWN[marks.kind](_Pen(picture, marks, own, x, y, _color(picture, marks), _tips(picture, marks)))
    height = HEIGHTS[picture.size]
    if picture.y.scale == "names":
        height = max(ROW * len(_names(picture, "y")) + 10, LOWEST)
    return alt.layer(*parts).properties(height=height)


class _Pen(NamedTuple):
    """What one layer of marks is drawn with."""

    picture: Picture
    marks: Marks
    base: alt.Chart
    x: Any
    y: Any
    fill: Any
    tips: list[alt.Tooltip]


def _band(pen: _Pen) -> list[alt.Chart]:
    low = _place(pen.picture, "y", "low")
    return [pen.base.mark_area(opacity=0.18, clip=True).encode(pen.x, low, y2="high:Q", color=pen.fill)]


def _rule(pen: _Pen) -> list[alt.Chart]:
    across = {"x": pen.x} if "x" in pen.marks.columns else {"y": pen.y}
    return [pen.base.mark_rule(strokeDash=[5, 4]).encode(color=pen.fill, **across)]


def _text(pen: _Pen) -> list[alt.Chart]:
    return [pen.base.mark_text(dy=-8).encode(pen.x, pen.y, text="text:N", color=pen.fill)]


def _cells(pen: _Pen) -> list[alt.Chart]:
    import altair as alt

    fill = alt.Fill("value:Q", scale=_heat(pen.picture), legend=_heat_legend(pen.picture))
    # without an edge of its own color a seam of the ground shows between neighbors; encoded, it would make the legend
    # one of symbols
    cells = pen.base.mark_rect(strokeWidth=0.7, stroke=alt.expr("scale('fill', datum.value)"))
    return [cells.encode(pen.x, pen.y, x2="x2:Q", y2="y2:Q", fill=fill, tooltip=pen.tips)]


def _steps(pen: _Pen) -> list[alt.Chart]:
    style: dict[str, Any] = {"interpolate": "step-after", "opacity": 0.35, "line": {"strokeWidth": 1.4}}
    # not stacked: areas of several series would be put on top of each other
    return [pen.base.mark_area(**style).encode(pen.x, pen.y.stack(None), color=pen.fill)]


def _bars(pen: _Pen) -> list[alt.Chart]:
    bars = pen.base.mark_bar(size=18).encode(pen.x, pen.y, color=pen.fill, tooltip=pen.tips)
    return [bars, *_intervals(pen, _ink())]


def _dots(pen: _Pen) -> list[alt.Chart]:
    faint = pen.base.mark_circle(size=26, opacity=0.35)
    return [faint.encode(pen.x, pen.y, color=pen.fill, tooltip=pen.tips)]


def _points(pen: _Pen) -> list[alt.Chart]:
    rim: dict[str, Any] = {"stroke": "white", "strokeWidth": 1.2} if _has(pen.picture, "cells") else {}
    dots = pen.base.mark_circle(size=46, opacity=0.85, **rim).encode(pen.x, pen.y, color=pen.fill, tooltip=pen.tips)
    return [*_intervals(pen, pen.fill), dots]


def _path(pen: _Pen) -> list[alt.Chart]:
    way = pen.base.mark_line(strokeWidth=2.2, clip=True).encode(pen.x, pen.y, color=pen.fill, order="order:Q")
    if not _has(pen.picture, "cells"):
        return [way]
    under = pen.base.mark_line(strokeWidth=4.5, stroke="white", clip=True)
    return [under.encode(pen.x, pen.y, detail="series:N", order="order:Q"), way]


def _line(pen: _Pen) -> list[alt.Chart]:
    line = pen.base.mark_line(strokeWidth=2.2, clip=True).encode(pen.x, pen.y, color=pen.fill)
    *intervals, dots = _points(pen)
    return [*intervals, line, *([dots] if len(pen.marks.columns["x"]) <= MOST_DOTS else [])]


_DRAWN = {
    "line": _line,
    "path": _path,
    "points": _points,
    "dots": _dots,
    "bars": _bars,
    "band": _band,
    "steps": _steps,
    "cells": _cells,
    "rule": _rule,
    "text": _text,
}


def _intervals(pen: _Pen, shown: Any) -> list[alt.Chart]:
    """Return the intervals `low` to `high` at the marks, along whichever axis holds numbers."""
    if "low" not in pen.marks.columns:
        return []
    rule = pen.base.mark_rule(strokeWidth=1.8)
    if pen.picture.y.scale == "names":
        return [rule.encode(_place(pen.picture, "x", "low"), pen.y, x2="high:Q", color=shown)]
    return [rule.encode(pen.x, _place(pen.picture, "y", "low"), y2="high:Q", color=shown)]


def _ink() -> Any:
    import altair as alt

    return alt.value("var(--ink)")


def _tips(picture: Picture, marks: Marks) -> list[alt.Tooltip]:
    import altair as alt

    titles = {"series": "", "x": picture.x.title, "y": picture.y.title, "low": "from", "high": "to", "text": ""}
    titles["value"] = picture.value.title if picture.value else "value"
    words_ = {"series", "text"} | {a for a in ("x", "y") if getattr(picture, a).scale == "names"}
    return [
        alt.Tooltip(f"{name}:N", title=titles[name] or "which")
        if name in words_
        else alt.Tooltip(f"{name}:Q", title=titles[name], format=".4~g")
        for name in marks.columns
        if name in titles
    ]


def _heat(picture: Picture) -> alt.Scale:
    import altair as alt

    axis = picture.value or Axis(title="value")
    ends: dict[str, Any] = {}
    if axis.low is not None and axis.high is not None:
        ends = {"domain": [axis.low, axis.high], "clamp": True}
    kind: Literal["log", "linear"] = "log" if axis.scale == "log" else "linear"
    return alt.Scale(scheme="viridis", type=kind, nice=False, **ends)


def _heat_legend(picture: Picture) -> alt.Legend:
    import altair as alt

    return alt.Legend(title=picture.value.title if picture.value else "value", type="gradient", orient="top",
                      gradientLength=200, labelColor="var(--muted)", titleColor="var(--muted)",
                      titleFontWeight="normal", titleLimit=300)  # fmt: skip
