"""The machine inside the training loop: plain tensors with a seed axis, products into buffers, no autograd."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from layerwise.pretraining.rbm._rbm import RBM
from layerwise.pretraining.rbm._unit import Unit


@dataclass(frozen=True)
class Layers:
    """The parameters of `rbm` itself, not copies, each with a seed axis: weight [seed, visible, hidden], biases
    [seed, 1, unit]; `rounded` is a copy of the weight that products are made with, where they are to be less exact.
    """

    visible: Unit
    hidden: Unit
    weight: Tensor
    visible_bias: Tensor
    hidden_bias: Tensor
    log_variance: Tensor | None
    rounded: Tensor | None = None

    @classmethod
    def of(cls, rbm: RBM, autocast: str | None = None) -> Layers:
        """Return the parameters of `rbm`, to be multiplied as they are or rounded to `autocast`."""
        lead, log_variance = rbm.n_machines, rbm.log_variance
        weight = rbm.weight.detach().view(lead, rbm.n_visible, rbm.n_hidden)
        return cls(
            rbm.visible,
            rbm.hidden,
            weight,
            rbm.visible_bias.detach().view(lead, 1, rbm.n_visible),
            rbm.hidden_bias.detach().view(lead, 1, rbm.n_hidden),
            None if log_variance is None else log_variance.detach().view(lead, 1, rbm.n_visible),
            None if autocast is None else weight.to(getattr(torch, autocast)),
        )

    def part(self, machines: slice) -> Layers:
        """Return the parameters of some of the machines: views, not copies."""
        log_variance = None if self.log_variance is None else self.log_variance[machines]
        weight, biases = self.weight[machines], (self.visible_bias[machines], self.hidden_bias[machines])
        rounded = None if self.rounded is None else self.rounded[machines]
        return Layers(self.visible, self.hidden, weight, *biases, log_variance, rounded)

    @property
    def variance(self) -> Tensor | float:
        """Variance of the visible units."""
        return self.visible.initial_variance if self.log_variance is None else self.log_variance.exp()

    def scaled(self, v: Tensor) -> Tensor:
        """Return v / variance; `v` itself where that is 1."""
        return v if self.log_variance is None and self.visible.initial_variance == 1 else v / self.variance

    def hidden_input(self, v: Tensor, out: Tensor) -> Tensor:
        """Return `out` filled with the inputs of the hidden units."""
        if self.rounded is None and out.is_contiguous():
            return torch.baddbmm(self.hidden_bias, self.scaled(v), self.weight, out=out)
        if self.rounded is None:  # a product into parts of a buffer takes 1.5 times as long as one and a copy
            return out.copy_(torch.baddbmm(self.hidden_bias, self.scaled(v), self.weight))
        return torch.add(self.hidden_bias, product(self.scaled(v), self.rounded, self.rounded), out=out)

    def hidden_mean(self, v: Tensor, out: Tensor) -> Tensor:
        """Return `out` filled with the means of the hidden units given `v`."""
        return self.hidden.mean_(self.hidden_input(v, out))

    def visible_input(self, h: Tensor, out: Tensor) -> Tensor:
        """Return `out` filled with the inputs of the visible units."""
        if self.rounded is None:
            return torch.baddbmm(self.visible_bias, h, self.weight.mT, out=out)
        return torch.add(self.visible_bias, product(h, self.rounded.mT, self.rounded), out=out)

    def visible_mean(self, h: Tensor, out: Tensor) -> Tensor:
        """Return `out` filled with the means of the visible units given `h`."""
        return self.visible.mean_(self.visible_input(h, out))

    def draw_hidden(self, mean: Tensor, noise: Tensor, out: Tensor) -> Tensor:
        """Return `out` filled with a draw of the hidden units."""
        return self.hidden.sample(mean, noise, out)

    def draw_visible(self, mean: Tensor, noise: Tensor, out: Tensor) -> Tensor:
        """Return `out` filled with a draw of the visible units; `out` may be `mean`."""
        return self.visible.sample(mean, noise, out, variance=self.variance)


def product(a: Tensor, b: Tensor, rounded: Tensor | None) -> Tensor:
    """Return a product as exact as `rounded` is, its sums in float32, its entries rounded."""
    a, b = (a, b) if rounded is None else (a.to(rounded.dtype), b.to(rounded.dtype))
    if len(a) > 1:
        return torch.bmm(a, b)
    return torch.mm(a[0], b[0]).unsqueeze(0)  # one batched product by a transpose takes 1.6 times as long
