"""Units that are 0 or positive."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from layerwise._base import InvalidInput
from layerwise.pretraining.rbm._bernoulli import softplus
from layerwise.pretraining.rbm._unit import Unit


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
