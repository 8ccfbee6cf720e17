"""One chart with its words: what it shows, and what was left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

    Layered = alt.LayerChart | alt.FacetChart  # what altair's types say of layers with a parameter; none is a facet

Row = Mapping[str, object]
Spec = dict[str, Any]

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
# Colors are names of the page's style sheet, so that light, dark and print need no second drawing.
CONFIG: Spec = {
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "domainColor": "var(--line-strong)",
        "gridColor": "var(--line)",
        "tickColor": "var(--line-strong)",
        "labelColor": "var(--muted)",
        "titleColor": "var(--muted)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "titlePadding": 8,
        "labelPadding": 4,
    },
    "text": {"color": "var(--ink)", "fontSize": 12},
    "rule": {"color": "var(--muted)"},
}


@dataclass(frozen=True)
class Figure:
    """One chart of the page.

    Attributes:
        name: unique on the page; letters, digits and hyphens.
        title: what it shows.
        spec: Vega-Lite, with its data.
        note: how to read it, and what could not be drawn.
        arm: place of the arm that the whole figure belongs to, if it belongs to one.
    """

    name: str
    title: str
    spec: Spec
    note: str = ""
    arm: int | None = None

    @property
    def height(self) -> int:
        """Pixels to hold free until it is drawn, so that the page does not jump."""
        return int(self.spec["height"]) + 45


def draw(chart: Layered, title: str, rows: Iterable[Row]) -> Spec:
    """Return `chart` as a specification that fills its container's width, holds `rows` and says `title` aloud.

    It is not validated here: that took a second for the page of six arms. The tests validate every figure.
    """
    spec: Spec = chart.properties(width="container", description=title).to_dict(validate=False)
    for name in (
        "$schema",
        "config",
        "usermeta",
    ):  # the page has one configuration; a user's own altair theme has no say
        spec.pop(name, None)
    return {**spec, "data": {"name": "rows"}, "datasets": {"rows": [compact(row) for row in rows]}}


def compact(row: Row) -> dict[str, object]:
    """Return `row` with floats of four significant digits, and None for what is no number.

    Example:
        >>> compact({"arm": "a", "value": 0.123456, "low": float("nan")})
        {'arm': 'a', 'value': 0.1235, 'low': None}
    """
    return {key: _short(value) if isinstance(value, float) else value for key, value in row.items()}


def words(*sentences: str) -> str:
    """Return the sentences that are not empty, joined."""
    return " ".join(sentence for sentence in sentences if sentence)


def _short(value: float) -> float | int | None:
    if not math.isfinite(value):
        return None
    short = float(f"{value:.4g}")
    return int(short) if short.is_integer() and abs(short) < 10**9 else short
