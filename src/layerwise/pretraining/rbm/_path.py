"""The machines between independent units and one that is to be measured."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor

from layerwise._base import InvalidInput
from layerwise.pretraining.rbm._rbm import RBM


@dataclass(frozen=True)
class Path:
    """The machines between independent units (beta 0) and `rbm` (beta 1), in float64."""

    rbm: RBM
    base_bias: Tensor

    @classmethod
    def between(cls, rbm: RBM, base_bias: Tensor | None) -> Path:
        """Return the path, or raise `InvalidInput`."""
        if rbm.hidden.name == "rectified":
            raise InvalidInput(
                "Annealing needs units that are drawn exactly: Bernoulli or Gaussian", got=rbm.hidden.name
            )
        exact = copy.deepcopy(rbm).double()
        base = exact.visible_bias if base_bias is None else base_bias.double()
        if base.shape[-1:] != (rbm.n_visible,):
            raise InvalidInput(f"`base_bias` must have {rbm.n_visible} entries", got=list(base.shape))
        return cls(exact, base.expand_as(exact.visible_bias))

    def bias(self, beta: float) -> Tensor:
        """Return the visible biases at `beta`, [..., 1, visible]."""
        return torch.lerp(self.base_bias, self.rbm.visible_bias, beta).unsqueeze(-2)

    def log_base(self) -> Tensor:
        """Return log Z at beta 0, [...]: each visible unit alone, and each hidden unit alone."""
        base, none = self.base_bias, torch.zeros_like(self.rbm.hidden_bias)
        variance = self.rbm.variance
        flat = variance.squeeze(-2) if isinstance(variance, Tensor) else variance
        visible = self.rbm.visible.log_partition(base, base, variance=flat).sum(-1)
        return visible + self.rbm.hidden.log_partition(none, none).sum(-1)

    def coupling(self, v: Tensor) -> Tensor:
        """Return hidden inputs at beta 1; at others they are beta times that, so one product serves two."""
        return self.rbm.hidden_input(v)

    def free_energy(self, v: Tensor, x: Tensor, beta: float) -> Tensor:
        """Return the free energy of `v`, whose hidden inputs at beta 1 are `x`, at `beta`, [..., run]."""
        own = self.rbm.visible.energy(v, self.bias(beta), variance=self.rbm.variance).sum(-1)
        hidden_bias = beta * self.rbm.hidden_bias.unsqueeze(-2)
        return own - self.rbm.hidden.log_partition(beta * x, hidden_bias).sum(-1)

    def hidden_mean(self, x: Tensor, beta: float) -> Tensor:
        """Return the means of the hidden units at `beta`."""
        return self.rbm.hidden.mean(beta * x)

    def visible_mean(self, h: Tensor, beta: float) -> Tensor:
        """Return the means of the visible units at `beta`."""
        return self.rbm.visible.mean(beta * (h @ self.rbm.weight.mT) + self.bias(beta))

    def hidden_draw(self, x: Tensor, beta: float, sources: list[torch.Generator]) -> Tensor:
        """Return hidden units drawn at `beta`."""
        return self.rbm.draw_hidden(self.hidden_mean(x, beta), sources)

    def visible_draw(self, h: Tensor, beta: float, sources: list[torch.Generator]) -> Tensor:
        """Return visible units drawn at `beta`."""
        return self.rbm.draw_visible(self.visible_mean(h, beta), sources)
