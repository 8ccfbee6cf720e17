"""Some of the machines of a population, and what they learn from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from layerwise.pretraining.rbm._centering import Offsets
from layerwise.pretraining.rbm._step import Step

if TYPE_CHECKING:
    from layerwise.pretraining._processes import Processes
    from layerwise.pretraining.rbm._layers import Layers
    from layerwise.pretraining.rbm._settings import RBMTraining

_OFFSET_ROWS = 1000
"""Rows whose means the offsets start at: the first of the data."""

_BLOCK = 65_536
"""Numbers that are gathered at a time, 256 KiB, which stay in cache: for a small batch alone, a call costs as much as a
product of one small machine."""


class Means(NamedTuple):
    """What machines are trained with.

    Attributes:
        settings: How.
        sources: Where order and draws come from, one for each machine.
        pool: Quiet threads, in which everything is computed.
        second: Where a large step may use a second thread; None: nowhere.
        together: The processes that share every batch.
    """

    settings: RBMTraining
    sources: Sequence[torch.Generator]
    pool: Executor
    second: Executor | None
    together: Processes


class Part:
    """Trains `layers` in place, on batches of `size` rows.

    `first`, [1 or seed, row, visible], are rows that centering starts at.
    """

    def __init__(self, layers: Layers, first: Tensor, size: int, means: Means) -> None:
        settings = self._settings = means.settings
        self._step = Step(layers, size, settings, means.sources, means.second, means.together)
        if settings.centering:
            self._step.offsets = Offsets.start(layers, first[:, :_OFFSET_ROWS], settings.offset_rate)

    def begin(self, epoch: int) -> None:
        """Set what changes from epoch to epoch, the first of which is 1."""
        self._step.momentum = self._settings.momentum_at(epoch)

    def learn(self, rows: Tensor) -> None:
        """Make a step on `rows`, [1 or seed, row, visible]."""
        self._step(rows)

    def state(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, but the machines themselves."""
        return self._step.state()

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._step.load_state(state)


def shuffled(rows: Tensor, size: int, sources: Sequence[torch.Generator]) -> Iterator[Tensor]:
    """Yield batches of `rows`, [1 or seed, row, visible], in an order of each machine's own; a last, shorter one waits
    for another epoch.
    """
    n, width = rows.shape[1:]
    flat = rows.flatten(0, 1)
    order = torch.stack([torch.randperm(n, generator=g, device=flat.device) for g in sources])
    if len(rows) > 1:
        order += n * torch.arange(len(rows), device=flat.device).unsqueeze(1)
    n_batches = max(1, _BLOCK // (len(order) * size * width))
    for places in order[:, : n - n % size].split(n_batches * size, 1):
        yield from flat.index_select(0, places.flatten()).view(*places.shape, width).split(size, 1)
