"""Centering: gradients of states with their means taken off, so that flipping all data changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerwise.pretraining.rbm._layers import Layers

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Offsets:
    """What is taken off the states: `visible` (mu) and `hidden` (lambda), [seed, 1, unit], which follow the batches.

    The machine with offsets has E = -(v - mu) b' - (h - lambda) c' - (v - mu) W (h - lambda): the plain one with
    b = b' - W lambda and c = c' - W^T mu. So offsets that move change no machine, and all they do is give the gradient
    another direction:

        dW' = dW - db lambda^T - mu dc^T,    db = db' - dW' lambda,    dc = dc' - dW'^T mu

    References:
        Melchior, Fischer, Wiskott 2016, How to center deep Boltzmann machines.
    """

    visible: Tensor
    hidden: Tensor
    rate: float

    @classmethod
    def start(cls, layers: Layers, rows: Tensor, rate: float) -> Offsets:
        """Return the offsets that are the means of `rows`, [1 or seed, row, visible], and of their codes."""
        rows = rows.expand(len(layers.weight), -1, -1)
        v = layers.scaled(rows)
        h = layers.hidden_mean(rows, rows.new_empty(*rows.shape[:-1], layers.weight.shape[-1]))
        return cls(v.mean(1, keepdim=True), h.mean(1, keepdim=True), rate)

    def follow_(self, visible: Tensor, hidden: Tensor) -> None:
        """Move towards the means of a batch, [seed, 1, unit]."""
        self.visible.lerp_(visible, self.rate)
        self.hidden.lerp_(hidden, self.rate)

    def shift_(self, layers: Layers, moved: Tensor) -> None:
        """Move the plain biases on by what a change `moved` of the weights does to them while the offsets stay."""
        layers.visible_bias.sub_(self.hidden @ moved.mT)
        layers.hidden_bias.sub_(self.visible @ moved)
