"""How many updates each arm needs, at the learning rate where it needs the fewest."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from layerwise.lecture._errors import finite_loss
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_rates, at_their_best
from layerwise.stats import Interval, median_interval

if TYPE_CHECKING:
    from layerwise.models import Recipe
    from layerwise.records import Run

TARGET = 0.3
"""Cross-entropy on the training rows at which an arm has arrived: on digits about 93% of them are then right."""


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

    The fastest has the fewest steps, and among those that never arrive the lowest loss.
    """
    tried = {arm.name: at_rates(arm, rates, ground.data) for arm in arms}
    runs = at_their_best(ground, tried, n_seeds, rank=_steps_and_loss, probe_every=probe_every).runs
    by_arm = {arm: [run for run in runs if run.recipe == arm] for arm in tried}
    return {
        arm: Times(some[0].learning_rate, tuple(map(steps_to_target, some)), tuple(some))
        for arm, some in by_arm.items()
    }


def steps_to_target(run: Run) -> float:
    """Return the updates until the mean training loss since the last reading was at most the target."""
    curve = next(one for one in run.curves if one.name == "train_loss")
    reached = (step for step, loss in zip(curve.steps, curve.values, strict=True) if step and loss <= TARGET)
    return next(reached, math.inf)


def _steps_and_loss(runs: Sequence[Run]) -> tuple[float, float]:
    loss = statistics.median(finite_loss(run, "train") for run in runs)
    return statistics.median(map(steps_to_target, runs)), loss
