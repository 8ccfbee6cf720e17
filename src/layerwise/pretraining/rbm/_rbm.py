"""The restricted Boltzmann machine: its parameters, conditionals and free energy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, Text, positive_int
from layerwise.initializers import normal_
from layerwise.pretraining.rbm._noise import Generators, as_generators, noise
from layerwise.pretraining.rbm._unit import Unit
from layerwise.pretraining.rbm._units import as_unit


class RBM(nn.Module):
    """Two layers of units with weights between them and none within: p(v, h) = exp(-E(v, h)) / Z.

        E(v, h) = e(v; visible_bias) + e(h; hidden_bias) - (v / variance) W h

    with the energies e of the kinds of units, so for Bernoulli units E = -b v - c h - v W h. With `seeds` it is that
    many machines in one: parameters have a leading seed axis, and so has everything that comes back. It is made on the
    device of its generator.

    Attributes:
        weight: [visible, hidden], with `seeds` [seed, visible, hidden]; drawn from N(0, weight_std^2).
        visible_bias, hidden_bias: [visible], [hidden], with `seeds` [seed, ...]; 0.
        log_variance: [visible], with `seeds` [seed, visible], where visible units learn theirs; else None.

    Data is [row, visible], for all machines or, as [seed, row, visible], for each its own.

    Raises:
        UnknownName: a kind of unit that is not there.
        InvalidInput: a number is out of its range, or there is not a generator for each seed.

    Example:
        >>> machine = RBM(4, 3, generator=torch.Generator().manual_seed(0))
        >>> machine.free_energy(torch.zeros(2, 4))  # -3 log 2: visible units at 0, hidden ones free
        tensor([-2.0794, -2.0794], grad_fn=<SubBackward0>)

    References:
        Hinton 2002, Training products of experts by minimizing contrastive divergence.
    """

    weight: nn.Parameter
    log_variance: nn.Parameter | None

    def __init__(
        self,
        n_visible: int,
        n_hidden: int,
        *,
        visible: str | Unit = "bernoulli",
        hidden: str | Unit = "bernoulli",
        seeds: int | None = None,
        weight_std: float = 0.01,
        generator: Generators,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__()
        self.visible, self.hidden = _units(visible, hidden)
        self.seeds = None if seeds is None else positive_int("seeds", seeds)
        lead = () if seeds is None else (seeds,)
        sizes = positive_int("n_visible", n_visible), positive_int("n_hidden", n_hidden)
        sources = as_generators(generator, self.n_machines)
        like = torch.empty(0, dtype=dtype, device=sources[0].device)
        weight = like.new_empty(seeds or 1, *sizes)
        for part, source in zip(weight, sources, strict=True):
            normal_(part, weight_std, generator=source)
        self.weight = nn.Parameter(weight.reshape(*lead, *sizes))
        self.visible_bias = nn.Parameter(like.new_zeros(*lead, n_visible))
        self.hidden_bias = nn.Parameter(like.new_zeros(*lead, n_hidden))
        start = like.new_full((*lead, n_visible), math.log(self.visible.initial_variance))
        self.log_variance = nn.Parameter(start) if self.visible.learned_variance else None

    @property
    def n_visible(self) -> int:
        """Visible units."""
        return self.weight.shape[-2]

    @property
    def n_hidden(self) -> int:
        """Hidden units."""
        return self.weight.shape[-1]

    @property
    def n_machines(self) -> int:
        """Machines in one: the seeds, or 1."""
        return self.seeds or 1

    @property
    def variance(self) -> Tensor | float:
        """Variance of the visible units: a number, or [..., 1, visible] where it is learned; 1 for other units."""
        if self.log_variance is None:
            return self.visible.initial_variance
        return self.log_variance.exp().unsqueeze(-2)

    def hidden_input(self, v: Tensor) -> Tensor:
        """Return what the hidden units get from `v`: c + (v / variance) W, [..., row, hidden]."""
        return (v / self.variance) @ self.weight + self.hidden_bias.unsqueeze(-2)

    def visible_input(self, h: Tensor) -> Tensor:
        """Return what the visible units get from `h`: b + h W^T, [..., row, visible]."""
        return h @ self.weight.mT + self.visible_bias.unsqueeze(-2)

    def hidden_mean(self, v: Tensor) -> Tensor:
        """Return the mean of the hidden units given `v`; for Bernoulli units their probabilities."""
        return self.hidden.mean(self.hidden_input(v))

    def visible_mean(self, h: Tensor) -> Tensor:
        """Return the mean of the visible units given `h`."""
        return self.visible.mean(self.visible_input(h))

    def forward(self, v: Tensor) -> Tensor:
        """Return the codes of `v`: the means of the hidden units."""
        return self.hidden_mean(self.checked(v))

    def reconstruct(self, v: Tensor) -> Tensor:
        """Return the mean-field reconstruction of `v`: the visible means given the hidden means."""
        return self.visible_mean(self.hidden_mean(self.checked(v)))

    def free_energy(self, v: Tensor) -> Tensor:
        """Return F(v) = -log of the sum over h of exp(-E(v, h)), [..., row]; so p(v) = exp(-F(v)) / Z."""
        own = self.visible.energy(self.checked(v), self.visible_bias.unsqueeze(-2), variance=self.variance)
        rest = self.hidden.log_partition(self.hidden_input(v), self.hidden_bias.unsqueeze(-2))
        return own.sum(-1) - rest.sum(-1)

    @torch.no_grad()
    def gibbs(self, v: Tensor, steps: int = 1, *, generator: Generators) -> Tensor:
        """Return where `steps` rounds of Gibbs sampling, hidden then visible, lead from `v`: [..., row, visible].

        Example:
            >>> source = torch.Generator().manual_seed(0)
            >>> RBM(2, 3, generator=source).gibbs(torch.zeros(2, 2), 5, generator=source)
            tensor([[1., 1.],
                    [0., 0.]])
        """
        sources = as_generators(generator, self.n_machines)
        v = self.checked(v)
        for _ in range(positive_int("steps", steps)):
            h = self.draw_hidden(self.hidden_mean(v), sources)
            v = self.draw_visible(self.visible_mean(h), sources)
        return v

    def sample(self, n: int, steps: int = 1000, *, generator: Generators) -> Tensor:
        """Return `n` rows after `steps` rounds of Gibbs sampling from random states. Short chains don't mix."""
        sources = as_generators(generator, self.n_machines)
        lead = () if self.seeds is None else (self.seeds,)
        mean = self.weight.new_full((*lead, positive_int("n", n), self.n_visible), 0.5)
        return self.gibbs(self.draw_visible(mean, sources), steps, generator=sources)

    def draw_hidden(self, mean: Tensor, sources: Sequence[torch.Generator]) -> Tensor:
        """Return a draw of the hidden units given their means."""
        return self.hidden.sample(mean, noise(self.hidden.noise, mean, sources), torch.empty_like(mean))

    def draw_visible(self, mean: Tensor, sources: Sequence[torch.Generator]) -> Tensor:
        """Return a draw of the visible units given their means."""
        random = noise(self.visible.noise, mean, sources)
        return self.visible.sample(mean, random, torch.empty_like(mean), variance=self.variance)

    def checked(self, v: Tensor) -> Tensor:
        """Return `v`, or raise `InvalidInput` where its width or its seeds do not fit."""
        if not isinstance(v, Tensor) or v.ndim < 2 or v.shape[-1] != self.n_visible:
            shape = list(v.shape) if isinstance(v, Tensor) else Text(f"a {type(v).__name__}")
            raise InvalidInput(
                f"Data must be a tensor [row, {self.n_visible}], a column for each visible unit",
                got=shape,
                cure="Make the RBM with `n_visible` = the number of columns.",
            )
        if v.ndim > 3 or (v.ndim == 3 and v.shape[0] not in (1, self.seeds)):
            raise InvalidInput(f"A leading seed axis of data must have {self.n_machines} entries", got=list(v.shape))
        return v

    def extra_repr(self) -> str:
        """Return sizes and kinds of units."""
        seeds = "" if self.seeds is None else f", seeds={self.seeds}"
        return f"{self.n_visible} {self.visible.name}, {self.n_hidden} {self.hidden.name}{seeds}"


def _units(visible: str | Unit, hidden: str | Unit) -> tuple[Unit, Unit]:
    above, below = as_unit(hidden), as_unit(visible)
    if below.name == "rectified":
        below.energy(torch.empty(0), torch.empty(0))
    if above.learned_variance or above.initial_variance != 1:
        raise InvalidInput("`hidden` Gaussian units must have variance 1: the weights scale them", got=above)
    return below, above
