"""What the records of earlier phases decide about a later one: each arm's learning rate, and who is dropped."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

from layerwise.models import Recipe
from layerwise.records import Run, Trial
from layerwise.store import MemberRow, scores_of
from layerwise.studies._search import choose
from layerwise.studies.study._design import SEARCH_PHASE, Design, Entry, Phase


def chosen_rates(design: Design, rows: Iterable[MemberRow]) -> list[tuple[Recipe, list[Trial]]]:
    """Return each arm at the rate that did best in the search, and how all rates did.

    A rate at which a run crashed counts that run as one that learnt nothing.
    """
    by_arm: dict[int, list[Run]] = defaultdict(list)
    for row in rows:
        if row.phase == SEARCH_PHASE:
            by_arm[row.arm].append(_as_run(row))
    return [choose(design.study.at_rates(recipe), by_arm[arm]) for arm, recipe in enumerate(design.arms)]


def _as_run(row: MemberRow) -> Run:
    crashed = row.status == "crashed"
    scores = {"validation_accuracy": -1.0, "validation_loss": math.inf} if crashed else scores_of(row.scores)
    return Run(
        recipe="", seed=row.seed, learning_rate=row.learning_rate, n_steps=row.n_steps, seconds=row.seconds,
        status="diverged" if row.status in ("crashed", "diverged") else "finished", scores=scores,
    )  # fmt: skip


def dropped_arms(design: Design, phase: Phase, rows: Sequence[MemberRow]) -> dict[int, str]:
    """Return the arms that are not trained in `phase` any more, with the reason: each rung ends for the worse half.

    Arms are ranked by their mean validation score over all seeds of the rungs before, ties by their place. At least two
    stay, and so do those that a decision names.
    """
    kept = {place for place, arm in enumerate(design.arms) if any(arm.name in d.named() for d in design.study.decision)}
    alive, dropped = list(range(len(design.arms))), dict[int, str]()
    finals = [one for one in design.phases if one.name != SEARCH_PHASE]
    before = list(takewhile(lambda one: one.name != phase.name, finals))
    scores: dict[int, list[float]] = defaultdict(list)
    for rung in before:
        for row in rows:
            if row.phase == rung.name and row.status != "dropped":
                scores[row.arm].append(_validation(row))
        mean = {arm: statistics.fmean(scores[arm]) for arm in alive}
        ranked = sorted(alive, key=lambda arm: -mean[arm])
        stay = max(2, math.ceil(len(alive) / 2))
        for place, arm in enumerate(ranked):
            if place >= stay and arm not in kept:
                dropped[arm] = _reason(rung, place, mean, ranked, scores)
        alive = [arm for arm in alive if arm not in dropped]
    return dropped


def _reason(
    rung: Phase, place: int, mean: Mapping[int, float], ranked: Sequence[int], scores: Mapping[int, Sequence[float]]
) -> str:
    arm = ranked[place]
    return (
        f"Dropped after {rung.name}: its mean validation score over {len(scores[arm])} seeds, {mean[arm]:.4g}, was "
        f"number {place + 1} of {len(ranked)}; the best had {mean[ranked[0]]:.4g}."
    )


def _validation(row: MemberRow) -> float:
    """The score on validation rows; what crashed, or is not a number, did worst."""
    found = {} if row.status == "crashed" else scores_of(row.scores)
    score = found.get("validation_accuracy", found.get("validation_r2", -math.inf))
    return score if math.isfinite(score) else -1.0


def at_rate(entry: Entry, rates: Sequence[Recipe] | None) -> Entry:
    """Return the member with its arm's chosen rate."""
    return entry if rates is None else entry._replace(recipe=rates[entry.arm])
