"""What is read after each epoch, and which machines went to infinity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from layerwise.pretraining.rbm._likelihood import free_energy_gap
from layerwise.pretraining.rbm._rbm import RBM
from layerwise.records import Curve

_READ_ROWS, _ERROR_ROWS = 1000, 200
"""Rows that a point of a curve is read on, the first of the data: for free energies, which are computed in parts; for
reconstructions, of all machines at once."""

_DIVERGED = 100.0
"""A machine has diverged where it reconstructs so many times worse than the mean row does."""


@dataclass(frozen=True, kw_only=True)
class RBMHistory:
    """What came of `train_`.

    Attributes:
        curves: for each machine, over epochs: `reconstruction_error` (squared, summed over units, mean over rows) and,
            where validation rows were given, `free_energy_gap`, in nats.
        diverged: which machines went to infinity; they are left as they were before.
        epochs: made.
    """

    curves: tuple[tuple[Curve, ...], ...]
    diverged: tuple[int, ...]
    epochs: int


class Readings:
    """Points of the curves of `rbm`; `failed`, [seed], says which machines went to infinity."""

    def __init__(self, rbm: RBM, rows: Tensor, validation: Tensor | None) -> None:
        self._rbm, self._validation = rbm, validation
        self._seen = rows[..., :_READ_ROWS, :]
        self._points: dict[str, list[Tensor]] = {"reconstruction_error": []}
        self.failed = torch.zeros(rbm.n_machines, dtype=torch.bool, device=rows.device)

    @torch.no_grad()
    def read(self) -> None:
        """Take one point."""
        v = self._seen[..., :_ERROR_ROWS, :]
        error = (v - self._rbm.reconstruct(v)).square_().sum(-1).mean(-1).view(-1)
        self._points["reconstruction_error"].append(error)
        spread = (v - v.mean(-2, keepdim=True)).square_().sum(-1).mean(-1)
        self.failed = ~(error <= _DIVERGED * spread.clamp_min(1))  # not-a-number fails
        for parameter in self._rbm.parameters():
            self.failed |= ~parameter.view(len(self.failed), -1).isfinite().all(1)
        if self._validation is not None:
            gap = free_energy_gap(self._rbm, self._seen, self._validation[..., :_READ_ROWS, :])
            self._points.setdefault("free_energy_gap", []).append(gap.view(-1))

    def state(self) -> dict[str, Any]:
        """Return all that was read."""
        return {"points": {name: list(points) for name, points in self._points.items()}, "failed": self.failed}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        device = self.failed.device
        self._points = {name: [one.to(device) for one in points] for name, points in state["points"].items()}
        self.failed = state["failed"].to(device)

    def history(self) -> RBMHistory:
        """Return all that was read."""
        epochs = len(self._points["reconstruction_error"])
        steps = tuple(range(1, epochs + 1))
        table = {name: torch.stack(points, 1).tolist() for name, points in self._points.items()}
        curves = tuple(
            tuple(Curve(name=name, steps=steps, values=tuple(values[s])) for name, values in table.items())
            for s in range(self._rbm.n_machines)
        )
        return RBMHistory(curves=curves, diverged=tuple(self.failed.nonzero().flatten().tolist()), epochs=epochs)
