"""Where an interval lies: on one side of a bound, on the other, or on both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from layerwise.records import ClaimVerdict
from layerwise.stats import Interval, Paired, median_interval


class Sided(NamedTuple):
    """A median with its interval, and whether it lies below a bound: None where the interval holds the bound."""

    interval: Interval
    below: bool | None

    @property
    def above(self) -> bool | None:
        """Whether it lies above the bound."""
        return None if self.below is None else not self.below


def sided(values: Sequence[float], bound: float) -> Sided:
    """Return the median of `values`, one for each seed, and on which side of `bound` its 95% interval lies.

    Example:
        >>> sided([0.1, 0.2, 0.1, 0.3, 0.2, 0.1, 0.2], 0.5).below
        True
        >>> sided([0.1, 0.9, 0.1, 0.9, 0.2, 0.8, 0.5], 0.5).below is None
        True
    """
    found = median_interval(values)
    return Sided(found, True if found.high < bound else False if found.low > bound else None)


def larger(pair: Paired) -> bool | None:
    """Return whether the first of a pair is larger than the second; None where the 95% interval holds 0.

    Example:
        >>> larger(Paired(1.0, 0.5, 1.5, 0.01, 20)), larger(Paired(1.0, -0.5, 2.5, 0.3, 20))
        (True, None)
    """
    return True if pair.low > 0 else False if pair.high < 0 else None


def verdict(needed: Iterable[bool | None], everywhere: Iterable[bool | None]) -> ClaimVerdict:
    """Return the verdict on a claim that needs some things, and holds everywhere only with some more.

    Example:
        >>> verdict([True, True], [True]), verdict([True], [False]), verdict([True, False], [True])
        ('holds', 'holds if', 'does not hold')
        >>> verdict([True, None], [False])
        'undecided'
    """
    must, more = list(needed), list(everywhere)
    if False in must:
        return "does not hold"
    if None in must or (None in more and False not in more):
        return "undecided"
    return "holds if" if False in more else "holds"
