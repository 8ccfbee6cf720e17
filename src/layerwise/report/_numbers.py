"""How numbers are written, the same in the terminal and on the page."""

from __future__ import annotations

import math
from dataclasses import dataclass

from layerwise.records import ComparisonRecord, StudyRecord, Summary


@dataclass(frozen=True)
class Metric:
    """The score of a comparison: its name, and how its values are written."""

    name: str
    factor: float
    digits: int
    unit: str
    step: str

    def value(self, score: float) -> str:
        """Return `score` without its unit: "97.8", or "0.912" for R2."""
        return _fixed(self.factor * score, self.digits)

    def full(self, score: float) -> str:
        """Return `score` with its unit: "97.8%"."""
        return self.value(score) + (self.unit if math.isfinite(score) else "")

    def interval(self, summary: Summary) -> str:
        """Return "97.8 [97.5, 98.0]", or "-" if there is no number."""
        if math.isnan(summary.median):
            return "-"
        return f"{self.value(summary.median)} [{self.value(summary.low)}, {self.value(summary.high)}]"

    def difference(self, score: float) -> str:
        """Return a difference of scores, always with its sign: "+0.9"."""
        text = self.value(score)
        return text if text.startswith("-") or not math.isfinite(score) else f"+{text}"


def metric_of(record: ComparisonRecord | StudyRecord) -> Metric:
    """Return how the scores of `record` are written: accuracy in per cent, R2 as it is."""
    if record.metric == "trained":
        return Metric(name="share of seeds that trained", factor=100.0, digits=1, unit="%", step="points")
    name = record.metric.replace("n_", "number of ").replace("_", " ")
    if "accuracy" in record.metric:
        return Metric(name=name, factor=100.0, digits=1, unit="%", step="points")
    return Metric(name=name.replace("r2", "R2"), factor=1.0, digits=3, unit="", step="")


def significant(value: float, digits: int = 3) -> str:
    """Return `value` in so many significant digits: "0.03", "2.7e-13", "nan".

    Example:
        >>> significant(0.0300001), significant(2.71e-13), significant(12345.0)
        ('0.03', '2.71e-13', '12,345')
    """
    if math.isfinite(value) and 1000 <= abs(value) < 10**6:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def steps(value: float) -> str:
    """Return a number of updates, "never" if it is infinite."""
    return "never" if math.isinf(value) else _fixed(value, 0)


def seconds(value: float) -> str:
    """Return a time in seconds: one decimal below 100."""
    return _fixed(value, 1 if value < 100 else 0)


def p_value(value: float) -> str:
    """Return a p-value: "0.034", "0.0004", "<0.0001".

    Example:
        >>> p_value(0.034), p_value(0.00041), p_value(1e-9)
        ('0.034', '0.0004', '<0.0001')
    """
    if value < 0.0001:
        return "<0.0001"
    return _fixed(value, 3 if value >= 0.001 else 4)


def p_is(value: float) -> str:
    """Return how a p-value stands in a sentence after "p": "= 0.034", "< 0.0001".

    Example:
        >>> p_is(0.034), p_is(1e-9)
        ('= 0.034', '< 0.0001')
    """
    text = p_value(value)
    return f"< {text[1:]}" if text.startswith("<") else f"= {text}"


def share(part: float) -> str:
    """Return a share in whole per cent: "93%"."""
    return f"{_fixed(100 * part, 0)}%"


def _fixed(value: float, digits: int) -> str:
    if math.isnan(value):
        return "-"
    if abs(value) >= 10**5:  # a diverged regression: its decimals say nothing, and would tear the table
        return f"{value:.1e}"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text
