"""The training loop."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from layerwise._base import LayerwiseError
from layerwise.population import n_cores, workers
from layerwise.pretraining._autocast import check_autocast
from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining.rbm._data import check_data
from layerwise.pretraining.rbm._epochs import Epochs
from layerwise.pretraining.rbm._history import RBMHistory, Readings
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._noise import Generators, as_generators
from layerwise.pretraining.rbm._rbm import RBM
from layerwise.pretraining.rbm._settings import RBMTraining

_TOGETHER = 10
"""Machines that are trained as one batch; each such batch is one thread's."""


class Diverged(LayerwiseError):
    """Training went to infinity; the message says what to change."""


def train_(
    rbm: RBM,
    data: Tensor,
    training: RBMTraining | None = None,
    *,
    generator: Generators,
    validation: Tensor | None = None,
    on_epoch: Callable[[int, RBM], bool | None] | None = None,
) -> RBMHistory:
    """Train `rbm` on `data` in place, and return the history. Nothing in it changes before all is done.

    Args:
        rbm: a machine, or many in one: each learns alone, from its own order of rows and its own draws.
        data: [row, visible], or [seed, row, visible] where each machine has its own.
        training: the settings; None: `RBMTraining()`.
        generator: where order and draws come from, one for each seed. The same generator gives the same bits.
        validation: rows kept apart, for the free-energy gap.
        on_epoch: called after each epoch with its number and the machine so far (read it, don't change it); stops where
            it returns True.

    Raises:
        InvalidInput: data that do not fit the units or the width or are not finite, or settings that don't suit the
            units.
        Diverged: every machine went to infinity.

    Example:
        >>> source = torch.Generator().manual_seed(0)
        >>> machine = RBM(4, 2, generator=source)
        >>> rows = torch.tensor([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]).repeat(50, 1)
        >>> training = RBMTraining(epochs=300, batch_size=10, learning_rate=0.1)
        >>> history = train_(machine, rows, training, generator=source)
        >>> machine.reconstruct(rows[:2]).round().tolist()
        [[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]

    References:
        See `RBMTraining`.
    """

    def told(now: Now) -> bool | None:
        return on_epoch(now.epoch, now.rbm) if on_epoch else None

    return learn_(rbm, data, training or RBMTraining(), generator=generator, validation=validation, on_epoch=told)


class Now(NamedTuple):
    """What `learn_` tells: the epoch, the machine so far, and how to get all that the next epoch depends on."""

    epoch: int
    rbm: RBM
    state: Callable[[], dict[str, Any]]


def learn_(
    rbm: RBM,
    data: Tensor,
    settings: RBMTraining,
    *,
    generator: Generators,
    validation: Tensor | None = None,
    on_epoch: Callable[[Now], bool | None],
    start: Mapping[str, Any] | None = None,
    together: Processes = ALONE,
) -> RBMHistory:
    """Train as `train_` does, from `start` (what a `Now` gave) on, if there is one, and in all processes `together`."""
    check_autocast(settings.autocast, rbm.weight)
    rows = check_data(rbm, data)
    held_out = None if validation is None else check_data(rbm, validation, "validation")
    sources = as_generators(generator, rbm.n_machines)
    learner = copy.deepcopy(rbm)
    readings = Readings(learner, rows, held_out)
    stop = threading.Event()
    n_workers = min(n_cores(), max(2, -(-rbm.n_machines // _TOGETHER)))
    with workers(n_workers) as pool:
        try:
            parts = _parts(learner, rows, settings, sources, pool if n_workers > 1 else None, together)
            course = _Course(learner, readings, parts)
            for epoch in range(course.go_on(start) + 1, settings.epochs + 1):
                for done in [pool.submit(part.run, epoch, stop) for part in parts]:
                    done.result()
                pool.submit(readings.read).result()  # there operations don't wait for threads either
                if bool(readings.failed.all()):
                    raise Diverged(_advice(epoch, settings))
                if on_epoch(Now(epoch, learner, partial(course.state, epoch))):
                    break
        finally:
            stop.set()
    _hand_over(learner, rbm, ~readings.failed)
    return readings.history()


class _Course(NamedTuple):
    """All that changes from epoch to epoch."""

    learner: RBM
    readings: Readings
    parts: list[Epochs]

    def state(self, epoch: int) -> dict[str, Any]:
        """Return where it is after `epoch`."""
        return {
            "epoch": epoch,
            "machine": [parameter.detach().clone() for parameter in self.learner.parameters()],
            "readings": self.readings.state(),
            "parts": [part.state() for part in self.parts],
        }

    @torch.no_grad()
    def go_on(self, state: Mapping[str, Any] | None) -> int:
        """Go to where `state` was, if there is one, and return its epoch; else 0."""
        if state is None:
            return 0
        for parameter, value in zip(self.learner.parameters(), state["machine"], strict=True):
            parameter.copy_(value)
        self.readings.load_state(state["readings"])
        for part, value in zip(self.parts, state["parts"], strict=True):
            part.load_state(value)
        return int(state["epoch"])


def _parts(
    learner: RBM,
    rows: Tensor,
    settings: RBMTraining,
    sources: list[torch.Generator],
    pool: Executor | None,
    together: Processes,
) -> list[Epochs]:
    """Return what trains each part of the machines, each in one thread; a part that is alone may use a second one."""
    layers = Layers.of(learner, settings.autocast)
    by_seed = rows.unsqueeze(0) if rows.ndim == 2 else rows
    second = pool if len(sources) <= _TOGETHER and rows.device.type == "cpu" else None
    parts = [slice(start, start + _TOGETHER) for start in range(0, len(sources), _TOGETHER)]
    own = [by_seed[part] if len(by_seed) > 1 else by_seed for part in parts]
    return [
        Epochs(layers.part(part), mine, settings, sources[part], second, together)
        for part, mine in zip(parts, own, strict=True)
    ]


@torch.no_grad()
def _hand_over(learner: RBM, rbm: RBM, kept: Tensor) -> None:
    """Copy what was learned into `rbm`, of the machines that are `kept`."""
    for before, after in zip(rbm.parameters(), learner.parameters(), strict=True):
        lead = len(kept), -1
        before.copy_(torch.where(kept.unsqueeze(1), after.view(lead), before.view(lead)).view_as(before))


def _advice(epoch: int, settings: RBMTraining) -> str:
    rate = settings.learning_rate
    return (
        f"Training diverged in epoch {epoch}: weights or reconstructions went to infinity. Use a learning rate below "
        f"{rate:g}, say {rate / 10:g}; Gaussian and rectified units need 0.001 or less, and Gaussian ones data of mean "
        "0 and variance 1. The machine is as it was before."
    )
