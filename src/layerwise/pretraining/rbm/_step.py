"""One step of training: two phases, one product of their statistics."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import torch
from torch import Tensor

from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining.rbm._ascent import Ascent
from layerwise.pretraining.rbm._centering import Offsets
from layerwise.pretraining.rbm._in_lanes import InLanes
from layerwise.pretraining.rbm._lane import Lane
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._methods import CHAINS
from layerwise.pretraining.rbm._settings import RBMTraining

_ACTIVITY_DECAY = 0.9
"""How slowly the mean activity of hidden units is followed, as in Hinton's guide."""

_TWO_LANES = 2**24
"""Multiplications of one product from which on a step is worth two threads; handing work over takes about 50 us."""


class Step:
    """Updates `layers` in place, a batch at a time. All buffers are made here, once.

    A large step runs in two lanes, each with half of the rows and then with half of the weights. It does so with one
    thread, too: the number of cores changes the time and not a bit of the result.
    """

    def __init__(
        self,
        layers: Layers,
        n_rows: int,
        settings: RBMTraining,
        sources: Sequence[torch.Generator],
        pool: Executor | None = None,
        together: Processes = ALONE,
    ) -> None:
        n_chains = (settings.chains or n_rows) if CHAINS[settings.method].persistent else n_rows
        seeds, n_visible, n_hidden = layers.weight.shape
        is_large = n_rows * n_visible * n_hidden >= _TWO_LANES
        n_lanes = 2 if is_large and n_rows % 2 == n_chains % 2 == 0 else 1
        self.layers, self.settings, self._together = layers, settings, together
        self.offsets: Offsets | None = None
        self.momentum = 0.0
        own, own_chains = together.own(n_rows // n_lanes), together.own(n_chains // n_lanes)
        n_own, n_own_chains = own.stop - own.start, own_chains.stop - own_chains.start
        self.v = layers.weight.new_empty(seeds, n_lanes * (n_own + n_own_chains), n_visible)
        self.h = layers.weight.new_empty(seeds, n_lanes * (n_own + n_own_chains), n_hidden)
        self._sources = _by_lane(sources, n_lanes)
        self.lanes = [
            Lane(layers, v, h, n_own, settings, one, n_chains=n_chains // n_lanes, together=together)
            for v, h, one in zip(self.v.chunk(n_lanes, 1), self.h.chunk(n_lanes, 1), self._sources, strict=True)
        ]
        starts = [k * (n_rows // n_lanes) for k in range(n_lanes)]
        self._own = [slice(start + own.start, start + own.stop) for start in starts]  # each lane's rows of a batch
        self._in_lanes = InLanes(n_lanes, pool)
        self._sign = layers.weight.new_tensor(([1.0] * n_own + [-n_rows / n_chains] * n_own_chains) * n_lanes).view(
            1, -1, 1
        )
        self._is_data = (self._sign > 0).to(layers.weight)
        self._data_mean = (self._is_data / n_rows).mT.expand(seeds, -1, -1)
        self._rate = settings.learning_rate / n_rows
        self._ascent = Ascent(layers, settings, n_rows, self._sign.mT, self._in_lanes, together)
        self._activity = torch.full_like(layers.hidden_bias, settings.sparsity_target or 0.0)

    def __call__(self, rows: Tensor) -> None:
        """Learn from `rows`, [seed, row, visible]."""
        self._in_lanes(lambda k: self.lanes[k](rows[:, self._own[k]]))
        self._learn()

    def _learn(self) -> None:
        """Move the parameters along < v h > of the data minus < v h > of the chains."""
        layers, settings, h = self.layers, self.settings, self.h
        v = layers.scaled(self.v)
        if settings.sparsity_target is not None:
            self._pull(settings.sparsity_target)
        if layers.log_variance is not None:
            self._learn_variance(layers.log_variance)
        if self.offsets:
            self.offsets.follow_(*self._summed(self._data_mean @ v, self._data_mean @ h))
            v, h = v.sub_(self.offsets.visible), h.sub_(self.offsets.hidden)  # sums of signed rows stay as they are
        self._ascent.step_(v, h.mul_(self._sign), self.momentum)
        if self.offsets and self._ascent.velocity is not None:
            self.offsets.shift_(layers, self._ascent.velocity)

    def _summed(self, *values: Tensor) -> tuple[Tensor, ...]:
        """Return `values`, each turned into its sum over the processes."""
        self._together.sum_(*values)
        return values

    def _pull(self, target: float) -> None:
        """Add to the data's hidden states what brings their mean activity to `target`."""
        (mean,) = self._summed(self._data_mean @ self.h)
        self._activity.lerp_(mean, 1 - _ACTIVITY_DECAY)
        self.h.addcmul_(self._is_data, (target - self._activity).mul_(self.settings.sparsity_cost))

    def _learn_variance(self, log_variance: Tensor) -> None:
        """Move the log-variances along ((v - b)^2 / 2 - v W h) / variance, within their bounds."""
        layers = self.layers
        own = (self.v - layers.visible_bias).square_().div_(2)
        own.sub_(self.v * (self.h @ layers.weight.mT)).div_(log_variance.exp())
        low, high = (math.log(bound) for bound in layers.visible.variance_bounds)
        (gradient,) = self._summed((own * self._sign).sum(1, keepdim=True))
        log_variance.add_(gradient, alpha=self._rate * self.settings.variance_rate).clamp_(low, high)

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on, but the machines themselves."""
        moving = [value.clone() for value in self._moving()]
        sources = [[source.get_state() for source in lane] for lane in self._sources]
        return {"moving": moving, "sources": sources, "chains": [lane.chains.state() for lane in self.lanes]}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        for own, value in zip(self._moving(), state["moving"], strict=True):
            own.copy_(value)
        for lane, chains in zip(self.lanes, state["chains"], strict=True):
            lane.chains.load_state(chains)
        for sources, kept in zip(self._sources, state["sources"], strict=True):
            for source, value in zip(sources, kept, strict=True):
                source.set_state(value)
        if self.layers.rounded is not None:
            self.layers.rounded.copy_(self.layers.weight)

    def _moving(self) -> list[Tensor]:
        """Return what follows the steps."""
        offsets = [] if self.offsets is None else [self.offsets.visible, self.offsets.hidden]
        return [*self._ascent.state(), self._activity, *offsets]


def _by_lane(sources: Sequence[torch.Generator], n_lanes: int) -> list[Sequence[torch.Generator]]:
    """Return generators for each lane: the given ones for the first, and children of theirs for each other."""
    return [sources, *([_child(source) for source in sources] for _ in range(1, n_lanes))]


def _child(source: torch.Generator) -> torch.Generator:
    seed = torch.randint(2**62, (), generator=source, device=source.device).item()
    return torch.Generator(source.device).manual_seed(int(seed))
