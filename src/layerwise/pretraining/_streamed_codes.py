"""Codes of a stream, computed batch by batch and never kept."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from layerwise.pretraining._examples import Examples
from layerwise.pretraining._layer_training import decided
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining.rbm._batches import Batches

if TYPE_CHECKING:
    from torch import Tensor

    from layerwise.pretraining._layer_training import LayerTraining


class StreamedCodes:
    """The codes that one layer reads, made batch by batch; an epoch is a set number of batches.

    Args:
        some: Codes of the first batches, which errors are read on.
        read: Gives the codes of all batches, from the first one to train on.
        settings: Those of the layer, settled.
        size: Rows of the stream's first batch.
    """

    def __init__(
        self, some: Examples, read: Callable[[], Iterator[Examples]], settings: LayerSettings, size: int
    ) -> None:
        self.some = self.judged = some
        self._per_epoch, self._steps, self._size = per_epoch(settings, None), settings.steps or 0, size
        self._batches, self._at = read(), 0

    def epoch(self, training: LayerTraining) -> Tensor:
        """Train on the batches of one epoch, in their order."""
        return training.over(self._read(training.n_epochs, training))

    def for_machine(self, training: LayerTraining) -> Batches:
        """Return what reads the batches of each epoch; a machine's have as many rows as the stream's first one."""

        def epoch(number: int) -> Iterator[Tensor]:
            return (batch.x.flatten(1) for batch in self._read(number - 1, training))

        return Batches(self.some.x.flatten(1), self._size, epoch)

    def _read(self, n_epochs: int, training: LayerTraining) -> Iterator[Examples]:
        """Read the batches of the epoch after the first `n_epochs`."""
        start = n_epochs * self._per_epoch
        deque(islice(self._batches, start - self._at), maxlen=0)  # killed, and gone on from there: read up to it
        self._at = min(start + self._per_epoch, self._steps)
        return (self._checked(batch, training) for batch in islice(self._batches, self._at - start))

    def _checked(self, batch: Examples, training: LayerTraining) -> Examples:
        decided(training.settings.reconstruction, batch.x, training.name)
        return batch


def per_epoch(settings: LayerSettings, length: int | None) -> int:
    """Return the batches of an epoch: all of `length`, or of `steps` so many as there are epochs' parts."""
    if settings.steps is None:
        return length or 0
    return math.ceil(settings.steps / settings.epochs) if settings.epochs else 0
