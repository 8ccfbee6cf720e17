"""Batches in random order, for some of the machines of a population."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import torch
from torch import Tensor

from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining.rbm._centering import Offsets
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._settings import RBMTraining
from layerwise.pretraining.rbm._step import Step

_OFFSET_ROWS = 1000
"""Rows whose means the offsets start at: the first of the data."""


class Epochs:
    """Trains `layers` in place on `rows`, [1 or seed, row, visible], an epoch at a time."""

    def __init__(
        self,
        layers: Layers,
        rows: Tensor,
        settings: RBMTraining,
        sources: Sequence[torch.Generator],
        pool: Executor | None,
        together: Processes = ALONE,
    ) -> None:
        self._rows, self._settings, self._sources = rows, settings, sources
        self._batch_size = min(settings.batch_size, rows.shape[1])
        self._step = Step(layers, self._batch_size, settings, sources, pool, together)
        if settings.centering:
            self._step.offsets = Offsets.start(layers, rows[:, :_OFFSET_ROWS], settings.offset_rate)

    def state(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, but the machines themselves."""
        return self._step.state()

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._step.load_state(state)

    def run(self, number: int, stop: threading.Event) -> None:
        """Go through all rows once, the first time with `number` 1, unless told to stop."""
        self._step.momentum = self._settings.momentum_at(number)
        n, size = self._rows.shape[1], self._batch_size
        flat = self._rows.flatten(0, 1)
        order = torch.stack([torch.randperm(n, generator=g, device=flat.device) for g in self._sources])
        if len(self._rows) > 1:
            order += n * torch.arange(len(self._rows), device=flat.device).unsqueeze(1)
        for start in range(0, n - size + 1, size):
            if stop.is_set():
                return
            rows = flat.index_select(0, order[:, start : start + size].flatten())
            self._step(rows.view(len(order), size, -1))
