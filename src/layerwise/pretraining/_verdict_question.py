"""What a verdict is asked about: labelled rows, and how they are cut and learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from layerwise._base import InvalidInput, child_seed, fraction, positive, positive_int
from layerwise.pretraining._supervised import Task


class Pools(NamedTuple):
    """Row numbers of each member, [seed, n]: what it trains on, what chooses its epoch, what it is judged on."""

    train: Tensor
    validation: Tensor
    test: Tensor


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a verdict is about: labelled rows, how they are cut, and how long networks may train."""

    x: Tensor
    y: Tensor
    task: Task
    n_outputs: int
    fractions: tuple[float, ...]
    epochs: int
    batch_size: int
    patience: int
    test: float
    validation: float
    learning_rates: tuple[float, ...]

    def __post_init__(self) -> None:
        positive_int("epochs", self.epochs)
        positive_int("batch_size", self.batch_size)
        positive_int("patience", self.patience)
        for rate in self.learning_rates:
            positive("learning_rates", rate)
        if not self.fractions or not all(0 < one <= 1 for one in self.fractions):
            raise InvalidInput("`fractions` must be shares of the labels, above 0 and at most 1", got=self.fractions)
        if fraction("test", self.test) + fraction("validation", self.validation) >= 1:
            raise InvalidInput("`test` and `validation` must leave rows to train on", got=self.test + self.validation)

    def n_labels(self, share: float) -> int:
        """Return the rows that are trained on at this share of the labels."""
        return max(2, round(share * (len(self.x) - sum(self._held))))

    def pools(self, share: float, seeds: Sequence[int]) -> Pools:
        """Return each seed's rows; those of a smaller share are among those of a larger one."""
        sources = (torch.Generator().manual_seed(child_seed(seed, "split")) for seed in seeds)
        order = torch.stack([torch.randperm(len(self.x), generator=source) for source in sources])
        n_test, n_validation = self._held
        first = n_test + n_validation
        return Pools(order[:, first : first + self.n_labels(share)], order[:, n_test:first], order[:, :n_test])

    def told(self) -> list[str]:
        """Return all but the rows in words, for a checkpoint."""
        return [f"{name}={value}" for name, value in vars(self).items() if name not in {"x", "y"}]

    @property
    def _held(self) -> tuple[int, int]:
        """Rows that are judged on, and those that choose epochs and rates."""
        return round(self.test * len(self.x)), round(self.validation * len(self.x))
