"""Several processes that train one network together, each on its own rows of every batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import torch
from torch import Tensor, distributed

from layerwise._base import InvalidInput, LayerwiseError, Text

_PATIENCE = timedelta(minutes=10)
"""How long a process waits for the others. One that fails lets them know at once, one that hangs can't."""


class ProcessFailed(LayerwiseError):
    """Another process stopped, and this one can't go on alone."""


class Processes:
    """The processes that train together. Every one of them is given all rows and makes all draws, and then works on its
    own rows of each batch; sums over the processes are the same bits in each. So what comes out is what one process
    alone would have made, up to the order of a sum.

    Attributes:
        rank: Which of them this is, from 0.
        n: How many there are.

    Example:
        >>> ALONE.mine(torch.arange(3)), ALONE.weight(3), ALONE.is_first
        (tensor([0, 1, 2]), 1.0, True)
    """

    def __init__(self, rank: int = 0, n: int = 1, group: Any = None) -> None:
        self.rank, self.n, self._group = rank, n, group

    @property
    def is_first(self) -> bool:
        """Whether this is the one that writes files and tells how far it is."""
        return self.rank == 0

    def mine(self, rows: Tensor, axis: int = 0) -> Tensor:
        """Return this process's part of `rows`; where there are fewer rows than processes, one that weighs nothing."""
        if self.n == 1:
            return rows
        n_rows = rows.shape[axis]
        own = self.own(n_rows)
        return rows.narrow(axis, min(own.start, n_rows - 1), max(own.stop - own.start, 1))

    def weight(self, n_rows: int) -> float:
        """Return the weight of a mean over `mine` in the mean over all `n_rows`."""
        own = self.own(n_rows)
        return len(range(own.start, own.stop)) / n_rows

    def own(self, n_rows: int) -> slice:
        """Return the places of this process's rows among `n_rows`; there may be none."""
        return slice(n_rows * self.rank // self.n, n_rows * (self.rank + 1) // self.n)

    def rows_of(self, rows: Tensor, axis: int = 0) -> Tensor:
        """Return `rows` at the places that are its own, none where there are none."""
        own = self.own(rows.shape[axis])
        return rows.narrow(axis, own.start, own.stop - own.start)

    @torch.no_grad()
    def sum_(self, *tensors: Tensor) -> None:
        """Turn each of `tensors` into its sum over the processes, all in one message."""
        if self.n == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        self._call(lambda: distributed.all_reduce(flat, group=self._group))
        for tensor, total in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(total.view_as(tensor))

    def from_first(self, value: Any) -> Any:
        """Return the first process's `value`: numbers, strings, tensors in memory, and lists and dicts of these."""
        if self.n == 1:
            return value
        held = [value]
        self._call(lambda: distributed.broadcast_object_list(held, src=0, group=self._group))
        return held[0]

    def agree(self, fingerprint: str) -> None:
        """Raise `InvalidInput` in every process unless all were given the same."""
        if self.n == 1:
            return
        held: list[Any] = [None] * self.n
        self._call(lambda: distributed.all_gather_object(held, fingerprint, group=self._group))
        if len(set(held)) > 1:
            raise InvalidInput(
                "Every process must be given the same network, rows and options",
                got=Text(f"{len(set(held))} different ones in {self.n} processes"),
                cure="Set one seed before the network is made, and hand all rows to each: they are divided here.",
            )

    def close(self) -> None:
        """Part from the others. Any that still waits for this one is told that it is gone."""
        group, self._group = self._group, None
        if group is not None:
            distributed.destroy_process_group(group)

    def _call(self, message: Callable[[], Any]) -> None:
        try:
            message()
        except RuntimeError as error:
            raise ProcessFailed(
                f"Process {self.rank} of {self.n} can't go on: another one has stopped, or did not answer for "
                f"{_PATIENCE.seconds // 60} minutes. See what that one says; with `checkpoint`, all can go on together."
            ) from error


ALONE = Processes()
"""A process that trains by itself."""


def are_several() -> bool:
    """Return whether this process is one of several of `torch.distributed`."""
    return distributed.is_available() and distributed.is_initialized() and distributed.get_world_size() > 1


@contextmanager
def processes(device: torch.device) -> Iterator[Processes]:
    """Yield the processes of `torch.distributed`, if it was initialized, else `ALONE`.

    They get a group of their own for the time: when one leaves by an error, its connections close, and the others
    stop, too, instead of waiting for it.
    """
    if not are_several():
        yield ALONE
        return
    _check_backend(device)
    group = distributed.new_group(timeout=_PATIENCE)
    together = Processes(distributed.get_rank(), distributed.get_world_size(), group)
    del group  # the last reference holds the connections open
    try:
        yield together
    finally:
        together.close()


def _check_backend(device: torch.device) -> None:
    if distributed.get_backend() == "nccl" and device.type != "cuda":
        raise InvalidInput(
            f"Processes that train on {device.type} must speak to one another by gloo",
            got="nccl",
            cure="Call torch.distributed.init_process_group('gloo').",
        )
