"""A sigmoid neuron's gradient: the lecture's formula, and that of half the square and of the whole one."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerwise.lecture._exact import ROUNDING, Sides
from layerwise.records import ClaimVerdict

CONDITION = (
    "The formula belongs to half the square, L = (f - y)^2 / 2. For the plain square (f - y)^2 it must be doubled."
)


class Neurons(NamedTuple):
    """Random neurons f = sigmoid(w x + b), each with an example: `w` and `x` are [neuron, input], `b`, `y` [neuron]."""

    w: Tensor
    b: Tensor
    x: Tensor
    y: Tensor

    @classmethod
    def drawn(cls, n: int, n_inputs: int, generator: torch.Generator) -> Neurons:
        """Return `n` of them in float64, all numbers unit Gaussian."""
        w, x = torch.randn(2, n, n_inputs, generator=generator, dtype=torch.float64)
        b, y = torch.randn(2, n, generator=generator, dtype=torch.float64)
        return cls(w, b, x, y)

    def output(self, w: Tensor | None = None) -> Tensor:
        """Return f of each, with other weights if given."""
        return torch.sigmoid(((self.w if w is None else w) * self.x).sum(1) + self.b)

    def error_signal(self) -> Tensor:
        """Return (f - y) f (1 - f), which all weights of a neuron share."""
        f = self.output()
        return (f - self.y) * f * (1 - f)

    def formula(self) -> Tensor:
        """Return the lecture's gradient, (f - y) f (1 - f) x_i."""
        return self.error_signal().unsqueeze(1) * self.x

    def by_autograd(self, factor: float) -> Tensor:
        """Return the gradient of factor (f - y)^2 by back-propagation."""
        free = self.w.clone().requires_grad_()
        loss = (factor * (self.output(free) - self.y) ** 2).sum()
        return torch.autograd.grad(loss, free)[0]


class Readings(NamedTuple):
    """The lecture's formula held to both losses it may belong to, and twice the formula to the second."""

    halved: Sides
    plain: Sides
    doubled: Sides

    @classmethod
    def of(cls, neurons: Neurons) -> Readings:
        """Compare the formula with back-propagation."""
        formula, whole = neurons.formula(), neurons.by_autograd(1.0)
        return cls(
            Sides("formula, L = (f - y)^2 / 2", formula, neurons.by_autograd(0.5)),
            Sides("formula, L = (f - y)^2", formula, whole),
            Sides("twice the formula, L = (f - y)^2", 2 * formula, whole),
        )

    def verdict(self) -> ClaimVerdict:
        """Return `holds if` where the formula is the gradient of half the square alone."""
        if self.plain.difference <= ROUNDING:
            return "holds"
        return "holds if" if self.halved.difference <= ROUNDING else "does not hold"

    def condition(self) -> str:
        """Return what of the wording is put right, if anything."""
        return CONDITION if self.verdict() == "holds if" else ""
