"""Epochs of training: over stored rows in random order, or over batches that are read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from layerwise.pretraining.rbm._batches import Batches, Cutter
from layerwise.pretraining.rbm._part import Means, Part, shuffled

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from layerwise.pretraining.rbm._layers import Layers

TOGETHER = 10
"""Machines that are trained as one batch; each such batch is one thread's."""


class Epochs(Protocol):
    """Trains machines in place."""

    def run(self, number: int) -> None:
        """Train through one epoch, the first with `number` 1."""

    def state(self) -> list[Any]:
        """Return all that the next epoch depends on, but the machines themselves."""

    def load_state(self, state: Sequence[Any]) -> None:
        """Go on from what `state` returned."""


class Stored:
    """Epochs over `rows`, [row, visible] or [seed, row, visible], of which every machine has an order of its own.

    Each part of the machines is trained in one thread of `pool`; a part that is alone may use a second one.
    """

    def __init__(self, layers: Layers, rows: Tensor, means: Means) -> None:
        by_seed = rows.unsqueeze(0) if rows.ndim == 2 else rows
        self._pool, self._size = means.pool, min(means.settings.batch_size, by_seed.shape[1])
        places = [slice(start, start + TOGETHER) for start in range(0, len(means.sources), TOGETHER)]
        self._sources = [means.sources[place] for place in places]
        self._rows = [by_seed[place] if len(by_seed) > 1 else by_seed for place in places]
        self._parts = [
            Part(layers.part(place), own, self._size, means._replace(sources=sources))
            for place, own, sources in zip(places, self._rows, self._sources, strict=True)
        ]

    def run(self, number: int) -> None:
        stop = threading.Event()
        try:
            each = zip(self._parts, self._rows, self._sources, strict=True)
            for done in [self._pool.submit(self._pass, number, *one, stop) for one in each]:
                done.result()
        finally:
            stop.set()

    def _pass(
        self, number: int, part: Part, rows: Tensor, sources: Sequence[torch.Generator], stop: threading.Event
    ) -> None:
        part.begin(number)
        for batch in shuffled(rows, self._size, sources):
            if stop.is_set():
                return
            part.learn(batch)

    def state(self) -> list[Any]:
        return [part.state() for part in self._parts]

    def load_state(self, state: Sequence[Any]) -> None:
        for part, value in zip(self._parts, state, strict=True):
            part.load_state(value)


class Read:
    """Epochs over `batches`, the same for every machine, each made here and used once.

    They are read in this thread, and used in one of `pool`, whose operations don't wait for threads.
    """

    def __init__(self, layers: Layers, batches: Batches, means: Means) -> None:
        self._pool, self._batches, self._cutter = means.pool, batches, Cutter(batches.size)
        self._part = Part(layers, batches.first.unsqueeze(0), batches.size, means)

    def run(self, number: int) -> None:
        self._part.begin(number)
        for rows in self._cutter(self._batches.epoch(number)):
            self._pool.submit(self._part.learn, rows.unsqueeze(0)).result()

    def state(self) -> list[Any]:
        return [self._part.state(), self._cutter.rest]

    def load_state(self, state: Sequence[Any]) -> None:
        part, rest = state
        self._part.load_state(part)
        self._cutter.rest = None if rest is None else rest.to(self._batches.first)
