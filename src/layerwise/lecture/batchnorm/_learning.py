"""Learning curves of some arms: how fast they learn, and a picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean
from typing import Any

from layerwise.lecture._ground import Ground
from layerwise.lecture._intervals import interval_columns
from layerwise.lecture._search import at_rates, at_their_best
from layerwise.models import Recipe
from layerwise.records import Axis, Marks, Picture, Run

RATES = (0.3, 1.0, 3.0, 10.0)


def at_fastest_rates(ground: Ground, recipes: Sequence[Recipe], n_seeds: int, **options: Any) -> tuple[Run, ...]:
    """Train every recipe at that of `RATES` where its mean error over training is least, for seeds of a search.

    The score at the end, by which one usually chooses, says nothing about speed.
    """
    tried = {one.name: at_rates(one, RATES, ground.data) for one in recipes}
    return at_their_best(ground, tried, n_seeds, rank=_mean_error, **options).runs


def _mean_error(runs: Sequence[Run]) -> tuple[float]:
    return (fmean(mean_errors(runs, runs[0].recipe)),)


def mean_errors(runs: Iterable[Run], arm: str) -> list[float]:
    """Return the validation error of every run of `arm`, mean over the whole of training, in percent.

    It is small where learning is fast, and where it goes far.
    """
    return [100 * (1 - fmean(_scores(run)[1])) for run in runs if run.recipe == arm]


def curves(title: str, runs: Sequence[Run], arms: Sequence[str], note: str = "") -> Picture:
    """Return each arm's validation error over training: medians over seeds, with 95% intervals as bands."""
    drawn = interval_columns(
        (float(step), arm, [100 * (1 - value) for value in values])
        for arm in arms
        for step, values in _points([_scores(run) for run in runs if run.recipe == arm])
    )
    line = {name: drawn[name] for name in ("x", "y", "series")}
    band = {name: drawn[name] for name in ("x", "low", "high", "series")}
    return Picture(
        title=title,
        x=Axis(title="updates"),
        y=Axis(title="validation error, percent", low=0.0),
        marks=(Marks(kind="band", columns=band), Marks(kind="path", columns=line)),
        note=f"Medians over seeds; bands: their 95% intervals. {note}".strip(),
    )


def _points(found: Sequence[tuple[tuple[int, ...], tuple[float, ...]]]) -> Iterator[tuple[int, tuple[float, ...]]]:
    """Yield each step with the values of all seeds."""
    steps = found[0][0]
    yield from zip(steps, zip(*(values for _, values in found), strict=True), strict=True)


def _scores(run: Run) -> tuple[tuple[int, ...], tuple[float, ...]]:
    curve = next(one for one in run.curves if one.name in ("validation_accuracy", "validation_r2"))
    return curve.steps, curve.values
