"""What a claim is shown on: data, seeds, sizes; and the one door to training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from layerwise._base import child_seed
from layerwise.population import Fit, Progress, fit
from layerwise.pretraining import prepare
from layerwise.studies import Comparison, compare

if TYPE_CHECKING:
    from layerwise.data import Data
    from layerwise.models import Recipe

Listener = Callable[[float], None]
"""Told the share of a claim that is done, from 0 to 1."""


@dataclass(frozen=True)
class Ground:
    """What a claim is shown on.

    Attributes:
        data: of the experiments.
        seeds: for each experiment; None leaves it to the claim.
        full: whether sizes are those of the papers.
        device: where networks are trained.
        listener: told how far the claim is.
        root: of everything random.
    """

    data: Data
    seeds: int | None = None
    full: bool = False
    device: str = "cpu"
    listener: Listener | None = field(default=None, compare=False)
    root: int = 0

    def n_seeds(self, usual: int = 20) -> int:
        """Return the seeds of an experiment: those asked for, or `usual`."""
        return usual if self.seeds is None else self.seeds

    def generator(self, name: str) -> torch.Generator:
        """Return a generator of its own for whatever `name` stands for, the same in every run."""
        return torch.Generator().manual_seed(child_seed(self.root, name))

    def rng(self, name: str) -> np.random.Generator:
        """Return the same for numpy, which `layerwise.stats` draws with."""
        return np.random.default_rng(child_seed(self.root, name))

    def fit(
        self,
        recipes: Recipe | Sequence[Recipe],
        seeds: int | Sequence[int],
        *,
        data: Any = None,
        part: tuple[float, float] = (0.0, 1.0),
        **options: Any,
    ) -> Fit:
        """Train every recipe with every seed as `layerwise.fit` does, recipes with a pre-training too.

        Args:
            recipes: one or several.
            seeds: how many, or which.
            data: other than the ground's own.
            part: from where to where of the claim's progress this training takes.
            options: those of `layerwise.fit`.
        """
        ground = self.data if data is None else data
        usual: dict[str, Any] = {"prepare": prepare, "keep_models": False, "probe_every": 0, "device": self.device}
        found = fit(recipes, ground, seeds, progress=self._share(part), **(usual | options))
        if found.interrupted:  # what ended is too little to judge a claim by
            raise KeyboardInterrupt
        return found

    def compare(
        self,
        recipes: Sequence[Recipe],
        seeds: int,
        *,
        data: Any = None,
        part: tuple[float, float] = (0.0, 1.0),
        **options: Any,
    ) -> Comparison:
        """Train every recipe at its own best learning rate, as `layerwise.compare` does."""
        told = self._share(part)

        def listener(stage: Any) -> None:
            half = 0.0 if stage.phase == "search" else 0.5
            told(stage.progress, half)

        ground = self.data if data is None else data
        return compare(recipes, ground, seeds=seeds, device=self.device, progress=listener, **options)

    def tell(self, share: float) -> None:
        """Report that `share` of the claim is done."""
        if self.listener is not None:
            self.listener(share)

    def _share(self, part: tuple[float, float]) -> Callable[..., None]:
        start, end = part

        def told(progress: Progress, half: float | None = None) -> None:
            done = progress.done / progress.total if progress.total else 1.0
            if half is not None:
                done = half + done / 2
            self.tell(start + (end - start) * done)

        return told
