"""Axes: numbers on a logarithmic scale, and ranges with some air around them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerwise.report._typeset import superscript

if TYPE_CHECKING:
    import altair as alt

MOST_LABELS = 7
TINY, HUGE = 1e-300, 1e300  # what is smaller counts as 0; so near its limits a float cannot be divided any more
SHORTEST = 8  # below, an axis would have one label or none
SHORT = 500  # from the top to the bottom of an axis whose labels are plain numbers


@dataclass(frozen=True)
class LogAxis:
    """A logarithmic axis for the numbers above 0 of a sample; `floor` is where zeros are drawn.

    Example:
        >>> axis = LogAxis.over([1e-3, 0.5, 0.0, float("nan")])
        >>> axis.place(0.5), axis.place(0.0) == axis.floor, axis.place(float("nan")), axis.n_zeros
        (0.5, True, None, 1)
    """

    low: float
    high: float
    floor: float
    n_zeros: int

    @classmethod
    def over(cls, values: Iterable[float]) -> LogAxis:
        """Return the axis that holds every finite value; from 0.1 to 1 if none is above 0."""
        finite = [value for value in values if math.isfinite(value)]
        above = [min(value, HUGE) for value in finite if value >= TINY] or [0.1, 1.0]
        low, high, n_zeros = min(above), max(above), sum(value < TINY for value in finite)
        floor = max(low / 10, TINY) if n_zeros else low
        return cls(low=floor, high=high if high > floor else floor * 2, floor=floor, n_zeros=n_zeros)

    def place(self, value: float) -> float | None:
        """Return where `value` is drawn: itself, the floor for 0 and below, None for what is not finite."""
        if not math.isfinite(value):
            return None
        return min(value, HUGE) if value >= TINY else self.floor

    def scale(self) -> alt.Scale:
        """Return the scale."""
        import altair as alt

        air = math.exp(0.04 * (math.log(self.high) - math.log(self.low)))
        ends = [max(self.low / air, TINY / 2), min(self.high * air, HUGE * 2)]
        return alt.Scale(type="log", domain=ends, nice=False)

    def axis(self, title: str) -> alt.Axis:
        """Return the axis, labeled 0.1, 0.2, 0.5, 1 ... where it is short, and 10⁻³, 10⁻² ... where it is long."""
        import altair as alt

        powers = self._powers()
        if self.high / self.low < SHORT:
            exponents = range(math.floor(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            digits = (1, 2, 5) if self.high / self.low > SHORTEST else range(1, 10)
            values = [digit * 10.0**power for power in exponents for digit in digits]
            return alt.Axis(title=title, format="~g", values=values)
        labels = [f"10{superscript(power)}" for power in powers]
        chosen = f"{json.dumps(labels)}[indexof({json.dumps(powers)}, round(log(datum.value) / LN10))]"
        return alt.Axis(title=title, values=[10.0**power for power in powers], labelExpr=chosen)

    def note(self) -> str:
        """Return what the axis could not show."""
        if not self.n_zeros:
            return ""
        return "Zeros, which a logarithmic axis cannot hold, are drawn at its lower end."

    def _powers(self) -> Sequence[int]:
        powers = range(math.ceil(math.log10(self.low) - 0.02), math.floor(math.log10(self.high) + 0.02) + 1)
        return list(powers)[:: max(1, math.ceil(len(powers) / MOST_LABELS))]


@dataclass(frozen=True)
class LinearAxis:
    """A plain axis for the finite numbers of a sample; what lies below `lowest` is cut off."""

    low: float
    high: float
    lowest: float = -math.inf

    @classmethod
    def over(cls, values: Iterable[float], lowest: float = -math.inf) -> LinearAxis:
        """Return the axis that holds every finite value from `lowest` on; from 0 to 1 if there is none."""
        finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
        return cls(low=min(finite), high=max(*finite, lowest), lowest=lowest)

    def place(self, value: float) -> float | None:
        """Return where `value` is drawn: itself, None if it is not finite."""
        return value if math.isfinite(value) else None

    def scale(self) -> alt.Scale:
        """Return the scale."""
        import altair as alt

        return alt.Scale(domain=padded(max(self.low, self.lowest), self.high), nice=False, zero=False)

    def axis(self, title: str) -> alt.Axis:
        """Return the axis."""
        import altair as alt

        return alt.Axis(title=title, tickCount=5)

    def note(self) -> str:
        """Return what the axis does not show."""
        return f"What lies below {self.lowest:g} is cut off." if self.low < self.lowest else ""


def padded(low: float, high: float, share: float = 0.04) -> list[float]:
    """Return the range with `share` of its width added at both ends; a width of 0 is widened.

    Example:
        >>> padded(0.0, 1.0, share=0.5), padded(2.0, 2.0, share=0.0)
        ([-0.5, 1.5], [1.0, 3.0])
    """
    air = share * (high - low) if high > low else 0.5 * (abs(high) if abs(high) > TINY else 1.0)
    return [low - air, high + air]
