"""What runs got wrong, in percent, whatever the task; and their losses."""

from __future__ import annotations

import math
from collections.abc import Iterable

from layerwise.data import Data
from layerwise.models import usual_loss
from layerwise.records import Run


def finite_loss(run: Run, part: str) -> float:
    """Return a loss of the run, infinite where it is no number."""
    loss = run.scores[f"{part}_loss"]
    return loss if math.isfinite(loss) else math.inf


def scores(runs: Iterable[Run], arm: str, score: str) -> list[float]:
    """Return a score of every run of `arm`, in the order of its seeds."""
    return [run.scores[score] for run in runs if run.recipe == arm]


def errors(runs: Iterable[Run], arm: str, part: str = "test") -> list[float]:
    """Return every run's error in percent, in the order of its seeds.

    The share of rows, or labels, that it gets wrong; of a regression the share of the variance of the targets that it
    leaves unexplained, 1 - R2: in either case 0 is perfect.
    """
    return [error(run, part) for run in runs if run.recipe == arm]


def error(run: Run, part: str) -> float:
    """Return the error of one run in percent."""
    name = f"{part}_accuracy"
    return 100 * (1 - run.scores[name if name in run.scores else f"{part}_r2"])


def halfway(data: Data) -> float:
    """Return the error in percent halfway from guessing to none, below which a network counts as trained.

    Example:
        >>> from layerwise.data import digits, linear_teacher
        >>> halfway(digits()), halfway(linear_teacher())
        (45.0, 50.0)
    """
    guessed = 1 / data.n_outputs if data.task == "classification" else data.chance
    return 50 * (1 - guessed)


def loss_name(data: Data) -> str:
    """Return what the usual loss on such data is called.

    Example:
        >>> from layerwise.data import digits
        >>> loss_name(digits())
        'cross-entropy'
    """
    return usual_loss(data.task).replace("cross_", "cross-").replace("_", " ")


def log_losses(runs: Iterable[Run], arm: str) -> list[float]:
    """Return log10 of every run's training loss, held to 1e-12 and, where training diverged, to 100."""
    return [math.log10(min(max(finite_loss(run, "train"), 1e-12), 100.0)) for run in runs if run.recipe == arm]
