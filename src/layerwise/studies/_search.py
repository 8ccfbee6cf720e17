"""Each arm at its own best: the learning rate chosen on validation data, by seeds that are not used again."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence

from layerwise._base import InvalidInput, positive
from layerwise.models import Recipe
from layerwise.records import Run, Trial

FACTORS = (0.1, 0.3, 1.0, 3.0, 10.0)
SCREENING_SEEDS = 2
"""Seeds that try every rate, at least; of more, half of them. The others try the half of the rates that did best.

Measured on digits with the default arms by `bench/search.py`: two seeds for five rates and two more for the best two of
them choose rates whose mean validation accuracy is 0.12 points below the best one's, and train 14 networks an arm; four
seeds for all five 0.09 points with 20, three 0.11 with 15, two 0.22 with 10.
"""
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


def screening(seeds: Sequence[int]) -> tuple[Sequence[int], Sequence[int]]:
    """Return the seeds that try every rate, and those that try the better half of them.

    Example:
        >>> screening(range(4)), screening(range(2))
        ((range(0, 2), range(2, 4)), (range(0, 2), range(2, 2)))
    """
    n = max(SCREENING_SEEDS, len(seeds) // 2)
    return seeds[:n], seeds[n:]


def n_better(n_rates: int) -> int:
    """Return how many rates are the better half: two at least, if there are two.

    Example:
        >>> [n_better(n) for n in (1, 2, 3, 5, 8)]
        [1, 2, 2, 2, 4]
    """
    return min(n_rates, max(2, n_rates // 2))


def better_half(tried: Sequence[Recipe], runs: Sequence[Run]) -> list[Recipe]:
    """Return the half of the candidates that did best, in their order."""
    ranked = sorted(_by_rate(tried, runs).items(), key=lambda found: _rank(found[1]), reverse=True)
    stay = {rate for rate, _ in ranked[: n_better(len(tried))]}
    return [recipe for recipe in tried if recipe.optimizer.learning_rate in stay]


def choose(tried: Sequence[Recipe], runs: Sequence[Run]) -> tuple[Recipe, list[Trial]]:
    """Return the candidate with the best mean validation score, ties broken by the validation loss, and how all did.

    Only candidates with runs of all seeds, as those of `better_half` have, are chosen from.
    """
    by_rate = _by_rate(tried, runs)
    most = max(map(len, by_rate.values()))
    best = max((rate for rate, some in by_rate.items() if len(some) == most), key=lambda rate: _rank(by_rate[rate]))
    chosen = next(recipe for recipe in tried if recipe.optimizer.learning_rate == best)
    return chosen, [_trial(rate, some) for rate, some in by_rate.items()]


def edge_note(name: str, best: float, trials: Sequence[Trial]) -> str:
    """Return what is said of an arm whose best rate lies at the edge of its grid; nothing where all did the same.

    On digits, with the default arms, a rate beyond the edge does worse in every arm (24 seeds each at 0.003 and 3).
    """
    rates = [trial.learning_rate for trial in trials]
    if not rates or best not in (rates[0], rates[-1]) or len({trial.score for trial in trials}) == 1:
        return ""
    return f"{name}: the best learning rate, {best:g}, is at the edge of its grid."


def _by_rate(tried: Sequence[Recipe], runs: Sequence[Run]) -> dict[float, list[Run]]:
    by_rate: dict[float, list[Run]] = {recipe.optimizer.learning_rate: [] for recipe in tried}
    for run in runs:
        by_rate[run.learning_rate].append(run)
    return by_rate


def _rank(runs: Sequence[Run]) -> tuple[float, float]:
    return _mean_score(runs), -_median_loss(runs)


def _trial(rate: float, runs: Sequence[Run]) -> Trial:
    n_diverged = sum(run.status == "diverged" for run in runs)
    return Trial(learning_rate=rate, score=_mean_score(runs), n_diverged=n_diverged, n_seeds=len(runs))


def _mean_score(runs: Sequence[Run]) -> float:
    return statistics.fmean(
        run.scores.get("validation_accuracy", run.scores.get("validation_r2", -1.0)) for run in runs
    )


def _median_loss(runs: Sequence[Run]) -> float:
    losses = [run.scores["validation_loss"] for run in runs]
    return statistics.median(loss if math.isfinite(loss) else math.inf for loss in losses)
