"""Where the negative phase comes from: Gibbs chains that start at the data, or go on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._noise import Noise
from layerwise.pretraining.rbm._settings import RBMTraining

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Chains(ABC):
    """Chains of Gibbs sampling; `persistent` says whether they go on from step to step.

    Of the `n` chains each process has its own part, and draws for all.
    """

    persistent: bool

    def __init__(
        self,
        layers: Layers,
        n: int,
        settings: RBMTraining,
        sources: Sequence[torch.Generator],
        together: Processes = ALONE,
    ) -> None:
        seeds, n_visible, n_hidden = layers.weight.shape
        self.layers = layers
        self.settings = settings
        own = together.own(n)
        self.h = layers.weight.new_empty(seeds, own.stop - own.start, n_hidden)
        self._mean = layers.weight.new_empty(*self.h.shape[:2], n_visible)  # contiguous: its product is one batch
        self._visible_noise = Noise(layers.visible.noise, (seeds, n, n_visible), layers.weight, sources, own)
        self._hidden_noise = Noise(layers.hidden.noise, (seeds, n, n_hidden), layers.weight, sources, own)

    @abstractmethod
    def visible(self, out: Tensor) -> None:
        """Fill `out`, [seed, chain, visible], with the visible states of the negative phase."""

    def hidden(self, mean: Tensor) -> None:
        """Draw the hidden states, given their means."""
        self.layers.draw_hidden(mean, self._hidden_noise.next(), self.h)

    def state(self) -> dict[str, Any]:
        """Return all that the next step depends on."""
        states = {"h": self.h.clone()} if self.persistent else {}
        return states | {"visible_noise": self._visible_noise.state(), "hidden_noise": self._hidden_noise.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._visible_noise.load_state(state["visible_noise"])
        self._hidden_noise.load_state(state["hidden_noise"])
        if self.persistent:
            self.h.copy_(state["h"])

    def _rounds(self, n: int, v: Tensor) -> None:
        """Sample visible and hidden states in turn, `n` times."""
        for _ in range(n):
            self._draw_visible(v)
            self.hidden(self.layers.hidden_mean(v, self.h))

    def _draw_visible(self, v: Tensor) -> None:
        self.layers.draw_visible(self.layers.visible_mean(self.h, self._mean), self._visible_noise.next(), v)


class FromData(Chains):
    """Contrastive divergence: each step starts at hidden states drawn given the batch."""

    persistent = False

    def visible(self, out: Tensor) -> None:
        self._rounds(self.settings.steps - 1, out)
        if self.settings.sample_visible:
            self._draw_visible(out)
        else:
            out.copy_(self.layers.visible_mean(self.h, self._mean))


class Persistent(Chains):
    """Persistent contrastive divergence: the chains go on while the machine slowly changes under them."""

    persistent = True

    def __init__(
        self,
        layers: Layers,
        n: int,
        settings: RBMTraining,
        sources: Sequence[torch.Generator],
        together: Processes = ALONE,
    ) -> None:
        super().__init__(layers, n, settings, sources, together)
        self.hidden(layers.hidden.mean_(layers.hidden_bias.expand_as(self.h).clone()))

    def visible(self, out: Tensor) -> None:
        self._rounds(self.settings.steps - 1, out)
        self._draw_visible(out)
