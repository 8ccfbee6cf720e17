"""How much errors spread over seeds at one depth, in two arms, and which of them is the more robust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from layerwise.records import ClaimVerdict
from layerwise.stats import Interval, wilson_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.05
Winner = Literal["with", "without", "neither"]


@dataclass(frozen=True)
class Spread:
    """Test errors in percent, by seed, with and without pre-training.

    Attributes:
        p_value: of equal spreads (Brown-Forsythe), corrected for the number of such tests.
        halfway: the error below which a seed counts as trained; 45% for ten classes.
    """

    name: str
    with_it: tuple[float, ...] = field(repr=False)
    without: tuple[float, ...] = field(repr=False)
    p_value: float = 1.0
    halfway: float = 45.0

    @property
    def shares(self) -> tuple[Interval, Interval]:
        """The shares of seeds that train, with and without."""
        return self._trained(self.with_it), self._trained(self.without)

    def _trained(self, errors: Sequence[float]) -> Interval:
        return wilson_interval(sum(error < self.halfway for error in errors), len(errors))

    @property
    def both_train(self) -> bool:
        """Whether at least half of the seeds of both arms do: errors of networks that guess have no spread to tell."""
        return min(share.estimate for share in self.shares) >= 0.5

    @property
    def winner(self) -> Winner:
        """Which is more robust: more of its seeds train; or else, where both train, its errors lie closer together."""
        with_it, without = self.shares
        if with_it.low > without.high or without.low > with_it.high:
            return "with" if with_it.low > without.high else "without"
        if not self.both_train or self.p_value >= LEVEL:
            return "neither"
        return "with" if deviations(self.with_it).mean() < deviations(self.without).mean() else "without"


def deviations(errors: Sequence[float]) -> NDArray[np.float64]:
    """Return how far each seed is from the median: what the Brown-Forsythe test compares the means of."""
    return np.abs(np.asarray(errors) - np.median(errors))


def decide(classic: Sequence[Spread], modern: Sequence[Spread]) -> ClaimVerdict:
    """Return the verdict from networks of two layers and more, of then and of now.

    It holds if pre-training wins everywhere; where it wins somewhere and is beaten nowhere, it holds if.
    """
    winners = [one.winner for one in (*classic, *modern)]
    if "without" in winners or "with" not in winners:
        return "does not hold"
    return "holds" if set(winners) == {"with"} else "holds if"
