"""Lines with bands, one per arm, and the reading nearest to the pointer."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerwise.report import _numbers as numbers
from layerwise.report._charts._figure import Row
from layerwise.report._charts._palette import arm_color, arm_dash, faded, focus
from layerwise.report._charts._scales import LinearAxis, LogAxis
from layerwise.report._typeset import typeset

if TYPE_CHECKING:
    import altair as alt

    from layerwise.records import ComparisonRecord
    from layerwise.report._charts._figure import Layered

HEIGHT = 270


@dataclass(frozen=True)
class Reading:
    """What an arm's seeds read at one place along the bottom: the median, and the 10th and 90th percentile."""

    arm: str
    x: float | str
    place: str
    median: float
    low: float = math.nan
    high: float = math.nan
    extra: str = ""

    @property
    def values(self) -> tuple[float, float, float]:
        """The three numbers."""
        return self.median, self.low, self.high

    def row(self, axis: LinearAxis | LogAxis) -> Row:
        """Return the reading as a row of data, its numbers where `axis` draws them, and as they are in words."""
        median, low, high = map(axis.place, self.values)
        said = typeset(numbers.significant(self.median))
        if math.isfinite(self.low) and math.isfinite(self.high):
            said += typeset(f" ({numbers.significant(self.low)} to {numbers.significant(self.high)})")
        drawn = {"median": median, "low": low, "high": high}
        return {"arm": self.arm, "x": self.x, "place": self.place, **drawn, "said": said + self.extra}

    def predicted_row(self, axis: LinearAxis | LogAxis) -> Row:
        """Return the reading as a row of data for `cross_chart`."""
        said = typeset(numbers.significant(self.median))
        return {"arm": self.arm, "x": self.x, "place": self.place, "predicted": axis.place(self.median), "said": said}


def axis_over(readings: Iterable[Reading], *, logarithmic: bool, lowest: float = -math.inf) -> LinearAxis | LogAxis:
    """Return the vertical axis that holds all `readings`."""
    values = [value for reading in readings for value in reading.values]
    return LogAxis.over(values) if logarithmic else LinearAxis.over(values, lowest)


def line_chart(
    record: ComparisonRecord,
    x: alt.X,
    axis: LinearAxis | LogAxis,
    label: str,
    place: str,
    *,
    dots: bool,
    extra: Sequence[alt.Chart] = (),
) -> Layered:
    """Return lines through the medians, with bands, for the rows of `Reading`s.

    Args:
        record: whose arms give the colors.
        x: the encoding along the bottom.
        axis: along the side.
        label: the quantity in words, and
        place: what its place along the bottom is called, for axis and tooltip.
        dots: show every reading, not only the one under the pointer.
        extra: further layers, on top.
    """
    import altair as alt

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=axis.scale(), axis=axis.axis(label))

    measured = alt.Chart(alt.NamedData(name="rows")).transform_filter("!isValid(datum.predicted)")
    base = measured.encode(x, color=arm_color(record))
    tips = [alt.Tooltip("arm:N", title="arm"), alt.Tooltip("place:N", title=place), alt.Tooltip("said:N", title=label)]
    # Not `nearest=True`: Vega-Lite 6.4 then says "undefined" in the tooltip. A broad unseen stroke is easy to hit too.
    near = alt.selection_point(name="near", on="pointerover", clear="pointerout", empty=False)
    shown = faded(1.0) if dots else alt.condition(near, alt.value(1), alt.value(0.001))
    band = base.mark_area(clip=True).encode(y("low"), y2="high:Q", opacity=faded(0.16, 0.02))
    line = base.mark_line(strokeWidth=2.2, clip=True).encode(
        y("median"), strokeDash=arm_dash(record), opacity=faded(1.0)
    )
    marks = base.mark_circle(size=44, stroke="transparent", strokeWidth=14, clip=True)
    points = marks.encode(y("median"), opacity=shown, tooltip=tips).add_params(near)
    return alt.layer(band, line, points, *extra).add_params(focus()).properties(height=HEIGHT)


def cross_chart(record: ComparisonRecord, x: alt.X, axis: LinearAxis | LogAxis, label: str, place: str) -> alt.Chart:
    """Return crosses for the predicted rows, to be laid over `line_chart`."""
    import altair as alt

    tips = [
        alt.Tooltip("arm:N", title="arm"),
        alt.Tooltip("place:N", title=place),
        alt.Tooltip("said:N", title=f"{label}, predicted"),
    ]
    y = alt.Y("predicted:Q", scale=axis.scale(), axis=axis.axis(label))
    base = alt.Chart(alt.NamedData(name="rows")).transform_filter("isValid(datum.predicted)")
    crosses = base.mark_point(shape="M-1,-1L1,1M-1,1L1,-1", size=50, strokeWidth=1.6, clip=True)
    drawn: alt.Chart = crosses.encode(x, y, color=arm_color(record), opacity=faded(1.0), tooltip=tips)
    return drawn
