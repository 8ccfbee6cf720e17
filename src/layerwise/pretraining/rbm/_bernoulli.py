"""Units that are 0 or 1."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from layerwise._base import InvalidInput, Text
from layerwise.pretraining.rbm._unit import Unit


@dataclass(frozen=True)
class Bernoulli(Unit):
    """Units that are 0 or 1: p(1) = sigmoid(x). As data, anything in [0, 1] stands for a probability.

    Example:
        >>> Bernoulli().mean(torch.tensor([0.0, 1.0]))
        tensor([0.5000, 0.7311])

    References:
        Smolensky 1986, Information processing in dynamical systems: foundations of harmony theory.
    """

    name = "bernoulli"
    noise = "uniform"

    def mean(self, x: Tensor) -> Tensor:
        return x.sigmoid()

    def mean_(self, x: Tensor) -> Tensor:
        return x.sigmoid_()

    def sample(self, mean: Tensor, noise: Tensor, out: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        return torch.lt(noise, mean, out=out)  # 0 and 1 in the dtype of `out`: one pass

    def log_partition(self, x: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        return softplus(x)

    def energy(self, state: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        return -state * bias

    def check(self, low: float, high: float) -> None:
        if low < 0 or high > 1:
            raise InvalidInput(
                "Data of Bernoulli units must lie in [0, 1]",
                got=Text(f"values from {low:g} to {high:g}"),
                cure='Divide bytes by 255, or use visible="gaussian" on standardized data.',
            )


def softplus(x: Tensor) -> Tensor:
    """Return log(1 + e^x). torch's own is x above 20, which is off by 2e-9."""
    return functional.softplus(x, threshold=50)
