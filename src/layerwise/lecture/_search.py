"""Every arm at its own best, chosen by seeds of a search: the one search of the lecture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, median
from typing import Any, TypeAlias

from layerwise.data import Data, load
from layerwise.lecture._errors import finite_loss
from layerwise.lecture._ground import Ground
from layerwise.models import Recipe
from layerwise.population import Fit
from layerwise.records import Run
from layerwise.studies import SEARCH_SEED

DESCENT = frozenset({"sgd", "momentum", "nesterov"})
"""Methods whose step is as long as the gradient."""

Rank: TypeAlias = Callable[[Sequence[Run]], tuple[float, ...]]
"""What the runs of a variant are worth, the less the better."""


def at_own_rates(
    ground: Ground, recipes: Sequence[Recipe], rates: Mapping[str, Sequence[float]], n_seeds: int, **options: Any
) -> Fit:
    """Train every recipe with every seed at its own best rate of those for its method; the rest as `at_their_best`."""
    data = load(options.get("data", ground.data))
    tried = {recipe.name: at_rates(recipe, rates[recipe.optimizer.method], data) for recipe in recipes}
    return at_their_best(ground, tried, n_seeds, **options)


def at_rates(recipe: Recipe, rates: Sequence[float], data: Data) -> list[Recipe]:
    """Return the recipe at each rate; on a regression, at what gradient descent takes there too."""
    if recipe.optimizer.method in DESCENT:
        rates = sorted({*rates, *(gentle(rate, data) for rate in rates)})
    return [recipe.replace(learning_rate=rate) for rate in rates]


def gentle(rate: float, data: Data) -> float:
    """Return a rate of gradient descent for such data: where numbers are to be told, a tenth of it.

    The squared error curves more than cross-entropy does: on a table of 10 columns, sigmoid networks of one layer
    diverged from 0.3 on, and did best at 0.03 to 0.1, where digits take 1.

    Example:
        >>> from layerwise.data import digits, linear_teacher
        >>> gentle(0.3, digits()), gentle(0.3, linear_teacher())
        (0.3, 0.03)
    """
    return round(rate / 10, 10) if data.task == "regression" else rate


def at_their_best(
    ground: Ground,
    tried: Mapping[str, Sequence[Recipe]],
    n_seeds: int,
    *,
    n_search: int = 2,
    rank: Rank | None = None,
    part: tuple[float, float] = (0.0, 1.0),
    **options: Any,
) -> Fit:
    """Train every arm with every seed in that variant of it that is best for seeds of a search; return the runs by arm.

    Every search of the lecture is this one.

    Args:
        ground: what they are trained on.
        tried: the variants of each arm, by its name.
        n_seeds: of the networks that come back.
        n_search: seeds that choose, which are not used again.
        rank: what the variants are put in order by, the least first; None: mean validation score, then loss.
        part: of the claim's progress.
        options: those of `Ground.fit`; the search leaves records only. A `prepare` is called with recipes that are
            named as their arm.
    """
    n_tried, n_final = n_search * sum(map(len, tried.values())), n_seeds * len(tried)
    middle = part[0] + (part[1] - part[0]) * n_tried / (n_tried + n_final)
    every = [one.replace(name=arm) for arm, variants in tried.items() for one in variants]
    searching = range(SEARCH_SEED, SEARCH_SEED + n_search)
    records = options | {"keep_models": False, "observe": None, "probe_every": 0}
    found = ground.fit(every, searching, stage="search", part=(part[0], middle), **records).runs
    ranks = [(rank or _by_validation)(found[k * n_search : (k + 1) * n_search]) for k in range(len(every))]
    places = [[k for k, one in enumerate(every) if one.name == arm] for arm in tried]
    chosen = [every[min(some, key=ranks.__getitem__)] for some in places]
    return ground.fit(chosen, n_seeds, part=(middle, part[1]), **options)


def _by_validation(runs: Sequence[Run]) -> tuple[float, float]:
    return -fmean(map(_validation, runs)), median(finite_loss(run, "validation") for run in runs)


def _validation(run: Run) -> float:
    score = run.scores.get("validation_accuracy", run.scores.get("validation_r2", -math.inf))
    return score if math.isfinite(score) else -math.inf
