"""Kinds of units: what a layer does with its input x, the bias plus what comes from the other layer.

Each kind is three formulas and a rule for data. With the layer's own energy e(s; bias) of a state s, and its coupling
to the other layer through s / variance:

    log_partition(x, bias) = log of the sum (or integral) of exp(-e(s; bias) + s (x - bias) / variance) over all s
    mean(x) = its derivative by x, times the variance
    sample = a draw of s given x
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

from layerwise._base import InvalidInput, Registry, positive
from layerwise._base._errors import Text


@dataclass(frozen=True)
class Unit(ABC):
    """A kind of unit. `noise` says which random numbers `sample` takes; everything is elementwise.

    `variance` is that of a Gaussian unit, a tensor where it is learned; other units take no notice of it.
    """

    name: ClassVar[str]
    noise: ClassVar[Literal["uniform", "normal"]]
    learned_variance: ClassVar[bool] = False
    initial_variance: ClassVar[float] = 1.0
    variance_bounds: ClassVar[tuple[float, float]] = (1.0, 1.0)

    @abstractmethod
    def mean(self, x: Tensor) -> Tensor:
        """Return the mean given the input x."""

    def mean_(self, x: Tensor) -> Tensor:
        """Return `x` turned into the mean in place, without autograd."""
        return x.copy_(self.mean(x))

    @abstractmethod
    def sample(self, mean: Tensor, noise: Tensor, out: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        """Return `out` filled with a draw given the mean; `noise` may be overwritten."""

    @abstractmethod
    def log_partition(self, x: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        """Return the log of the sum over a unit's own states, for each unit."""

    @abstractmethod
    def energy(self, state: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        """Return e(state; bias) for each unit."""

    def check(self, low: float, high: float) -> None:  # noqa: B027 - any finite numbers will do, unless a kind objects
        """Raise `InvalidInput` if such units can't take all values from `low` to `high`, which are finite."""


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


@dataclass(frozen=True)
class Rectified(Unit):
    """Hidden units that are max(0, x + noise), the noise of variance sigmoid(x).

    They stand for infinitely many copies of a Bernoulli unit with biases that fall by 1 from copy to copy: the sum has
    mean log(1 + e^x) and variance sigmoid(x), of which the draw above is a fast approximation.

    Example:
        >>> Rectified().mean(torch.tensor([-2.0, 0.0, 2.0]))
        tensor([0.1269, 0.6931, 2.1269])

    References:
        Nair, Hinton 2010, Rectified linear units improve restricted Boltzmann machines.
    """

    name = "rectified"
    noise = "normal"

    def mean(self, x: Tensor) -> Tensor:
        return softplus(x)

    def sample(self, mean: Tensor, noise: Tensor, out: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        share = -torch.expm1(-mean)  # sigmoid(x), since mean = -log(1 - sigmoid(x))
        x = mean + share.log()
        return torch.add(x, noise.mul_(share.sqrt_()), out=out).clamp_min_(0)

    def log_partition(self, x: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        """Return the integral of log(1 + e^t) up to x, which is -Li2(-e^x): the sum over the copies."""
        below = _dilogarithm(softplus(torch.where(x > 0, -x, x)))  # the series is for x <= 0; larger x by reflection
        return torch.where(x > 0, math.pi**2 / 6 + x.square() / 2 - below, below)

    def energy(self, state: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        raise InvalidInput(
            "Rectified units must be hidden units: as visible units they have no energy of their own",
            cure='Use visible="gaussian" on the standardized codes.',
        )


def softplus(x: Tensor) -> Tensor:
    """Return log(1 + e^x). torch's own is x above 20, which is off by 2e-9."""
    return functional.softplus(x, threshold=50)


# Bernoulli numbers B_n over (n + 1)!, for n = 0, 1, 2, 4, ..., 14, with the signs of -Li2(-e^x) in s = log(1 + e^x):
# for x <= 0, s is at most log 2, and the next term is below 1e-17
_SERIES = (
    (1, 1.0),
    (2, 1 / 4),
    (3, 1 / 36),
    (5, -1 / 3600),
    (7, 1 / 211680),
    (9, -1 / 10886400),
    (11, 5 / 2634508800),
    (13, -691 / 2730 / math.factorial(13)),
    (15, 7 / 6 / math.factorial(15)),
)


def _dilogarithm(s: Tensor) -> Tensor:
    return torch.stack([factor * s**power for power, factor in _SERIES]).sum(0)


UNITS: Registry[Unit] = Registry("kind of unit", {unit.name: unit for unit in (Bernoulli(), Gaussian(), Rectified())})
"""The kinds by name; a `Gaussian(...)` with settings of its own is handed in as it is."""


def as_unit(unit: str | Unit) -> Unit:
    """Return the unit of this name, or the unit itself."""
    return unit if isinstance(unit, Unit) else UNITS[unit]
