"""Early stopping and divergence, member by member."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from layerwise.population._stack import Stack
from layerwise.records import Status


class Best:
    """Follows each member's validation score; keeps its best weights where early stopping is on.

    A member is out when its loss is not finite, or when its score has not improved for `patience` evaluations. It
    stays in the batch (members never touch one another) and what it does there is not used.

    Attributes:
        n_steps: updates each member made before it was out.
        status: `finished`, `stopped_early` or `diverged`.
    """

    def __init__(self, stack: Stack, patience: int | None, n_members: int) -> None:
        self._stack = stack
        self._patience = patience
        self._waited = [0] * n_members
        self._score = [float("-inf")] * n_members
        self._kept: dict[str, Tensor] = {}
        self.n_steps = [0] * n_members
        self.status: list[Status] = ["finished"] * n_members

    def update(self, step: int, score: Tensor, losses: Tensor) -> bool:
        """Take in one evaluation; return whether every member is out."""
        finite = torch.isfinite(losses).cpu()
        values = score.tolist()
        better = []
        for s, value in enumerate(values):
            if self.status[s] != "finished":
                better.append(False)
                continue
            self.n_steps[s] = step
            if not finite[:, s].all():
                self.status[s] = "diverged"
                self.n_steps[s] = int(finite[:, s].long().argmin())
            improved = self.status[s] == "finished" and value > self._score[s]
            better.append(improved)
            self._waited[s] = 0 if improved else self._waited[s] + 1
            self._score[s] = max(value, self._score[s]) if improved else self._score[s]
            if self._patience is not None and self._waited[s] >= self._patience and self.status[s] == "finished":
                self.status[s] = "stopped_early"
        if self._patience is not None:
            self._keep(torch.tensor(better, device=score.device))
        return all(status != "finished" for status in self.status)

    def diverge(self, losses: Sequence[float]) -> None:
        """Mark members whose loss at the end is not finite: their last update broke them."""
        for s, loss in enumerate(losses):
            if self.status[s] == "finished" and not math.isfinite(loss):
                self.status[s] = "diverged"

    def restore(self) -> None:
        """Put each member's best weights back, where they were kept."""
        state = self._stack.state_dict()
        for name, value in self._kept.items():
            state[name].copy_(value)

    def _keep(self, better: Tensor) -> None:
        for name, value in self._stack.state_dict().items():
            mask = better.view(-1, *(1,) * (value.dim() - 1))
            old = self._kept.get(name, value)
            self._kept[name] = torch.where(mask, value, old).clone()
