"""How good each member is on a part of the data."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise.population._batches import Batches, Part
from layerwise.population._criteria import Criterion
from layerwise.population._stack import Stack


def evaluate(
    stack: Stack, batches: Batches, part: Part, criterion: Criterion, task: str, most: int | None = None
) -> tuple[Tensor, Tensor]:
    """Return score and mean loss of every member, each [seed], in eval mode.

    The score is accuracy, where an output that is not a number is never right: of classes, or of labels, each counted
    on its own (1 - Hamming loss); or R^2 = 1 - squared error / variance, floored at -1 (and -1 for an output that is
    not a number), so that medians and differences stay readable.
    """
    stack.eval()
    try:
        blocks = batches.part(part)
        if most is not None:
            blocks = [blocks[0][:, :most]]
        total = _Total(task)
        for rows in blocks:
            x, y = batches.take(rows)
            outputs = stack(x)
            y = y.expand(len(outputs), *y.shape[1:])
            total.add(outputs, y, criterion(outputs, y)[0])
        return total.score(), total.loss()
    finally:
        stack.train()


class _Total:
    def __init__(self, task: str) -> None:
        self._task = task
        self._n = 0
        self._parts: list[Tensor] = []
        self._losses: list[Tensor] = []

    def add(self, outputs: Tensor, targets: Tensor, loss: Tensor) -> None:
        n = targets.shape[1]
        self._n += n
        self._losses.append(loss * n)
        if self._task == "regression":
            y = targets.double()
            error = (outputs.double() - y).square().sum(1)
            self._parts.append(torch.stack([error, y.sum(1), y.square().sum(1)]))
        elif self._task == "multilabel":
            right = ((outputs > 0) == (targets > 0)) & outputs.isfinite()
            self._parts.append(right.double().mean(-1).sum(1))
        else:
            labels = targets.argmax(-1) if targets.dim() == 3 else targets
            right = (outputs.argmax(-1) == labels) & outputs.isfinite().all(-1)
            self._parts.append(right.sum(1))

    def loss(self) -> Tensor:
        return torch.stack(self._losses).sum(0) / self._n

    def score(self) -> Tensor:
        if self._task != "regression":
            return torch.stack(self._parts).sum(0) / self._n
        error, total, square = torch.stack(self._parts).sum(0)
        r2: Tensor = 1 - error / (square - total.square() / self._n)
        return r2.mean(-1).nan_to_num(-1).clamp_min(-1)
