"""One step of training: two phases, one product of their statistics."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import torch
from torch import Tensor

from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining.rbm._centering import Offsets
from layerwise.pretraining.rbm._chains import CHAINS
from layerwise.pretraining.rbm._lane import Lane
from layerwise.pretraining.rbm._layers import Layers
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
        self.layers, self.settings, self.pool, self._together = layers, settings, pool, together
        self.offsets: Offsets | None = None
        self.momentum = 0.0
        own_rows, own_chains = (len(range(n)[together.own(n)]) for n in (n_rows // n_lanes, n_chains // n_lanes))
        self.v = layers.weight.new_empty(seeds, n_lanes * (own_rows + own_chains), n_visible)
        self.h = layers.weight.new_empty(seeds, n_lanes * (own_rows + own_chains), n_hidden)
        minus, self._sources = -n_rows / n_chains, _by_lane(sources, n_lanes)
        self.lanes = [
            Lane(layers, v, h, own_rows, settings, one, n_chains=n_chains // n_lanes, minus=minus, together=together)
            for v, h, one in zip(self.v.chunk(n_lanes, 1), self.h.chunk(n_lanes, 1), self._sources, strict=True)
        ]
        sign = [1.0] * own_rows + [minus] * own_chains
        self._sign = layers.weight.new_tensor(sign * n_lanes).view(1, -1, 1)
        self._is_data = (self._sign > 0).to(layers.weight)
        self._data_mean = (self._is_data / n_rows).mT.expand(seeds, -1, -1)
        self._rate = settings.learning_rate / n_rows
        self._velocity = torch.zeros_like(layers.weight) if not self._is_plain() else None
        self._weights = layers.weight.chunk(n_lanes, 1)
        self._rounded = (None,) * n_lanes if layers.rounded is None else layers.rounded.chunk(n_lanes, 1)
        self._gradient = torch.empty_like(layers.weight) if together.n > 1 else None
        self._gradients = (None,) * n_lanes if self._gradient is None else self._gradient.chunk(n_lanes, 1)
        self._velocities = (None,) * n_lanes if self._velocity is None else self._velocity.chunk(n_lanes, 1)
        self._bias_velocities = torch.zeros_like(layers.visible_bias), torch.zeros_like(layers.hidden_bias)
        self._activity = torch.full_like(layers.hidden_bias, settings.sparsity_target or 0.0)

    def __call__(self, rows: Tensor) -> None:
        """Learn from `rows`, [seed, row, visible]."""
        parts = rows.chunk(len(self.lanes), 1)
        self._in_lanes(lambda k: self.lanes[k](self._together.rows_of(parts[k], 1)))
        self._learn()

    def _learn(self) -> None:
        """Move the parameters along < v h > of the data minus < v h > of the chains."""
        layers, settings, h = self.layers, self.settings, self.h
        v, difference = layers.scaled(self.v), layers.scaled(self._difference())
        if settings.sparsity_target is not None:
            self._pull(settings.sparsity_target)
        if layers.log_variance is not None:
            self._learn_variance(layers.log_variance)
        if self.offsets:
            self.offsets.follow_(*self._summed(self._data_mean @ v, self._data_mean @ h))
            v, h = v.sub_(self.offsets.visible), h.sub_(self.offsets.hidden)
        h.mul_(self._sign)
        visible_parts = v.chunk(len(self.lanes), 2)
        hidden = h.sum(1, keepdim=True)
        if self._gradient is not None:
            self._in_lanes(lambda k: self._gather(visible_parts[k], h, k))
            self._summed(self._gradient, difference, hidden)
        self._in_lanes(lambda k: self._move_weight(visible_parts[k], h, k))
        self._move_biases(difference, hidden)

    def _difference(self) -> Tensor:
        """Return the sum of the data's visible states minus that of the chains', [seed, 1, visible]."""
        return torch.stack([lane.difference for lane in self.lanes]).sum(0)

    def _move_weight(self, v: Tensor, h: Tensor, k: int) -> None:
        """Move the weights of part `k` of the visible units, whose states are `v`."""
        weight, velocity, rounded = self._weights[k], self._velocities[k], self._rounded[k]
        if velocity is None:
            self._add_gradient(weight, v, h, k)
        else:
            self._add_gradient(velocity, v, h, k, beta=self.momentum)
            if self.settings.weight_decay:
                velocity.add_(weight, alpha=-self.settings.learning_rate * self.settings.weight_decay)
            weight.add_(velocity)
        if rounded is not None:
            rounded.copy_(weight)

    def _add_gradient(self, target: Tensor, v: Tensor, h: Tensor, k: int, *, beta: float = 1.0) -> None:
        """Turn part `k` of the weights' `target` into `beta` times itself plus a step along the gradient."""
        gathered = self._gradients[k]
        if gathered is None and self.layers.rounded is None:
            target.baddbmm_(v.mT, h, beta=beta, alpha=self._rate)
            return
        if beta != 1:
            target.mul_(beta)
        target.add_(self.layers.product(v.mT, h) if gathered is None else gathered, alpha=self._rate)

    def _gather(self, v: Tensor, h: Tensor, k: int) -> None:
        """Write down this process's part of the gradient of part `k` of the weights."""
        gradient = self._gradients[k]
        if gradient is not None:
            gradient.copy_(self.layers.product(v.mT, h))

    def _summed(self, *values: Tensor) -> tuple[Tensor, ...]:
        """Return `values`, each turned into its sum over the processes."""
        self._together.sum_(*values)
        return values

    def _move_biases(self, visible: Tensor, hidden: Tensor) -> None:
        """Move them along their gradients: with offsets those of the centered biases, as the plain ones feel them."""
        moved_visible, moved_hidden = self._bias_velocities
        moved_visible.mul_(self.momentum).add_(visible, alpha=self._rate)
        moved_hidden.mul_(self.momentum).add_(hidden, alpha=self._rate)
        self.layers.visible_bias.add_(moved_visible)
        self.layers.hidden_bias.add_(moved_hidden)
        if self.offsets and self._velocity is not None:
            self.offsets.shift_(self.layers, self._velocity)

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
        velocity = [] if self._velocity is None else [self._velocity]
        return [*velocity, *self._bias_velocities, self._activity, *offsets]

    def _in_lanes(self, task: Callable[[int], None]) -> None:
        """Run `task` for every lane, the first of them in this thread."""
        if self.pool is None:
            for k in range(len(self.lanes)):
                task(k)
            return
        others = [self.pool.submit(task, k) for k in range(1, len(self.lanes))]
        task(0)
        for other in others:
            other.result()

    def _is_plain(self) -> bool:
        """Return whether a gradient goes into the weights at once, without a velocity between."""
        settings = self.settings
        return not (settings.momentum or settings.final_momentum or settings.weight_decay or settings.centering)


def _by_lane(sources: Sequence[torch.Generator], n_lanes: int) -> list[Sequence[torch.Generator]]:
    """Return generators for each lane: the given ones for the first, and children of theirs for each other."""
    return [sources, *([_child(source) for source in sources] for _ in range(1, n_lanes))]


def _child(source: torch.Generator) -> torch.Generator:
    seed = torch.randint(2**62, (), generator=source, device=source.device).item()
    return torch.Generator(source.device).manual_seed(int(seed))
