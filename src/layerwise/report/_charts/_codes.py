"""Codes of test rows as a cloud of points, colored by class."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from layerwise.records import CodeMap, PretrainingRecord
from layerwise.report import _numbers as numbers
from layerwise.report._charts._figure import Figure, Row, draw, words
from layerwise.report._charts._palette import color
from layerwise.report._pretraining_sentences import learned_labels, thing

if TYPE_CHECKING:
    from layerwise.report._charts._figure import Layered

HEIGHT = 560
# More classes than arms: the page's eight colors, and further ones that are unlike them on light and dark.
FURTHER = ("#8c564b", "#9467bd", "#17a2a2", "#b5a300", "#e377c2", "#4d7f17", "#a0522d", "#6a5acd")


def code_figure(record: PretrainingRecord) -> Figure:
    """Return the map of codes."""
    codes, n = record.codes, record.widths[-1]
    points = [{"x": x, "y": y, "class": label} for x, y, label in zip(codes.x, codes.y, _labels(codes), strict=True)]
    names = _names(codes)
    how = {"codes": "as they are", "pca": "by PCA of the codes", "t-sne": "by t-SNE"}[codes.method]
    shown = "" if n <= 2 else f", from {n} numbers to 2 {how}"
    title = f"Codes of {len(codes.x):,} test {thing(record)}s{shown}"
    note = words(_what_colors_are(record) if codes.labels else "", _what_axes_are(codes))
    spec = draw(_cloud(codes), title, [*points, *names])
    return Figure(name="codes", title=title, spec=spec, note=note)


def _labels(codes: CodeMap) -> list[str]:
    return list(codes.labels) or [""] * len(codes.x)


def _what_colors_are(record: PretrainingRecord) -> str:
    if learned_labels(record):
        return f"Colors are classes, which the network learned from other {thing(record)}s."
    return "Classes were never shown to the network; they only color the points."


def _what_axes_are(codes: CodeMap) -> str:
    if codes.method == "t-sne":
        return "t-SNE keeps neighbors together; distances between groups and sizes of groups say little."
    if codes.method == "pca" and codes.explained is not None:
        return f"The two directions hold {numbers.share(codes.explained)} of the codes' variance."
    return ""


def _names(codes: CodeMap) -> list[Row]:
    """Return the name of each class, at the median of its points."""
    found: list[Row] = []
    for name in sorted(set(codes.labels)):
        places = [(x, y) for x, y, label in zip(codes.x, codes.y, codes.labels, strict=True) if label == name]
        x, y = (median(one) for one in zip(*places, strict=True))
        found.append({"x": x, "y": y, "name": name, "class": name})
    return found


def _cloud(codes: CodeMap) -> Layered:
    import altair as alt

    base = alt.Chart(alt.NamedData(name="rows"))
    titles = _axis_titles(codes)
    x, y = (
        channel(f"{name}:Q", scale=alt.Scale(zero=False), axis=alt.Axis(title=title, tickCount=5, grid=False))
        for channel, name, title in zip((alt.X, alt.Y), "xy", titles, strict=True)
    )
    classes = sorted(set(codes.labels)) or [""]
    colors = [color(k) if k < 8 else FURTHER[(k - 8) % len(FURTHER)] for k in range(len(classes))]
    fill = alt.Color("class:N", scale=alt.Scale(domain=classes, range=colors), legend=None)
    tips = [alt.Tooltip("class:N", title="class")] if codes.labels else []
    dots = base.transform_filter("!isValid(datum.name)").mark_circle(size=_dot(codes), opacity=0.6)
    name = base.transform_filter("isValid(datum.name)")
    halo = name.mark_text(fontSize=17, fontWeight=700, stroke="var(--panel)", strokeWidth=4, strokeJoin="round")
    text = name.mark_text(fontSize=17, fontWeight=700)
    names = [halo.encode(x, y, text="name:N"), text.encode(x, y, text="name:N", color=fill)]
    return alt.layer(dots.encode(x, y, color=fill, tooltip=tips), *names).properties(height=HEIGHT)


def _dot(codes: CodeMap) -> int:
    """Return the area of a point in square pixels: smaller where there are many."""
    return 18 if len(codes.x) > 1000 else 40


def _axis_titles(codes: CodeMap) -> tuple[str, str]:
    if codes.method == "codes":
        return "first number of the code", "second number of the code"
    word = "component of the codes" if codes.method == "pca" else "t-SNE coordinate, no unit"
    return f"first {word}", f"second {word}"
