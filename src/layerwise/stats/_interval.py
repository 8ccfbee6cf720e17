"""What an estimate comes with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the ends of its confidence interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Paired:
    """A difference between pairs: the estimate, its confidence interval, a two-sided p-value, the number of pairs."""

    difference: float
    low: float
    high: float
    p_value: float
    n: int
