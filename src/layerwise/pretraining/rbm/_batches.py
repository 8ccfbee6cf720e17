"""Rows that are read batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor


class Batches(NamedTuple):
    """Rows that are read, epoch by epoch, and not kept.

    Attributes:
        first: Some of them, [row, visible], that are at hand: what curves are read on, and centering starts at.
        size: Rows of a step.
        epoch: Gives the batches of an epoch, the first of which is 1, each [row, visible].
    """

    first: Tensor
    size: int
    epoch: Callable[[int], Iterable[Tensor]]


class Cutter:
    """Cuts batches of any sizes into such of `size` rows, in their order; what is left over begins the next one.

    Attributes:
        rest: Fewer than `size` rows that are left over; None: none.

    Example:
        >>> cutter = Cutter(3)
        >>> [batch.flatten().tolist() for batch in cutter(torch.arange(8).view(-1, 1).split(2))]
        [[0, 1, 2], [3, 4, 5]]
        >>> cutter.rest.flatten().tolist()
        [6, 7]
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self.rest: Tensor | None = None

    def __call__(self, batches: Iterable[Tensor]) -> Iterator[Tensor]:
        """Yield `batches`, cut."""
        for batch in batches:
            rows = batch if self.rest is None else torch.cat([self.rest, batch])
            n_rest = len(rows) % self._size
            self.rest = rows[len(rows) - n_rest :].clone() if n_rest else None  # no view, which would hold the batch
            if len(rows) > n_rest:
                yield from rows[: len(rows) - n_rest].split(self._size)
            del rows, batch
