"""What `fit` returns: the runs, and the trained networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerwise.population._stack import Stack, unstack
from layerwise.records import Histogram, Run

if TYPE_CHECKING:
    import pandas as pd
    from torch import nn


class Fit:
    """A thin object around the runs of a population and its trained networks.

    Attributes:
        runs: one for each member that ended, in the order recipes x seeds.
        n_planned: members asked for; more than `len(runs)` only where training was interrupted.
        seconds: wall time.
        device: where it ran.
        histograms: activations by layer at the first and last reading, for each run.
    """

    def __init__(
        self,
        runs: Sequence[Run],
        *,
        n_planned: int,
        seconds: float,
        device: str,
        histograms: Sequence[tuple[Histogram, ...]],
        stacks: Sequence[tuple[list[int], Stack]] = (),
    ) -> None:
        self.runs = tuple(runs)
        self.n_planned = n_planned
        self.seconds = seconds
        self.device = device
        self.histograms = tuple(histograms)
        self._stacks = stacks
        self._models: list[nn.Module] | None = None

    @property
    def interrupted(self) -> bool:
        """Whether it was stopped before every member had ended."""
        return len(self.runs) < self.n_planned

    @property
    def models(self) -> list[nn.Module]:
        """The trained networks as ordinary modules in eval mode, in the order of `runs`; empty if not kept."""
        if self._models is None:
            found: dict[int, nn.Module] = {}
            for places, stacked in self._stacks:
                found.update(zip(places, unstack(stacked.eval()), strict=True))
            self._models = [found[place] for place in sorted(found)]
        return self._models

    def frame(self) -> pd.DataFrame:
        """Return one row a run: recipe, seed, learning rate, status, steps, seconds and every score."""
        import pandas as pd

        rows = [
            {
                "recipe": run.recipe,
                "seed": run.seed,
                "learning_rate": run.learning_rate,
                "status": run.status,
                "n_steps": run.n_steps,
                "seconds": run.seconds,
                **run.scores,
            }
            for run in self.runs
        ]
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        ended = f"{len(self.runs)} of {self.n_planned} runs" if self.interrupted else f"{len(self.runs)} runs"
        return f"Fit({ended} in {self.seconds:.1f} s on {self.device})"
