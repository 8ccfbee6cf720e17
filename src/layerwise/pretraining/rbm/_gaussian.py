"""Real-valued units with Gaussian noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text, positive
from layerwise.pretraining.rbm._unit import Unit


@dataclass(frozen=True)
class Gaussian(Unit):
    """Real-valued units: N(x, variance), with e(s) = (s - bias)^2 / (2 variance).

    Attributes:
        variance: the same for all units; where it is learned, the value to start from.
        learned: whether each unit learns a variance of its own (visible units only).
        bounds: a learned variance stays within these. Without bounds one unit that is nearly constant in the data
            drives its variance to 0, and with it the weights to infinity.

    Example:
        >>> Gaussian().log_partition(torch.zeros(1), torch.zeros(1))  # log(2 pi) / 2
        tensor([0.9189])

    References:
        Cho, Ilin, Raiko 2011, Improved learning of Gaussian-Bernoulli restricted Boltzmann machines.
    """

    variance: float = 1.0
    learned: bool = False
    bounds: tuple[float, float] = (0.01, 2.0)

    name = "gaussian"
    noise = "normal"

    def __post_init__(self) -> None:
        positive("variance", self.variance)
        low, high = self.bounds
        if not 0 < low <= high < math.inf or (self.learned and not low <= self.variance <= high):
            raise InvalidInput(
                "`bounds` must be two positive numbers with `variance` between them",
                got=Text(f"{self.bounds!r} with variance {self.variance:g}"),
            )

    @property
    def learned_variance(self) -> bool:  # type: ignore[override]
        """Whether the variance is a parameter."""
        return self.learned

    @property
    def variance_bounds(self) -> tuple[float, float]:  # type: ignore[override]
        """Between which the variance stays."""
        return self.bounds

    @property
    def initial_variance(self) -> float:  # type: ignore[override]
        """The variance to start from."""
        return self.variance

    def mean(self, x: Tensor) -> Tensor:
        return x

    def mean_(self, x: Tensor) -> Tensor:
        return x

    def sample(self, mean: Tensor, noise: Tensor, out: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        spread = variance.sqrt() if isinstance(variance, Tensor) else math.sqrt(variance)
        return torch.add(mean, noise.mul_(spread), out=out)

    def log_partition(self, x: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        size = torch.as_tensor(variance, dtype=x.dtype, device=x.device)
        return (2 * math.pi * size).log() / 2 + (x - bias) * (x + bias) / (2 * size)

    def energy(self, state: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        return (state - bias).square() / (2 * variance)
