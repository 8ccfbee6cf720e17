"""The partition function by enumeration, and what a machine expects of itself: exact, in float64."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text
from layerwise.pretraining.rbm._bernoulli import Bernoulli
from layerwise.pretraining.rbm._rbm import RBM

MOST_UNITS = 25
"""Largest side to enumerate: 2^25 states. One more doubles the time."""

_NUMBERS = 2**21
"""Numbers held at a time while enumerating: 16 MiB in float64, which is as fast as larger blocks."""


def log_partition(rbm: RBM) -> Tensor:
    """Return log Z of each machine, [] or [seed], in float64: the sum over all states of the smaller Bernoulli side.

    The states of the other side are summed in closed form, so the cost is 2^n products of a state with the weights,
    n the units of the side enumerated, at most 25; memory stays bounded.

    Raises:
        InvalidInput: neither side is Bernoulli with at most 25 units.

    Example:
        >>> import math
        >>> machine = RBM(6, 2, weight_std=0.0, generator=torch.Generator())
        >>> math.isclose(log_partition(machine).item(), 8 * math.log(2))  # all 2^8 states are equal
        True
    """
    with torch.no_grad():
        side = Side.smaller(rbm)
        total = side.log_weights(next(side.blocks(1)))[..., :0].sum(-1) - torch.inf
        for states in side.blocks():
            total = torch.logaddexp(total, side.log_weights(states).logsumexp(-1))
        return total


def can_enumerate(rbm: RBM) -> bool:
    """Return whether `log_partition` can be had by enumeration."""
    return bool(_candidates(rbm))


@torch.no_grad()
def expectations(rbm: RBM) -> dict[str, Tensor]:
    """Return the `statistics` that the machine itself expects, by parameter name, exactly, in float64.

    Raises:
        InvalidInput: as `log_partition`.
    """
    side = Side.smaller(rbm)
    log_z = log_partition(rbm).unsqueeze(-1)
    found: dict[str, Tensor] = {}
    for states in side.blocks():
        share = (side.log_weights(states) - log_z).exp()
        for name, value in side.statistics(states, share).items():
            found[name] = found[name] + value if name in found else value
    if "log_variance" in found:
        found["log_variance"] += 0.5  # visible means were put in where it takes squares; the variance itself is missing
    return found


@torch.no_grad()
def exact_sample(rbm: RBM, n: int, *, generator: torch.Generator) -> Tensor:
    """Return `n` independent draws of the visible units from the model itself, [row, visible], of a single machine.

    Raises:
        InvalidInput: as `log_partition`; or the machine is a population, or has more than 2^20 states to draw from.
    """
    side = Side.smaller(rbm)
    if rbm.seeds is not None or side.n_units > 20:
        raise InvalidInput(
            "Exact samples are drawn from a single machine with a side of at most 20 units",
            got=Text(f"{rbm}"),
            cure="Use `sample`, with long chains.",
        )
    logs = torch.cat([side.log_weights(states) for states in side.blocks()])
    chosen = torch.multinomial(logs.softmax(0), n, replacement=True, generator=generator)
    states = bits(chosen, side.n_units)
    if not side.is_hidden:
        return states.to(rbm.weight.dtype)
    return side.rbm.draw_visible(side.rbm.visible_mean(states), [generator]).to(rbm.weight.dtype)


@dataclass(frozen=True)
class Side:
    """The layer whose states are enumerated, of a machine in float64."""

    rbm: RBM
    is_hidden: bool
    n_units: int

    @classmethod
    def smaller(cls, rbm: RBM) -> Side:
        """Return the smaller Bernoulli side, or raise `InvalidInput` where none is small enough."""
        found = _candidates(rbm)
        if not found:
            raise InvalidInput(
                f"Enumeration needs a side of at most {MOST_UNITS} Bernoulli units",
                got=Text(f"{rbm}"),
                cure="Estimate log Z with `ais` and `reverse_ais`, or use `pseudo_log_likelihood`.",
            )
        n_units, is_hidden = min(found)
        return cls(copy.deepcopy(rbm).double(), is_hidden, n_units)

    def log_weights(self, states: Tensor) -> Tensor:
        """Return log of the sum over the other layer of exp(-E), [..., state]."""
        rbm = self.rbm
        if not self.is_hidden:
            return -rbm.free_energy(states)
        bias, x = rbm.visible_bias.unsqueeze(-2), rbm.visible_input(states)
        own = rbm.hidden.energy(states, rbm.hidden_bias.unsqueeze(-2)).sum(-1)
        return rbm.visible.log_partition(x, bias, variance=rbm.variance).sum(-1) - own

    def statistics(self, states: Tensor, share: Tensor) -> dict[str, Tensor]:
        """Return the `statistics` of these states and the other side's means, in which E is linear."""
        rbm = self.rbm
        if self.is_hidden:
            return statistics(rbm, rbm.visible_mean(states), states, share)
        return statistics(rbm, states, rbm.hidden_mean(states), share)

    def blocks(self, most: int | None = None) -> Iterator[Tensor]:
        """Yield all states as float64 [state, unit], in blocks that keep memory bounded."""
        other = self.rbm.n_visible if self.is_hidden else self.rbm.n_hidden
        size = most or max(1, _NUMBERS // (other * self.rbm.n_machines))
        for start in range(0, 2**self.n_units, size):
            stop = min(start + size, 2**self.n_units)
            yield bits(torch.arange(start, stop, device=self.rbm.weight.device), self.n_units)


def bits(numbers: Tensor, n: int) -> Tensor:
    """Return the lowest `n` bits of whole numbers, the lowest first, as float64 [number, bit]."""
    return (numbers.unsqueeze(-1) >> torch.arange(n, device=numbers.device) & 1).double()


def _candidates(rbm: RBM) -> list[tuple[int, bool]]:
    sides = ((rbm.n_hidden, rbm.hidden, True), (rbm.n_visible, rbm.visible, False))
    return [(n, is_hidden) for n, unit, is_hidden in sides if isinstance(unit, Bernoulli) and n <= MOST_UNITS]


def statistics(rbm: RBM, v: Tensor, h: Tensor, share: Tensor) -> dict[str, Tensor]:
    """Return the sum over rows, weighted by `share` [..., row], of what multiplies each parameter in -E(v, h), by name.

    For biases of Gaussian units, and for `log_variance`, up to constants that are the same for data and model.
    """
    scaled, share = v / rbm.variance, share.unsqueeze(-1)
    found = {
        "weight": (scaled * share).mT @ h,
        "visible_bias": (scaled * share).sum(-2),
        "hidden_bias": (h * share).sum(-2),
    }
    if rbm.log_variance is not None:
        bias = rbm.visible_bias.unsqueeze(-2)
        own = (v - bias).square() / 2 - v * (rbm.visible_input(h) - bias)
        found["log_variance"] = (own / rbm.variance * share).sum(-2)
    return found
