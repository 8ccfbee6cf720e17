"""The best weights of each network, by a score that is read after every epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn


class BestOf:
    """Each member's best weights by its validation score; of equally good ones, the last.

    A few validation rows are soon all right, and the network still learns. Its patience ends nevertheless.

    Attributes:
        score: The best score of each member.
        epoch: The epoch of the weights that are kept.
    """

    def __init__(self, network: nn.Module, n_members: int | None, patience: int | None) -> None:
        self._network, self._members, self._patience = network, n_members, patience
        self.score = [-math.inf] * (n_members or 1)
        self.epoch = [0] * (n_members or 1)
        self._improved = [0] * (n_members or 1)
        self._kept = {name: value.detach().clone() for name, value in network.state_dict().items()}

    @torch.no_grad()
    def update(self, epoch: int, scores: Sequence[float]) -> bool:
        """Take in the scores after an epoch; return whether every member's patience is over."""
        better = [score >= best for score, best in zip(scores, self.score, strict=True)]
        gains = [score > best for score, best in zip(scores, self.score, strict=True)]
        for name, value in self._network.state_dict().items():
            for s in (s for s, yes in enumerate(better) if yes):
                if self._members is None:
                    self._kept[name] = value.detach().clone()
                else:
                    self._kept[name][s] = value[s]
        self.score = [new if yes else old for new, old, yes in zip(scores, self.score, better, strict=True)]
        self.epoch = [epoch if yes else old for old, yes in zip(self.epoch, better, strict=True)]
        self._improved = [epoch if yes else old for old, yes in zip(self._improved, gains, strict=True)]
        return self._patience is not None and all(epoch - last >= self._patience for last in self._improved)

    def restore(self) -> None:
        """Go back to the best weights."""
        self._network.load_state_dict(self._kept)

    def state(self) -> dict[str, Any]:
        """Return what is kept."""
        return {"score": self.score, "epoch": self.epoch, "improved": self._improved, "kept": self._kept}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.score, self.epoch, self._improved = (list(state[name]) for name in ("score", "epoch", "improved"))
        self._kept = {name: value.to(self._kept[name].device) for name, value in state["kept"].items()}
