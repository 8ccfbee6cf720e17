"""Fine-tuning: the pre-trained network trained with labels, as a whole."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text, at_least, child_seed, fraction, positive, positive_int
from layerwise.models import Optimizer
from layerwise.pretraining._labelled_run import Labelled, LabelledRun
from layerwise.pretraining._processes import processes
from layerwise.pretraining._purpose import checkpoint_at
from layerwise.pretraining._supervised import Group, Supervised, Task
from layerwise.records import Curve

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class FineTuned:
    """A network after fine-tuning.

    Attributes:
        model: Encoder and head, with the best weights by the validation score; the last ones without validation rows.
        curves: `train_loss` of each epoch, and `validation_accuracy` (or minus the squared error,
            `validation_score`) after each.
        score: The best validation score; nan without validation rows.
    """

    model: nn.Sequential
    curves: tuple[Curve, ...]
    score: float


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """How a network is fine-tuned (see `Pretrained.fine_tune`)."""

    epochs: int
    learning_rate: float
    schedule: str
    warmup: float
    decay: float
    unfreeze_every: int
    batch_size: int
    validation: float
    patience: int | None
    seed: int
    accumulate: int
    autocast: str | None

    def __post_init__(self) -> None:
        positive_int("epochs", self.epochs)
        positive("learning_rate", self.learning_rate)
        positive("decay", self.decay)
        at_least("unfreeze_every", self.unfreeze_every, 0)
        positive_int("batch_size", self.batch_size)
        fraction("validation", self.validation)
        positive_int("accumulate", self.accumulate)
        self.factor(0)

    def factor(self, n_epochs: float) -> float:
        """Return what the schedule multiplies every rate by, when so many epochs are made."""
        return Optimizer(schedule=self.schedule, warmup=self.warmup).factor(n_epochs / self.epochs)

    def groups(self, parameters: Sequence[Sequence[Tensor]]) -> list[Group]:
        """Return the layers' parameters, the head's first, with the rate of each and the epoch from which it moves."""
        return [
            Group(one, self.learning_rate * self.decay**k, k * self.unfreeze_every)
            for k, one in enumerate(parameters)
            if one
        ]


def fine_tune(
    model: nn.Sequential,
    parameters: Sequence[Sequence[Tensor]],
    x: Tensor,
    y: Tensor,
    how: Tuning,
    *,
    task: Task,
    checkpoint: str | os.PathLike[str] | None,
) -> FineTuned:
    """Train `model` on labelled rows and return it at its best epoch (see `Pretrained.fine_tune`).

    Args:
        model: Encoder and head.
        parameters: Of each layer, from the head down.
        x: All rows.
        y: Their targets.
        how: All that was asked for.
        task: What `y` is.
        checkpoint: A file to go on from.
    """
    generator = torch.Generator().manual_seed(child_seed(how.seed, "fine-tuning"))
    order = torch.randperm(len(x), generator=generator)[None]
    n_held = round(how.validation * len(x))
    rows = Labelled(x, y, order[:, n_held:], order[:, :n_held])
    with processes(x.device) as together:
        place = checkpoint_at(checkpoint, together, model.state_dict(), lambda: [x, y], [task, str(how)])
        training = Supervised(
            model, how.groups(parameters), task, batch_size=how.batch_size, generators=[generator],
            factor=how.factor, accumulate=how.accumulate, kind=how.autocast, together=together,
        )  # fmt: skip
        run = LabelledRun(model, training, rows, patience=how.patience, checkpoint=place, together=together)
        run.train(how.epochs)
    name = "validation_accuracy" if task == "classification" else "validation_score"
    curves = [_curve("train_loss", run.losses)] + ([_curve(name, run.scores)] if n_held else [])
    return FineTuned(model.eval(), tuple(curves), run.best.score[0] if n_held else math.nan)


def _curve(name: str, values: list[float]) -> Curve:
    return Curve(name=name, steps=tuple(range(1, len(values) + 1)), values=tuple(values))


def labelled(x: Any, y: Any, like: Tensor) -> tuple[Tensor, Tensor, Task, int]:
    """Return inputs and labels as tensors beside `like`, the task, and the number of outputs it needs.

    Labels that are whole numbers from 0 on are classes; anything else is a target for regression.
    """
    inputs, targets = (one if isinstance(one, Tensor) else torch.as_tensor(np.asarray(one)) for one in (x, y))
    if len(inputs) != len(targets) or len(inputs) < 4:
        raise InvalidInput(
            "Labelled data must have as many labels as rows, and at least 4",
            got=Text(f"{len(inputs)} rows and {len(targets)} labels"),
        )
    inputs, targets = inputs.to(like.device, like.dtype), as_targets(targets, like)
    if targets.is_floating_point():
        return inputs, targets, "regression", targets.shape[1]
    return inputs, targets, "classification", int(targets.max()) + 1


def as_targets(targets: Tensor, like: Tensor) -> Tensor:
    """Return whole numbers as classes, int64 [row], and others as targets of a regression, [row, output]."""
    if targets.is_floating_point():
        targets = targets.to(like.device, like.dtype)
        return targets[:, None] if targets.ndim == 1 else targets
    if targets.ndim != 1 or int(targets.min()) < 0:
        raise InvalidInput(
            "Classes must be whole numbers from 0 on, one a row", got=Text(f"{targets[:5].tolist()} ...")
        )
    return targets.to(like.device).long()
