"""How many updates each arm needs, at the learning rate where it needs the fewest."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from layerwise.lecture._ground import Ground
from layerwise.stats import Interval, median_interval
from layerwise.studies._compare import SEARCH_SEED

if TYPE_CHECKING:
    from layerwise.models import Recipe
    from layerwise.records import Run

TARGET = 0.3
"""Cross-entropy on the training rows at which an arm has arrived: on digits about 93% of them are then right."""

N_SEARCH = 2


class Times(NamedTuple):
    """What one arm needed.

    Attributes:
        rate: the learning rate at which it was fastest, by seeds of the search.
        steps: updates until the target, one for each seed; infinite where it was not reached.
        runs: of the same seeds.
    """

    rate: float
    steps: tuple[float, ...]
    runs: tuple[Run, ...]

    @property
    def median(self) -> Interval:
        """Of the steps; infinite where most seeds did not arrive."""
        return median_interval(self.steps)

    @property
    def n_arrived(self) -> int:
        """Seeds that reached the target."""
        return sum(map(math.isfinite, self.steps))


def race(
    ground: Ground, arms: Sequence[Recipe], rates: Sequence[float], n_seeds: int, *, probe_every: int = 0
) -> dict[str, Times]:
    """Return by name what each arm needs at its own fastest rate, which seeds of their own have chosen.

    `studies.compare` chooses by the score at the end; a race has to be chosen by speed.
    """
    tried = [arm.replace(name=f"{arm.name} {rate}", learning_rate=rate) for arm in arms for rate in rates]
    searched = _by_arm(ground.fit(tried, range(SEARCH_SEED, SEARCH_SEED + N_SEARCH), part=(0.0, 0.4)).runs)
    fastest = [arm.replace(learning_rate=_fastest(arm.name, rates, searched)) for arm in arms]
    final = _by_arm(ground.fit(fastest, n_seeds, part=(0.4, 1.0), probe_every=probe_every).runs)
    return {
        arm.name: Times(
            arm.optimizer.learning_rate, tuple(map(steps_to_target, final[arm.name])), tuple(final[arm.name])
        )
        for arm in fastest
    }


def steps_to_target(run: Run) -> float:
    """Return the updates until the mean training loss since the last reading was at most the target."""
    curve = next(one for one in run.curves if one.name == "train_loss")
    reached = (step for step, loss in zip(curve.steps, curve.values, strict=True) if step and loss <= TARGET)
    return next(reached, math.inf)


def _fastest(name: str, rates: Sequence[float], searched: dict[str, list[Run]]) -> float:
    """Return the rate with the fewest steps, and among those that never arrive the one with the lowest loss."""
    key: Callable[[float], tuple[float, float]] = lambda rate: (  # noqa: E731  its type is what says how it sorts
        statistics.median(map(steps_to_target, searched[f"{name} {rate}"])),
        statistics.median(_loss(run) for run in searched[f"{name} {rate}"]),
    )
    return min(rates, key=key)


def _loss(run: Run) -> float:
    loss = run.scores["train_loss"]
    return loss if math.isfinite(loss) else math.inf


def _by_arm(runs: Sequence[Run]) -> dict[str, list[Run]]:
    found: dict[str, list[Run]] = {}
    for run in runs:
        found.setdefault(run.recipe, []).append(run)
    return found
