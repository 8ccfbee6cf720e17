"""Steps of an optimizer, each by the mean gradient of several batches and of several processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

import torch
from torch import Tensor

from layerwise.pretraining._processes import ALONE, Processes

T = TypeVar("T")


def grouped(batches: Iterable[T], n: int) -> Iterator[list[T]]:
    """Yield `n` batches at a time; the last may be fewer.

    Example:
        >>> list(grouped("abcde", 2))
        [['a', 'b'], ['c', 'd'], ['e']]
    """
    source = iter(batches)
    while group := list(islice(source, n)):
        yield group


class Descent:
    """Gathers gradients until a step is made.

    Args:
        parameters: What is trained.
        optimizer: Of these parameters.
        together: The processes whose gradients belong together.
    """

    def __init__(
        self, parameters: Sequence[Tensor], optimizer: torch.optim.Optimizer, together: Processes = ALONE
    ) -> None:
        self._parameters = [parameter for parameter in parameters if parameter.requires_grad]
        self._optimizer, self._together = optimizer, together

    def add(self, losses: Tensor, weight: float = 1.0) -> Tensor:
        """Add `weight` times the gradient of the sum of `losses`; return the losses without their graph, [member]."""
        gradients = torch.autograd.grad(losses, self._parameters, torch.ones_like(losses), allow_unused=True)
        for parameter, gradient in zip(self._parameters, gradients, strict=True):
            if gradient is not None:
                own = gradient if weight == 1 else weight * gradient
                parameter.grad = own if parameter.grad is None else parameter.grad + own
        return losses.detach().view(-1)

    def step(self, resting: Iterable[Tensor] = ()) -> None:
        """Make a step by what was added, in all processes; parameters that are `resting` stay as they are."""
        for parameter in resting:
            parameter.grad = None  # an optimizer's averages begin when the parameters begin to move
        self._together.sum_(*(parameter.grad for parameter in self._parameters if parameter.grad is not None))
        self._optimizer.step()
        self._optimizer.zero_grad()
