"""What experiments that compare arms have in common: errors by seed, differences with Holm's correction, a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean, median
from typing import Any, TypeAlias

import numpy as np

from layerwise.data import Data
from layerwise.lecture._ground import Ground
from layerwise.models import Recipe
from layerwise.population import Fit
from layerwise.records import Axis, Marks, Picture, Run, Table
from layerwise.stats import Paired, holm, median_interval, paired_difference
from layerwise.studies._compare import SEARCH_SEED

Arms: TypeAlias = Mapping[str, Sequence[float]]
"""One number for each seed, by the name of the arm; seeds stand in one order in all."""


def at_own_rates(
    ground: Ground, recipes: Sequence[Recipe], rates: Mapping[str, Sequence[float]], n_seeds: int, **options: Any
) -> Fit:
    """Train every recipe with every seed at its own best rate of those for its method; the rest as `at_their_best`."""
    tried = {
        recipe.name: [recipe.replace(learning_rate=rate) for rate in rates[recipe.optimizer.method]]
        for recipe in recipes
    }
    return at_their_best(ground, tried, n_seeds, **options)


def at_their_best(
    ground: Ground,
    tried: Mapping[str, Sequence[Recipe]],
    n_seeds: int,
    *,
    n_search: int = 2,
    part: tuple[float, float] = (0.0, 1.0),
    **options: Any,
) -> Fit:
    """Train every arm with every seed in that variant of it that is best on validation data; return the runs by arm.

    Args:
        ground: what they are trained on.
        tried: the variants of each arm, by its name.
        n_seeds: of the networks that come back.
        n_search: seeds that choose, which are not used again.
        part: of the claim's progress.
        options: those of `Ground.fit`, its `prepare` too, which is why `Ground.compare` does not do. It is called with
            recipes that are named as their arm.
    """
    n_tried, n_final = n_search * sum(map(len, tried.values())), n_seeds * len(tried)
    middle = part[0] + (part[1] - part[0]) * n_tried / (n_tried + n_final)
    every = [one.replace(name=arm) for arm, variants in tried.items() for one in variants]
    found = ground.fit(every, range(SEARCH_SEED, SEARCH_SEED + n_search), part=(part[0], middle), **options).runs
    best = []
    for k, recipe in enumerate(every):  # runs stand in the order recipes x seeds
        runs = found[k * n_search : (k + 1) * n_search]
        best.append((recipe.name, fmean(map(_validation, runs)), -median(map(_loss, runs)), -k))
    chosen = [every[-max(one for one in best if one[0] == arm)[-1]] for arm in tried]
    return ground.fit(chosen, n_seeds, part=(middle, part[1]), **options)


def _validation(run: Run) -> float:
    return run.scores.get("validation_accuracy", run.scores.get("validation_r2", -1.0))


def _loss(run: Run) -> float:
    loss = run.scores["validation_loss"]
    return loss if math.isfinite(loss) else math.inf


def scores(runs: Iterable[Run], arm: str, score: str) -> list[float]:
    """Return a score of every run of `arm`, in the order of its seeds."""
    return [run.scores[score] for run in runs if run.recipe == arm]


def errors(runs: Iterable[Run], arm: str, part: str = "test") -> list[float]:
    """Return the share of rows that each run of `arm` gets wrong, in percent."""
    return [100 * (1 - accuracy) for accuracy in scores(runs, arm, f"{part}_accuracy")]


def one_test(data: Data, share: float = 0.2) -> Data:
    """Return the data with a test part that is the same for all seeds, so that it adds nothing to their spread.

    Data with an official one is left as it is; otherwise it is `share` of the rows, those that seed 0 draws.
    """
    if data.n_fixed_test:
        return data
    test = data.split(0, validation=(1 - share) / 2, test=share).test
    order = np.concatenate([np.setdiff1d(np.arange(len(data.features)), test), test])
    return replace(data, features=data.features[order], targets=data.targets[order], n_fixed_test=len(test))


def differences(ground: Ground, arms: Arms, pairs: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Paired]:
    """Return the mean of first - second for each pair, by seed, with p-values corrected for their number by Holm."""
    found = [paired_difference(arms[a], arms[b], generator=ground.rng(f"{a} - {b}")) for a, b in pairs]
    corrected = holm([one.p_value for one in found])
    return {
        pair: replace(one, p_value=float(p_value)) for pair, one, p_value in zip(pairs, found, corrected, strict=True)
    }


def arms_table(title: str, arms: Arms, quantity: str, note: str = "", digits: int = 2) -> Table:
    """Return a table of each arm's median with its interval, and its smallest and largest value."""

    def row(name: str, values: Sequence[float]) -> tuple[str, ...]:
        middle = median_interval(values)
        ends = f"{middle.low:.{digits}f} to {middle.high:.{digits}f}"
        return name, f"{middle.estimate:.{digits}f}", ends, f"{min(values):.{digits}f}", f"{max(values):.{digits}f}"

    columns = ("arm", f"{quantity}, median", "95% interval", "least", "most")
    return Table(title=title, columns=columns, rows=tuple(row(*one) for one in arms.items()), note=note)


def arms_picture(title: str, arms: Arms, axis: Axis, note: str = "") -> Picture:
    """Return every seed of every arm as a point on a line of its own, and each arm's median with its interval."""
    middles = {name: median_interval(values) for name, values in arms.items()}
    seeds = [(value, name) for name, values in arms.items() for value in values]
    return Picture(
        title=title,
        x=axis,
        y=Axis(title="", scale="names"),
        marks=(
            Marks(
                kind="points",
                columns={
                    "x": tuple(value for value, _ in seeds),
                    "y": tuple(name for _, name in seeds),
                    "series": ("one seed",) * len(seeds),
                },
            ),
            Marks(
                kind="points",
                columns={
                    "x": tuple(middle.estimate for middle in middles.values()),
                    "y": tuple(middles),
                    "low": tuple(middle.low for middle in middles.values()),
                    "high": tuple(middle.high for middle in middles.values()),
                    "series": ("median, 95% interval",) * len(middles),
                },
            ),
        ),
        note=note,
    )
