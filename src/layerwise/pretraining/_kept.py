"""How far pre-training has come, so that it can go on after it was killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from layerwise.pretraining._checkpoint import Checkpoint
from layerwise.pretraining._layer_training import LayerTraining
from layerwise.pretraining._processes import ALONE, Processes
from layerwise.records import Curve

if TYPE_CHECKING:
    from torch import nn

    from layerwise.pretraining._module_coder import ModuleCoder
    from layerwise.pretraining._supply import Codes


class LayerRun:
    """The training of one layer with its curves."""

    def __init__(self, training: LayerTraining, _: ModuleCoder, codes: Codes) -> None:
        self.training, self._codes = training, codes
        self._losses: list[float] = []
        self._errors: list[float] = []

    def train(self, after: Callable[[float, float], None]) -> None:
        """Train to the end; `after` is told training loss and error after every epoch."""
        patient = self.training.settings.patience is not None
        if not self._errors:
            self._errors.append(float(self.training.error(*self._codes.judged)))
        while not self.training.ended:
            self._losses.append(float(self._codes.epoch(self.training)))
            error = self.training.error(*self._codes.judged)
            if patient:
                self.training.best.keep(error)
            self._errors.append(float(error))
            after(self._losses[-1], self._errors[-1])
        if patient:
            self.training.best.restore()

    def curves(self) -> tuple[Curve, ...]:
        """Return the loss of each epoch, and the error before the first and after each."""
        return curves_of(self._losses, self._errors, self.training.error_name)

    def state(self) -> dict[str, Any]:
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

    def state(self) -> dict[str, Any]:
        """Return where it is, for `load_state`."""

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""


def curves_of(losses: list[float], errors: list[float], name: str) -> tuple[Curve, ...]:
    """Return training losses, and the errors, called `name`, before the first epoch and after each."""
    return (
        Curve(name="train_loss", steps=tuple(range(1, len(losses) + 1)), values=tuple(losses)),
        Curve(name=name, steps=tuple(range(len(errors))), values=tuple(errors)),
    )


class Kept:
    """Finished layers and the one at work, on disk; without a file, nothing is kept.

    Of several processes the first reads and writes, and tells the others what it has read.
    """

    def __init__(self, model: nn.Module, checkpoint: Checkpoint | None, together: Processes = ALONE) -> None:
        self._model, self._checkpoint = model, checkpoint if together.is_first else None
        self._finished: list[dict[str, Any]] = []
        found = together.from_first(None if self._checkpoint is None else self._checkpoint.read())
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
        """Write down where a layer is after an epoch."""
        if self._checkpoint is not None:
            self._write(run.state())

    def finish(self, run: Run) -> None:
        """Write down that a layer is finished."""
        self._finished.append(run.state())
        self._write(None)

    def _write(self, current: dict[str, Any] | None) -> None:
        if self._checkpoint is not None:
            state = {"finished": self._finished, "current": current, "model": dict(self._model.state_dict())}
            self._checkpoint.write(state)
