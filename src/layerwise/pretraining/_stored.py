"""Rows that are at hand, and their codes, computed once for each layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput
from layerwise.pretraining._codes import codes_at
from layerwise.pretraining._examples import Examples, with_classes
from layerwise.pretraining._layers import Plan
from layerwise.pretraining._settings import LayerSettings
from layerwise.tracing import INPUT

MOST_JUDGED = 1000
"""Rows trained on that errors are read on, where none are held out. (All of 10,000 made training 28% longer.)"""

if TYPE_CHECKING:
    from layerwise.pretraining._layer_training import LayerTraining


class Stored:
    """Rows that are at hand, cut into those to train on and those that errors are read on.

    Args:
        model: The network.
        rows: All of them.
        share: Of those that errors are read on.
        generator: For the cut.
        memory: Bytes of codes up to which they are held in memory.
    """

    def __init__(
        self, model: nn.Module, rows: Examples, *, share: float, generator: torch.Generator, memory: int
    ) -> None:
        self._model, self._memory, self._labels = model, memory, rows.y
        order = torch.randperm(len(rows.x), generator=generator)
        n_held = round(share * len(rows.x))
        parts = order[n_held:], order[:n_held]
        self._inputs = [Examples(rows.x[own], None if rows.y is None else rows.y[own]) for own in parts]
        self.some, self.n_rows = self._inputs[0], len(parts[0])
        self._codes, self._at = [part.x for part in self._inputs], INPUT

    def settle(self, settings: Sequence[LayerSettings]) -> list[LayerSettings]:
        """Return the settings with the number of classes."""
        for one in settings:
            if one.steps is not None:
                raise InvalidInput(
                    "`steps` goes with a stream only",
                    got=one.steps,
                    cure="Rows at hand are passed over: give `epochs`.",
                )
        return [with_classes(one, self._labels) for one in settings]

    def told(self) -> list[Tensor]:
        """Return all rows and labels."""
        return [value for part in self._inputs for value in part if value is not None]

    def codes(self, plan: Plan, place: int, settings: LayerSettings) -> StoredCodes:
        """Return the codes at `place`: from those at hand if they are enough, else from the inputs."""
        if plan.used.between(self._at, place) is None:
            self._codes, self._at = [part.x for part in self._inputs], INPUT
        self._codes = [codes_at(self._model, plan, self._at, place, part, self._memory) for part in self._codes]
        self._at = place
        used, held_out = (Examples(code, part.y) for code, part in zip(self._codes, self._inputs, strict=True))
        most = MOST_JUDGED if settings.patience is None else None  # a layer is never ended by some of its rows
        return StoredCodes(used, held_out if len(held_out.x) else used.first(most))

    def close(self) -> None:
        """Do nothing."""


class StoredCodes:
    """The codes that one layer reads.

    Args:
        used: Of the rows that it is trained on.
        judged: Of those that errors are read on.
    """

    def __init__(self, used: Examples, judged: Examples) -> None:
        self.some, self.judged = used, judged

    def epoch(self, training: LayerTraining) -> Tensor:
        """Train on every row once, in a new order."""
        return training.epoch(*self.some)

    def for_machine(self, _: LayerTraining) -> Tensor:
        """Return all rows."""
        return self.some.x.flatten(1)
