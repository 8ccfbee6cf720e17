"""Each arm at its own best: the learning rate chosen on validation data, by seeds that are not used again."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from layerwise._base import InvalidInput, positive
from layerwise.models import Recipe
from layerwise.records import Run, Trial

FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)
CENTERS = {
    "sgd": 0.1,
    "momentum": 0.01,
    "nesterov": 0.01,
    "rmsprop": 0.001,
    "adam": 0.001,
    "adamw": 0.001,
    "muon": 0.001,
}


def learning_rates(method: str) -> tuple[float, ...]:
    """Return the grid searched for an optimizer: five rates over two decades, the same for every arm that uses it.

    Example:
        >>> learning_rates("sgd")
        (0.01, 0.03, 0.1, 0.3, 1.0)
    """
    return tuple(round(CENTERS[method] * factor, 10) for factor in FACTORS)


def candidates(recipe: Recipe, rates: float | Sequence[float] | None) -> list[Recipe]:
    """Return `recipe` at each rate of the grid: the given one, or its optimizer's."""
    grid = learning_rates(recipe.optimizer.method) if rates is None else check_rates(rates)
    return [recipe.replace(learning_rate=rate) for rate in grid]


def check_rates(rates: float | Sequence[float]) -> tuple[float, ...]:
    """Return the rates, ascending, if there are any and all are positive and different."""
    rates = rates if isinstance(rates, Iterable) else [rates]
    found = sorted(positive("learning_rates", rate) for rate in rates)
    if not found or len(set(found)) < len(found):
        raise InvalidInput("`learning_rates` must be different positive numbers", got=list(rates))
    return tuple(found)


def choose(tried: Sequence[Recipe], runs: Sequence[Run]) -> tuple[Recipe, list[Trial]]:
    """Return the candidate with the best mean validation score, ties broken by the validation loss."""
    by_rate: dict[float, list[Run]] = {recipe.optimizer.learning_rate: [] for recipe in tried}
    for run in runs:
        by_rate[run.learning_rate].append(run)
    trials = [_trial(rate, some) for rate, some in by_rate.items()]
    best = max(range(len(tried)), key=lambda i: (trials[i].score, -_median_loss(by_rate[trials[i].learning_rate])))
    return tried[best], trials


def _trial(rate: float, runs: Sequence[Run]) -> Trial:
    scores = [run.scores.get("validation_accuracy", run.scores.get("validation_r2", -1.0)) for run in runs]
    n_diverged = sum(run.status == "diverged" for run in runs)
    return Trial(learning_rate=rate, score=statistics.fmean(scores), n_diverged=n_diverged)


def _median_loss(runs: Sequence[Run]) -> float:
    losses = [run.scores["validation_loss"] for run in runs]
    return statistics.median(loss if math.isfinite(loss) else math.inf for loss in losses)
