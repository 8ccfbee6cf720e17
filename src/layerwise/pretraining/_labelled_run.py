"""Training with labels to the end, with its losses and scores, so that it can go on after it was killed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from layerwise.pretraining._best_of import BestOf
from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining._supervised import Supervised

if TYPE_CHECKING:
    from torch import Tensor, nn

    from layerwise.pretraining._checkpoint import Checkpoint


class Labelled(NamedTuple):
    """All rows with their targets, and the numbers of those that are trained on and of those that judge, [1, n]."""

    x: Tensor
    y: Tensor
    used: Tensor
    held_out: Tensor


class LabelledRun:
    """The training of one network, epoch by epoch; it ends at the best one by the rows held out, if there are any.

    Args:
        network: Trained in place.
        training: Of this network.
        rows: What it is trained and judged on.
        patience: Epochs without a better score after which it stops; None never stops early.
        checkpoint: Read at once, and written after every epoch.
        together: Its processes; the first of them reads and writes.

    Attributes:
        losses, scores: Of each epoch.
        best: What keeps the best weights.
    """

    def __init__(
        self,
        network: nn.Module,
        training: Supervised,
        rows: Labelled,
        *,
        patience: int | None,
        checkpoint: Checkpoint | None = None,
        together: Processes = ALONE,
    ) -> None:
        self._network, self._training, self._rows = network, training, rows
        self._checkpoint = checkpoint if together.is_first else None
        self.best = BestOf(network, None, patience)
        self.losses: list[float] = []
        self.scores: list[float] = []
        self._is_over = False
        self._go_on(together.from_first(None if self._checkpoint is None else self._checkpoint.read()))

    def train(self, epochs: int, tell: Callable[[int, float], None] = lambda *_: None) -> None:
        """Train up to so many epochs in all; `tell` is told each epoch's number, and its score or else its loss."""
        x, y, used, held_out = self._rows
        while not self._is_over and len(self.losses) < epochs:
            self.losses += self._training.epoch(x, y, used)
            if held_out.shape[1]:
                self.scores += self._training.scores(x, y, held_out)
                self._is_over = self.best.update(len(self.losses), self.scores[-1:])
            self._keep()
            tell(len(self.losses), (self.scores or self.losses)[-1])
        if self.scores:
            self.best.restore()

    def _keep(self) -> None:
        if self._checkpoint is None:
            return
        self._checkpoint.write(
            {
                "network": dict(self._network.state_dict()),
                "training": self._training.state(),
                "best": self.best.state(),
                "losses": self.losses,
                "scores": self.scores,
                "is_over": self._is_over,
            }
        )

    def _go_on(self, found: dict[str, Any] | None) -> None:
        if found is None:
            return
        self._network.load_state_dict(found["network"])
        self._training.load_state(found["training"])
        self.best.load_state(found["best"])
        self.losses, self.scores, self._is_over = list(found["losses"]), list(found["scores"]), found["is_over"]
