"""One network trained once."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from layerwise.records._observations import Curve, Measure
from layerwise.records._record import record

Status = Literal["finished", "stopped_early", "diverged", "interrupted"]


@record
class Run:
    """One member of a population: a recipe, a seed, and what came of them.

    Attributes:
        recipe: the arm's name.
        seed: the root of all that is random in this run (split, data order, initial draw, dropout).
        learning_rate: the rate it was trained at.
        status: `finished` all its steps; `stopped_early` by its validation score; `diverged` (loss not finite);
            `interrupted` before its end.
        n_steps: updates made.
        seconds: its share of the time that the worker spent on its chunk.
        scores: `test_accuracy`, `validation_accuracy`, `test_loss`, ... at the end (of the best weights, where early
            stopping kept them).
        curves: over training.
        measures: by layer, over training.
    """

    recipe: str
    seed: int
    learning_rate: float
    status: Status
    n_steps: int
    seconds: float
    scores: dict[str, float]
    curves: tuple[Curve, ...] = ()
    measures: tuple[Measure, ...] = field(default=(), repr=False)

    def curve(self, name: str) -> Curve | None:
        """Return the curve of that name, or None."""
        return next((curve for curve in self.curves if curve.name == name), None)
