"""Training with labels: of one network, or of many of one structure at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from layerwise._base import child_seed
from layerwise.pretraining._autocast import autocast, check_autocast
from layerwise.pretraining._descent import Descent, grouped
from layerwise.pretraining._processes import ALONE, Processes

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
        factor: What multiplies every rate, by the number of epochs made.
        accumulate: Batches whose mean gradient makes one step.
        kind: What products are made in, see `autocast`.
        together: The processes that share every batch of a plain network.
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
        factor: Callable[[float], float] = lambda _: 1.0,
        accumulate: int = 1,
        kind: str | None = None,
        together: Processes = ALONE,
    ) -> None:
        self._network, self._groups, self._task = network, groups, task
        self._batch_size, self._generators, self._members = batch_size, generators, n_members
        rows = [{"params": list(group.parameters), "lr": group.learning_rate} for group in groups]
        self._optimizer = torch.optim.Adam(rows, foreach=False)
        parameters = [parameter for group in groups for parameter in group.parameters]
        self._kind = check_autocast(kind, parameters[0])
        self._factor, self._accumulate, self._together = factor, accumulate, together
        self._descent = Descent(parameters, self._optimizer, together)
        self._n_epochs = 0

    def epoch(self, x: Tensor, y: Tensor, pool: Tensor) -> list[float]:
        """Train on every row of `pool` once; return each member's mean loss.

        Args:
            x: All rows, shared by the members: [row, ...].
            y: Their labels or targets.
            pool: The numbers of the rows that each member trains on, [seed, n] ([1, n] without members).
        """
        self._network.train()
        n = pool.shape[1]
        shuffled = [own[torch.randperm(n, generator=one)] for own, one in zip(pool, self._generators, strict=True)]
        order = torch.stack(shuffled).to(x.device)
        total = torch.zeros(len(order), dtype=x.dtype, device=x.device)
        with _own_draws(child_seed(self._generators[0].initial_seed(), f"dropout {self._n_epochs}"), x.device):
            steps = list(grouped(order.split(self._batch_size, dim=1), self._accumulate))
            for place, batches in enumerate(steps):
                self._set_rates(self._n_epochs + place / len(steps))
                total += self._step(x, y, batches)
        self._together.sum_(total)
        self._n_epochs += 1
        return (total / n).tolist()

    def _set_rates(self, n_epochs: float) -> None:
        for group, settings in zip(self._groups, self._optimizer.param_groups, strict=True):
            settings["lr"] = group.learning_rate * self._factor(n_epochs) if n_epochs >= group.from_epoch else 0.0

    def _taken(self, values: Tensor, rows: Tensor) -> Tensor:
        return values[rows[0] if self._members is None else rows]

    def _step(self, x: Tensor, y: Tensor, group: Sequence[Tensor]) -> Tensor:
        """Make a step by the mean gradient of a group of batches; return the sum of its rows' losses."""
        n, total = sum(rows.shape[1] for rows in group), torch.zeros(len(group[0]), dtype=x.dtype, device=x.device)
        for rows in group:
            n_own = rows.shape[1] * self._together.weight(rows.shape[1])
            mine = self._together.mine(rows, 1)
            with torch.enable_grad():
                losses = self._losses(self._output(self._taken(x, mine)), self._taken(y, mine))
            total += self._descent.add(losses, n_own / n) * n_own
        resting = [group for group in self._groups if self._n_epochs < group.from_epoch]
        self._descent.step(parameter for group in resting for parameter in group.parameters)
        return total

    def _output(self, x: Tensor) -> Tensor:
        with autocast(self._kind, x):
            output: Tensor = self._network(x)
        return output.to(x.dtype)

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
        for whole in pool.to(x.device).split(_ROWS, dim=1):
            if not self._together.weight(whole.shape[1]):
                continue
            rows = self._together.mine(whole, 1)
            output = self._network(self._taken(x, rows))
            output = (output[None] if self._members is None else output).flatten(2)
            targets = y[rows]
            if self._task == "classification":
                value = (output.argmax(-1) == targets).to(output.dtype)
            else:
                value = -(output - targets.view_as(output)).square().mean(-1)
            value = value.masked_fill(~output.isfinite().all(-1), -math.inf)
            total += value.cpu().double().sum(1)  # not every device has float64
        total = total if self._together.n == 1 else total.to(x.device)
        self._together.sum_(total)
        return (total / pool.shape[1]).tolist()

    def state(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, but the network itself."""
        return {
            "optimizer": self._optimizer.state_dict(),
            "generators": [generator.get_state() for generator in self._generators],
            "n_epochs": self._n_epochs,
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._optimizer.load_state_dict(state["optimizer"])
        for generator, value in zip(self._generators, state["generators"], strict=True):
            generator.set_state(value)
        self._n_epochs = state["n_epochs"]


@contextmanager
def _own_draws(seed: int, device: torch.device) -> Iterator[None]:
    """Let what asks torch's default generator, as dropout does, draw by `seed`; that generator is left as it was."""
    is_cuda = device.type == "cuda"
    with torch.random.fork_rng([device] if is_cuda else []):
        torch.default_generator.manual_seed(seed)
        if is_cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield
