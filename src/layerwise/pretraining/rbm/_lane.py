"""The two phases of some rows of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._methods import CHAINS
from layerwise.pretraining.rbm._settings import RBMTraining

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Lane:
    """Fills `v` and `h`, [seed, row, unit]: `n_rows` of the data first, then this process's part of `n_chains` chains.

    Data and chains share a buffer, so that what is asked of both is one matrix product: the hidden means, where chains
    go on from step to step, and later the gradient.
    """

    def __init__(
        self,
        layers: Layers,
        v: Tensor,
        h: Tensor,
        n_rows: int,
        settings: RBMTraining,
        sources: Sequence[torch.Generator],
        *,
        n_chains: int,
        together: Processes = ALONE,
    ) -> None:
        self.layers, self.v, self.h = layers, v, h
        self.v_pos, self.v_neg = v[:, :n_rows], v[:, n_rows:]
        self.h_pos, self.h_neg = h[:, :n_rows], h[:, n_rows:]
        self.chains = CHAINS[settings.method](layers, n_chains, settings, sources, together)

    def __call__(self, rows: Tensor) -> None:
        """Take `rows`, [seed, row, visible], and sample."""
        layers, chains = self.layers, self.chains
        self.v_pos.copy_(rows)
        if chains.persistent:
            chains.visible(self.v_neg)
            layers.hidden_mean(self.v, self.h)
            chains.hidden(self.h_neg)
        else:
            chains.hidden(layers.hidden_mean(self.v_pos, self.h_pos))
            chains.visible(self.v_neg)
            layers.hidden_mean(self.v_neg, self.h_neg)
