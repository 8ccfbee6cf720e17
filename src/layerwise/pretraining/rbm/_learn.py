"""The training loop."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor

from layerwise._base import LayerwiseError
from layerwise.population import n_cores, workers
from layerwise.pretraining._autocast import check_autocast
from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining.rbm._batches import Batches
from layerwise.pretraining.rbm._data import check_data
from layerwise.pretraining.rbm._epochs import TOGETHER, Epochs, Read, Stored
from layerwise.pretraining.rbm._history import RBMHistory, Readings
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._noise import Generators, as_generators
from layerwise.pretraining.rbm._part import Means
from layerwise.pretraining.rbm._rbm import RBM
from layerwise.pretraining.rbm._settings import RBMTraining


class Diverged(LayerwiseError):
    """Training went to infinity; the message says what to change."""


class Now(NamedTuple):
    """What `learn_` tells: the epoch, the machine so far, and how to get all that the next epoch depends on."""

    epoch: int
    rbm: RBM
    state: Callable[[], dict[str, Any]]


def learn_(
    rbm: RBM,
    data: Tensor | Batches,
    settings: RBMTraining,
    *,
    generator: Generators,
    validation: Tensor | None = None,
    on_epoch: Callable[[Now], bool | None],
    start: Mapping[str, Any] | None = None,
    together: Processes = ALONE,
) -> RBMHistory:
    """Train as `train_` does, from `start` (what a `Now` gave) on, if there is one, and in all processes `together`.

    `data` may be read batch by batch. Whoever reads answers for what is read: only the first rows are checked.
    """
    check_autocast(settings.autocast, rbm.weight)
    rows = check_data(rbm, data.first if isinstance(data, Batches) else data)
    held_out = None if validation is None else check_data(rbm, validation, "validation")
    sources = as_generators(generator, rbm.n_machines)
    learner = copy.deepcopy(rbm)
    readings, layers = Readings(learner, rows, held_out), Layers.of(learner, settings.autocast)
    n_workers = min(n_cores(), max(2, -(-rbm.n_machines // TOGETHER)))
    with workers(n_workers) as pool:
        second = pool if n_workers > 1 and len(sources) <= TOGETHER and rows.device.type == "cpu" else None
        means = Means(settings, sources, pool, second, together)
        epochs = Read(layers, data, means) if isinstance(data, Batches) else Stored(layers, rows, means)
        course = _Course(learner, readings, epochs)
        for epoch in range(course.go_on(start) + 1, settings.epochs + 1):
            epochs.run(epoch)
            pool.submit(readings.read).result()  # there operations don't wait for threads either
            if bool(readings.failed.all()):
                raise Diverged(_advice(epoch, settings))
            if on_epoch(Now(epoch, learner, partial(course.state, epoch))):
                break
    _hand_over(learner, rbm, ~readings.failed)
    return readings.history()


class _Course(NamedTuple):
    """All that changes from epoch to epoch."""

    learner: RBM
    readings: Readings
    epochs: Epochs

    def state(self, epoch: int) -> dict[str, Any]:
        """Return where it is after `epoch`."""
        return {
            "epoch": epoch,
            "machine": [parameter.detach().clone() for parameter in self.learner.parameters()],
            "readings": self.readings.state(),
            "parts": self.epochs.state(),
        }

    @torch.no_grad()
    def go_on(self, state: Mapping[str, Any] | None) -> int:
        """Go to where `state` was, if there is one, and return its epoch; else 0."""
        if state is None:
            return 0
        for parameter, value in zip(self.learner.parameters(), state["machine"], strict=True):
            parameter.copy_(value)
        self.readings.load_state(state["readings"])
        self.epochs.load_state(state["parts"])
        return int(state["epoch"])


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
