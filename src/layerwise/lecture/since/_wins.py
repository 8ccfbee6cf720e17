"""Which of several pairs the second arm wins, and what that says of a claim that newer is better."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from layerwise.records import ClaimVerdict
from layerwise.stats import Paired

LEVEL = 0.05
Pair = tuple[str, str]


@dataclass(frozen=True)
class Wins:
    """What became of pairs (old, new), where less is better.

    Attributes:
        won, lost: the pairs whose second arm has significantly less, or more.
        open: the others.
        found: all differences, first minus second.
    """

    won: tuple[Pair, ...]
    lost: tuple[Pair, ...]
    open: tuple[Pair, ...]
    found: Mapping[Pair, Paired]

    @property
    def verdict(self) -> ClaimVerdict:
        """Holds if every pair is won, holds if some are, does not hold if none is."""
        if not self.won:
            return "does not hold"
        return "holds if" if self.lost or self.open else "holds"

    @property
    def largest(self) -> tuple[str, Paired]:
        """The second arm with the largest gain, and that gain."""
        pair = max(self.found, key=lambda one: self.found[one].difference)
        return pair[1], self.found[pair]

    def among(self, word: str) -> Wins:
        """Return those pairs whose second arm has `word` in its name."""
        return wins({pair: one for pair, one in self.found.items() if word in pair[1]})

    def told(self, say: Callable[[str, str], str] = lambda _, new: new) -> str:
        """Say what was won, lost and left open; `say` makes words of the old arm and the new."""
        parts = {"better": self.won, "worse": self.lost, "no difference shown": self.open}
        said = [f"{word}: {', '.join(say(*pair) for pair in pairs)}" for word, pairs in parts.items() if pairs]
        return f"{'; '.join(said)}."


def wins(found: Mapping[Pair, Paired]) -> Wins:
    """Return who won, from differences first - second with corrected p-values.

    Example:
        >>> wins({("a", "b"): Paired(1.0, 0.5, 1.5, 0.01, 20), ("a", "c"): Paired(0.1, -0.1, 0.3, 0.4, 20)}).told()
        'better: b; no difference shown: c.'
    """
    clear = {pair: one.difference for pair, one in found.items() if one.p_value < LEVEL}
    return Wins(
        won=tuple(pair for pair, gain in clear.items() if gain > 0),
        lost=tuple(pair for pair, gain in clear.items() if gain < 0),
        open=tuple(pair for pair in found if pair not in clear),
        found=found,
    )
