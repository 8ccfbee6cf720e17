"""What trains the populations of a comparison: those of its search, and the one that is reported."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from layerwise.data import Data
from layerwise.models import Recipe
from layerwise.population import Fit, Prepare, Progress, fit
from layerwise.pretraining import prepare
from layerwise.records import Run
from layerwise.studies._joined import Heard, Joined
from layerwise.studies._once import Once
from layerwise.studies._search import better_half, n_better, screening

if TYPE_CHECKING:
    import torch


class Stage(NamedTuple):
    """What a listener is told: the phase (`search`, then `final`), the chosen rates, the population's progress."""

    phase: str
    rates: dict[str, float]
    progress: Progress


Listener = Callable[[Stage], None]
Progressive = Listener | bool


class Trainer:
    """Runs populations on one ground, and tells the listener how far they are."""

    def __init__(self, data: Data, device: str | torch.device, chunk_size: int | None, progress: Progressive) -> None:
        self._data = data
        self._device = device
        self._chunk_size = chunk_size
        self._progress = progress
        self.rates: dict[str, float] = {}

    def final(self, recipes: Sequence[Recipe], seeds: int | Sequence[int]) -> Fit:
        """Train what is reported."""
        return self._fit(recipes, seeds, prepare, None, self._heard("final"))

    def search(self, grid: Mapping[str, list[Recipe]], seeds: Sequence[int]) -> dict[str, list[Run]]:
        """Train the candidates of each arm: all with some seeds, then the better half of them with the others."""
        first, rest = screening(seeds)
        tried = [recipe for several in grid.values() for recipe in several]
        n_left = sum(n_better(len(several)) for several in grid.values())
        joined = Joined(self._heard("search"), [len(tried) * len(first), n_left * len(rest)])
        runs = self._searched(tried, first, joined.next())
        if rest:
            left = [recipe for name, several in grid.items() for recipe in better_half(several, runs[name])]
            for name, more in self._searched(left, rest, joined.next()).items():
                runs[name] += more
        return runs

    def _searched(self, recipes: Sequence[Recipe], seeds: Sequence[int], heard: Heard) -> dict[str, list[Run]]:
        found = self._fit(recipes, seeds, Once(prepare), 0, heard)
        if found.interrupted:
            raise KeyboardInterrupt
        return by_recipe(found)

    def _heard(self, phase: str) -> Heard:
        listener = self._progress
        return listener if isinstance(listener, bool) else lambda p: listener(Stage(phase, self.rates, p))

    def _fit(
        self, recipes: Sequence[Recipe], seeds: int | Sequence[int], prepared: Prepare, probe: int | None, heard: Heard
    ) -> Fit:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # an interruption is in the record
            return fit(
                recipes,
                self._data,
                seeds,
                prepare=prepared,
                probe_every=probe,
                device=self._device,
                chunk_size=self._chunk_size,
                keep_models=False,
                progress=heard,
            )


def by_recipe(fitted: Fit) -> dict[str, list[Run]]:
    """Return the runs of each recipe, by its name."""
    runs: dict[str, list[Run]] = {}
    for run in fitted.runs:
        runs.setdefault(run.recipe, []).append(run)
    return runs
