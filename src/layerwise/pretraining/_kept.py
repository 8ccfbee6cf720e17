"""How far pre-training has come, so that it can go on after it was killed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor

from layerwise.pretraining._layer_training import LayerTraining
from layerwise.records import Curve

if TYPE_CHECKING:
    from torch import nn

    from layerwise.pretraining._checkpoint import Checkpoint
    from layerwise.pretraining._coder import Coder


class LayerRun:
    """The training of one layer with its curves."""

    def __init__(self, training: LayerTraining, coder: Coder, codes: Tensor, held_out: Tensor) -> None:
        self.training = training
        self._codes, self._judged = codes, held_out if len(held_out) else codes
        self._losses: list[float] = []
        self._errors: list[float] = []

    def train(self, after: Callable[[float, float], None]) -> None:
        """Train to the end; `after` is told training loss and reconstruction error after every epoch."""
        patient = self.training.settings.patience is not None
        if not self._errors:
            self._errors.append(float(self.training.reconstruction(self._judged)))
        while not self.training.ended:
            self._losses.append(float(self.training.epoch(self._codes)))
            error = self.training.reconstruction(self._judged)
            if patient:
                self.training.keep_best(error)
            self._errors.append(float(error))
            after(self._losses[-1], self._errors[-1])
        if patient:
            self.training.restore_best()

    def curves(self) -> tuple[Curve, ...]:
        """Return the loss of each epoch, and the reconstruction error before the first and after each."""
        return curves_of(self._losses, self._errors)

    def state(self) -> dict[str, Any] | None:
        """Return all that the next epoch depends on, but the network's parameters."""
        return {"training": self.training.state(), "losses": list(self._losses), "errors": list(self._errors)}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.training.load_state(state["training"])
        self._losses, self._errors = list(state["losses"]), list(state["errors"])


class Run(Protocol):
    """One layer's training, whatever it is trained for."""

    training: LayerTraining

    def train(self, after: Callable[[float, float], None]) -> None:
        """Train to the end."""

    def curves(self) -> tuple[Curve, ...]:
        """Return what was told after every epoch."""

    def state(self) -> dict[str, Any] | None:
        """Return where it is, or None if it can't go on from there."""

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""


def curves_of(losses: list[float], errors: list[float]) -> tuple[Curve, ...]:
    """Return training losses, and the reconstruction errors before the first epoch and after each."""
    return (
        Curve(name="train_loss", steps=tuple(range(1, len(losses) + 1)), values=tuple(losses)),
        Curve(name="reconstruction_error", steps=tuple(range(len(errors))), values=tuple(errors)),
    )


class Kept:
    """Finished layers and the one at work, on disk; without a file, nothing is kept."""

    def __init__(self, model: nn.Module, checkpoint: Checkpoint | None) -> None:
        self._model, self._checkpoint = model, checkpoint
        self._finished: list[dict[str, Any] | None] = []
        found = None if checkpoint is None else checkpoint.read()
        self._found: dict[str, Any] = found or {"finished": [], "current": None}
        if found is not None:
            model.load_state_dict(found["model"])

    def restore(self, place: int, run: Run) -> bool:
        """Bring a layer to where it was; return whether it was finished."""
        finished = self._found["finished"]
        if place < len(finished):
            run.load_state(finished[place])
            self._finished.append(finished[place])
            return True
        if place == len(finished) and self._found["current"] is not None:
            run.load_state(self._found["current"])
        return False

    def keep(self, run: Run) -> None:
        """Write down where a layer is after an epoch; one that can't go on from there keeps its beginning."""
        state = run.state()
        if state is not None:
            self._write(state)

    def finish(self, run: Run) -> None:
        """Write down that a layer is finished."""
        self._finished.append(run.state())
        self._write(None)

    def _write(self, current: dict[str, Any] | None) -> None:
        if self._checkpoint is not None:
            state = {"finished": self._finished, "current": current, "model": dict(self._model.state_dict())}
            self._checkpoint.write(state)


def fingerprint(initial: Mapping[str, Tensor], inputs: Iterable[Tensor], told: Iterable[str]) -> str:
    """Return what tells one run from another: the network at its start, the data, and all that was asked for."""
    digest = hashlib.sha256()
    for name, tensor in initial.items():
        digest.update(name.encode())
        digest.update(_bytes(tensor))
    for tensor in inputs:
        digest.update(_bytes(tensor))
    for words in told:
        digest.update(words.encode())
    return digest.hexdigest()[:16]


def _bytes(tensor: Tensor) -> bytes:
    flat = tensor.detach().cpu().contiguous().view(-1)
    return str(tensor.shape).encode() + (flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
