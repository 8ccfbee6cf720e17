"""Chains that trade temperatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text
from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining.rbm._chains import Chains
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._noise import Noise
from layerwise.pretraining.rbm._settings import RBMTraining


class Tempered(Chains):
    """Parallel tempering: copies of the chains at inverse temperatures from 1 to 0, where states are free to move;
    neighbors trade states with probability min(1, exp((beta - beta') (E - E'))).
    """

    persistent = True

    def __init__(
        self,
        layers: Layers,
        n: int,
        settings: RBMTraining,
        sources: Sequence[torch.Generator],
        together: Processes = ALONE,
    ) -> None:
        _check_binary(layers)
        _check_alone(together)
        n_levels = settings.temperatures
        super().__init__(layers, n * n_levels, settings, sources)
        seeds, n_visible, _ = layers.weight.shape
        self._levels, self._n = n_levels, n
        self._beta = torch.linspace(1, 0, n_levels).to(layers.weight) if n_levels > 1 else layers.weight.new_ones(1)
        self._rows = self._beta.repeat_interleave(n).view(1, -1, 1)
        self._v = layers.weight.new_empty(seeds, n * n_levels, n_visible)
        self._x = torch.empty_like(self.h)
        self._swap_noise = Noise("uniform", (seeds, n_levels, n), layers.weight, sources)
        self._parity = 0
        super().hidden(torch.full_like(self.h, 0.5))

    def visible(self, out: Tensor) -> None:
        for _ in range(self.settings.steps):
            self._round()
            self._trade()
        out.copy_(self._v[:, : self._n])

    def hidden(self, mean: Tensor) -> None:
        """Do nothing: the states of all temperatures were drawn and traded by `visible`."""

    def state(self) -> dict[str, Any]:
        own = {"v": self._v.clone(), "x": self._x.clone(), "parity": self._parity}
        return super().state() | own | {"swap_noise": self._swap_noise.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        super().load_state(state)
        self._swap_noise.load_state(state["swap_noise"])
        self._v.copy_(state["v"])
        self._x.copy_(state["x"])
        self._parity = state["parity"]

    def _round(self) -> None:
        layers = self.layers
        mean = layers.visible.mean_(layers.visible_input(self.h, self._v).mul_(self._rows))
        layers.draw_visible(mean, self._visible_noise.next(), self._v)
        layers.hidden_input(self._v, self._x)
        mean = layers.hidden.mean_(self._x * self._rows)
        layers.draw_hidden(mean, self._hidden_noise.next(), self.h)

    def _trade(self) -> None:
        """Let every second pair of neighbors trade, and next time the others."""
        shape = (len(self.h), self._levels, self._n)
        energy = -((self._v * self.layers.visible_bias).sum(-1) + (self._x * self.h).sum(-1)).view(shape)
        uniform = self._swap_noise.next()
        place = torch.arange(self._levels, device=energy.device).view(1, -1, 1).expand(shape).clone()
        upper = torch.arange(self._parity, self._levels - 1, 2, device=energy.device)
        gain = (self._beta[upper] - self._beta[upper + 1]).view(1, -1, 1) * (energy[:, upper] - energy[:, upper + 1])
        trades = (uniform[:, upper].log() < gain).long()
        place[:, upper] += trades
        place[:, upper + 1] -= trades
        self._v.copy_(_taken(self._v, place))
        self.h.copy_(_taken(self.h, place))
        self._parity = 1 - self._parity


def _taken(states: Tensor, place: Tensor) -> Tensor:
    """Return `states` [seed, level * chain, unit] with the level of each chain taken from `place`."""
    by_level = states.view(*place.shape, -1)
    return by_level.gather(1, place.unsqueeze(-1).expand_as(by_level)).view_as(states)


def _check_binary(layers: Layers) -> None:
    kinds = layers.visible.name, layers.hidden.name
    if kinds != ("bernoulli", "bernoulli"):
        raise InvalidInput(
            "`method` 'tempering' needs Bernoulli units on both sides",
            got=Text(" and ".join(kinds)),
            cure="Use method='pcd'.",
        )


def _check_alone(together: Processes) -> None:
    if together.n > 1:
        raise InvalidInput(
            "`method` 'tempering' trades states between all chains, which must be in one process",
            got=Text(f"{together.n} processes"),
            cure="Use method='pcd'.",
        )
