"""The best parameters of a layer, by an error that is read after every epoch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from layerwise.pretraining._coder import Coder


class BestLayer:
    """The parameters of each member at its least error, and the epochs since then.

    Args:
        coder: Whose parameters they are.
        patience: Epochs without a lesser error after which a member stops; None never.
        n_members: How many there are.
    """

    def __init__(self, coder: Coder, patience: int | None, n_members: int) -> None:
        self._coder, self._patience = coder, patience
        self._least = coder.bias.new_full((n_members,), math.inf, requires_grad=False)
        self._kept: list[Tensor] = []
        self._waited = torch.zeros_like(self._least, dtype=torch.int64)

    @property
    def waiting(self) -> Tensor:
        """Whether each member still trains: whether it has patience left, [member]."""
        most = math.inf if self._patience is None else self._patience
        return self._waited < most

    @torch.no_grad()
    def keep(self, errors: Tensor) -> None:
        """Remember the parameters of each member whose error, on the validation part, is its least so far."""
        parameters = [parameter.detach() for parameter in self._coder.parameters()]
        better = (errors < self._least) & self.waiting
        self._kept = [
            torch.where(self._coder.each(better, value), value, kept)
            for value, kept in zip(parameters, self._kept or parameters, strict=True)
        ]
        self._least = torch.where(better, errors, self._least)
        self._waited = torch.where(better, 0, self._waited + 1)

    @torch.no_grad()
    def restore(self) -> None:
        """Go back to the best parameters, if some were remembered."""
        for parameter, value in zip(self._coder.parameters(), self._kept, strict=False):
            parameter.copy_(value)

    def state(self) -> dict[str, Any]:
        """Return what is kept."""
        return {"best": (self._least, self._kept), "waited": self._waited}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        device = self._least.device  # a checkpoint is read into memory
        least, kept = state["best"]
        self._least, self._kept = least.to(device), [value.to(device) for value in kept]
        self._waited = state["waited"].to(device)
