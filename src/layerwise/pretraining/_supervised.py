"""Training with labels: of one network, or of many of one structure at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Task = Literal["classification", "regression"]

_ROWS = 2000
"""Rows that are evaluated at a time."""


@dataclass(frozen=True)
class Group:
    """Parameters that share a learning rate, and the epoch from which they move."""

    parameters: Sequence[Tensor]
    learning_rate: float
    from_epoch: int = 0


class Supervised:
    """Adam on labelled rows, with early stopping member by member.

    Args:
        network: From [row, ...] to [row, output], or with `n_members` from [seed, row, ...] to [seed, row, output].
        groups: What is trained, and how fast.
        task: `classification` (cross-entropy, accuracy) or `regression` (squared error, and minus it as the score).
        batch_size: Rows of a step.
        generators: One for each member (one in all, without members), for the order of the rows.
        n_members: Networks in one; None for a plain network.
    """

    def __init__(
        self,
        network: nn.Module,
        groups: Sequence[Group],
        task: Task,
        *,
        batch_size: int,
        generators: Sequence[torch.Generator],
        n_members: int | None = None,
    ) -> None:
        self._network, self._groups, self._task = network, groups, task
        self._batch_size, self._generators, self._members = batch_size, generators, n_members
        rows = [{"params": list(group.parameters), "lr": group.learning_rate} for group in groups]
        self._optimizer = torch.optim.Adam(rows, foreach=False)
        self._n_epochs = 0

    def epoch(self, x: Tensor, y: Tensor, pool: Tensor) -> list[float]:
        """Train on every row of `pool` once; return each member's mean loss.

        Args:
            x: All rows, shared by the members: [row, ...].
            y: Their labels or targets.
            pool: The numbers of the rows that each member trains on, [seed, n] ([1, n] without members).
        """
        self._network.train()
        for group, settings in zip(self._groups, self._optimizer.param_groups, strict=True):
            settings["lr"] = group.learning_rate if self._n_epochs >= group.from_epoch else 0.0
        n = pool.shape[1]
        shuffled = [own[torch.randperm(n, generator=one)] for own, one in zip(pool, self._generators, strict=True)]
        order = torch.stack(shuffled).to(x.device)
        total = torch.zeros(len(order), dtype=x.dtype, device=x.device)
        for rows in order.split(self._batch_size, dim=1):
            total += self._step(self._taken(x, rows), self._taken(y, rows)) * rows.shape[1]
        self._n_epochs += 1
        return (total / n).tolist()

    def _taken(self, values: Tensor, rows: Tensor) -> Tensor:
        return values[rows[0] if self._members is None else rows]

    def _step(self, x: Tensor, y: Tensor) -> Tensor:
        with torch.enable_grad():
            losses = self._losses(self._network(x), y)
            losses.sum().backward()
        for group in self._groups:
            if self._n_epochs < group.from_epoch:
                for parameter in group.parameters:
                    parameter.grad = None  # Adam's averages begin when the parameters begin to move
        self._optimizer.step()
        self._optimizer.zero_grad()
        return losses.detach()

    def _losses(self, output: Tensor, y: Tensor) -> Tensor:
        """Return the mean loss of each member, [seed]."""
        output, y = (output[None], y[None]) if self._members is None else (output, y)
        if self._task == "classification":
            losses = functional.cross_entropy(output.flatten(0, 1), y.flatten(), reduction="none")
            return losses.view(len(output), -1).mean(1)
        return (output - y).square().flatten(1).mean(1)

    @torch.no_grad()
    def scores(self, x: Tensor, y: Tensor, pool: Tensor) -> list[float]:
        """Return each member's accuracy on its own rows, or minus its mean squared error; -inf if not finite."""
        self._network.eval()
        total = torch.zeros(len(pool), dtype=torch.float64)
        for rows in pool.to(x.device).split(_ROWS, dim=1):
            output = self._network(self._taken(x, rows))
            output = (output[None] if self._members is None else output).flatten(2)
            targets = y[rows]
            if self._task == "classification":
                value = (output.argmax(-1) == targets).double()
            else:
                value = -(output - targets.view_as(output)).square().mean(-1).double()
            total += value.masked_fill(~output.isfinite().all(-1), -math.inf).sum(1).cpu()
        return (total / pool.shape[1]).tolist()


class BestOf:
    """Each member's best weights by its validation score; of equally good ones, the last.

    A few validation rows are soon all right, and the network still learns. Its patience ends nevertheless.

    Attributes:
        score: The best score of each member.
        epoch: The epoch of the weights that are kept.
    """

    def __init__(self, network: nn.Module, n_members: int | None, patience: int | None) -> None:
        self._network, self._members, self._patience = network, n_members, patience
        self.score = [-math.inf] * (n_members or 1)
        self.epoch = [0] * (n_members or 1)
        self._improved = [0] * (n_members or 1)
        self._kept = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, epoch: int, scores: Sequence[float]) -> bool:
        """Take in the scores after an epoch; return whether every member's patience is over."""
        better = [score >= best for score, best in zip(scores, self.score, strict=True)]
        gains = [score > best for score, best in zip(scores, self.score, strict=True)]
        for name, value in self._network.state_dict().items():
            for s in (s for s, yes in enumerate(better) if yes):
                if self._members is None:
                    self._kept[name] = value.detach().clone()
                else:
                    self._kept[name][s] = value[s]
        self.score = [new if yes else old for new, old, yes in zip(scores, self.score, better, strict=True)]
        self.epoch = [epoch if yes else old for old, yes in zip(self.epoch, better, strict=True)]
        self._improved = [epoch if yes else old for old, yes in zip(self._improved, gains, strict=True)]
        return self._patience is not None and all(epoch - last >= self._patience for last in self._improved)

    def restore(self) -> None:
        """Go back to the best weights."""
        self._network.load_state_dict(self._kept)
