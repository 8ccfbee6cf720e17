"""What a claim is shown on: data, seeds, sizes; and the one door to training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from layerwise._base import child_seed
from layerwise.data import load
from layerwise.lecture._trained import Trained, can_be_kept
from layerwise.models import Recipe
from layerwise.population import Fit, fit
from layerwise.pretraining import prepare
from layerwise.studies import with_loss_for

if TYPE_CHECKING:
    from layerwise.data import Data
    from layerwise.population import Progress
    from layerwise.studies.study import StudyProgress

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
        options: of the command line that choose the data; "" for digits.
        trained: keeps what is trained; None: nothing does.
    """

    data: Data
    seeds: int | None = None
    full: bool = False
    device: str = "cpu"
    listener: Listener | None = field(default=None, compare=False)
    root: int = 0
    options: str = ""
    trained: Trained | None = field(default=None, compare=False)

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
        stage: str = "",
        **options: Any,
    ) -> Fit:
        """Train every recipe with every seed as `layerwise.fit` does, recipes with a pre-training too.

        Where records are all that is asked for, with neither `keep_models` nor `observe`, they are kept as a study,
        chunk by chunk, if the ground keeps what is trained.

        Args:
            recipes: one or several; their loss becomes the usual one where it is not for such data.
            seeds: how many, or which.
            data: other than the ground's own.
            part: from where to where of the claim's progress this training takes.
            stage: of the claim, where it trains more than once.
            options: those of `layerwise.fit`.
        """
        ground = self.data if data is None else load(data)
        several = with_loss_for([recipes] if isinstance(recipes, Recipe) else recipes, ground)
        usual: dict[str, Any] = {"prepare": prepare, "keep_models": False, "probe_every": 0, "device": self.device}
        asked = usual | options
        told = self._share(part)
        if self.trained is not None and can_be_kept(asked):
            wanted = range(seeds) if isinstance(seeds, int) else seeds
            return self.trained.fit(several, ground, wanted, asked, stage=stage, progress=told)
        found = fit(several, ground, seeds, progress=told, **asked)
        if found.interrupted:  # what ended is too little to judge a claim by
            raise KeyboardInterrupt
        return found

    def tell(self, share: float) -> None:
        """Report that `share` of the claim is done."""
        if self.listener is not None:
            self.listener(share)

    def _share(self, part: tuple[float, float]) -> Callable[[Progress | StudyProgress], None]:
        start, end = part

        def told(progress: Progress | StudyProgress) -> None:
            self.tell(start + (end - start) * (progress.done / progress.total if progress.total else 1.0))

        return told
