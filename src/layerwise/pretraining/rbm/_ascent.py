"""Parameters that go up the likelihood's gradient, which is a sum of products over the rows of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import torch
from torch import Tensor

from layerwise.pretraining.rbm._layers import Layers, product
from layerwise.pretraining.rbm._settings import RBMTraining

if TYPE_CHECKING:
    from layerwise.pretraining._processes import Processes
    from layerwise.pretraining.rbm._in_lanes import InLanes

Factors: TypeAlias = tuple[Tensor, Tensor]


class Climber(NamedTuple):
    """A parameter, or part of one; without a velocity its gradients go into it at once.

    `rounded` is the copy that the machine's products are made with, where they are to be less exact.
    """

    value: Tensor
    velocity: Tensor | None
    decay: float = 0.0
    rounded: Tensor | None = None

    def along_(self, factors: Factors, momentum: float, rate: float) -> None:
        """Make a step along the product of `factors`, which is not written down if it need not be."""
        if self.rounded is not None:
            self.by_(self.gradient(factors), momentum, rate)
        elif self.velocity is None:
            self.value.baddbmm_(*factors, alpha=rate)
        else:
            self.velocity.baddbmm_(*factors, beta=momentum, alpha=rate)
            self._follow_(self.velocity)

    def by_(self, gradient: Tensor, momentum: float, rate: float) -> None:
        """Make a step along `gradient`."""
        if self.velocity is None:
            self.value.add_(gradient, alpha=rate)
        else:
            self.velocity.mul_(momentum).add_(gradient, alpha=rate)
            self._follow_(self.velocity)
        if self.rounded is not None:
            self.rounded.copy_(self.value)

    def gradient(self, factors: Factors) -> Tensor:
        """Return the product of `factors`, as exact as `rounded` is."""
        return product(*factors, self.rounded)

    def _follow_(self, velocity: Tensor) -> None:
        if self.decay:
            velocity.sub_(self.value, alpha=self.decay)
        self.value.add_(velocity)


class Ascent:
    """Moves weights and biases along < v h >, < v > and < h > of the data minus those of the chains.

    The weights go up in as many parts as there are lanes, each with its part of the visible biases.

    Args:
        layers: Changed in place.
        settings: Rate, momentum, decay.
        n_rows: Of a batch, over which the data's mean is taken.
        sign: What the rows of data and chains count, [1, 1, row]; their sum, over all processes, is 0.
        in_lanes: Runs what is to be done in each lane.
        together: The processes that share every batch.

    Attributes:
        velocity: That of all weights, if they have one.
    """

    def __init__(
        self,
        layers: Layers,
        settings: RBMTraining,
        n_rows: int,
        sign: Tensor,
        in_lanes: InLanes,
        together: Processes,
    ) -> None:
        parameters = layers.weight, layers.visible_bias, layers.hidden_bias
        weight, visible, hidden = velocities = [
            None if _is_plain(settings) else torch.zeros_like(p) for p in parameters
        ]
        self.velocity, self._velocities = weight, [velocity for velocity in velocities if velocity is not None]
        n = in_lanes.n
        decay = settings.learning_rate * settings.weight_decay
        rounded = _parts_or_none(layers.rounded, n, 1)
        weights = zip(_parts(layers.weight, n, 1), _parts_or_none(weight, n, 1), [decay] * n, rounded, strict=True)
        biases = zip(_parts(layers.visible_bias, n, 2), _parts_or_none(visible, n, 2), strict=True)
        self._climbers = [(Climber(*one), Climber(*other)) for one, other in zip(weights, biases, strict=True)]
        self._hidden = Climber(layers.hidden_bias, hidden)
        self._sign = sign.expand(len(layers.weight), -1, -1).contiguous()
        self._ones = torch.ones_like(self._sign)
        self._rate, self._in_lanes, self._together = settings.learning_rate / n_rows, in_lanes, together

    def step_(self, v: Tensor, h: Tensor, momentum: float) -> None:
        """Make a step: `v`, [seed, row, visible], are the states of data and chains, `h` those times their sign."""
        parts = _parts(v, self._in_lanes.n, 2)
        if self._together.n == 1:
            self._in_lanes(lambda k: [one.along_(f, momentum, self._rate) for one, f in self._terms(k, parts[k], h)])
            return
        terms = [self._terms(k, part, h) for k, part in enumerate(parts)]
        own = self._in_lanes(lambda k: [one.gradient(f).to(one.value.dtype) for one, f in terms[k]])
        self._together.sum_(*(gradient for lane in own for gradient in lane))
        for lane, gradients in zip(terms, own, strict=True):
            for (one, _), gradient in zip(lane, gradients, strict=True):
                one.by_(gradient, momentum, self._rate)

    def _terms(self, k: int, v: Tensor, h: Tensor) -> list[tuple[Climber, Factors]]:
        """Return what goes up in lane `k`, and the factors of its gradient."""
        weight, bias = self._climbers[k]
        hidden = [(self._hidden, (self._ones, h))] if k == 0 else []
        return [(weight, (v.mT, h)), (bias, (self._sign, v)), *hidden]

    def state(self) -> list[Tensor]:
        """Return what follows the steps: the velocities themselves, not copies."""
        return self._velocities


def _is_plain(settings: RBMTraining) -> bool:
    """Return whether gradients go into the parameters at once, without a velocity between."""
    return not (settings.momentum or settings.final_momentum or settings.weight_decay or settings.centering)


def _parts(whole: Tensor, n: int, axis: int) -> Sequence[Tensor]:
    return [whole] if n == 1 else whole.chunk(n, axis)


def _parts_or_none(whole: Tensor | None, n: int, axis: int) -> Sequence[Tensor | None]:
    return [None] * n if whole is None else _parts(whole, n, axis)
