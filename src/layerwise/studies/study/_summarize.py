"""From a study's file to its record: every number that is shown."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from layerwise import stats
from layerwise._base import child_seed
from layerwise.records import DataSummary, StudyArm, StudyEvent, StudyRecord, Trial
from layerwise.store import MemberRow, Sitting, StudyReader, scores_of
from layerwise.studies._search import edge_note
from layerwise.studies._summarize import Scale
from layerwise.studies.study._design import SEARCH_PHASE, test_score
from layerwise.studies.study._pairs import LARGE, make_pairs
from layerwise.studies.study._study import Study
from layerwise.studies.study._verdict import decide

LOWER = ("_loss", "n_steps")


class _Ground(NamedTuple):
    """What is asked of every row."""

    metric: str
    score: str
    scale: Scale
    scores: Mapping[int, Mapping[str, float]]

    def value(self, row: MemberRow) -> float:
        """Return the study's metric of a member that was trained."""
        if self.metric == "n_steps":
            return float(row.n_steps)
        if self.metric == "trained":
            return float(self.trained(row))
        return self.scores[row.member].get(self.metric, math.nan)

    def trained(self, row: MemberRow) -> bool:
        return row.status != "crashed" and self.scale.trained(self.scores[row.member].get(self.score, math.nan))


def summarize(folder: str | Path) -> StudyRecord:
    """Return the record of the study in `folder`, as far as it is, from its file alone."""
    with StudyReader(folder) as reader:
        design, rows, arms = reader.design(), reader.rows(), reader.arms()
        events, sittings, created = reader.events(), reader.sittings(), reader.created
    study = Study.model_validate(design["study"] | {"data": design["source"]})
    by_arm: dict[int, list[MemberRow]] = defaultdict(list)
    for row in rows:
        by_arm[row.arm].append(row)
    ground = _ground(study, design, rows)
    made = tuple(
        _arm(study, ground, name, {"name": name, **recipe}, by_arm[place], len(arms))
        for place, (name, recipe) in enumerate(arms)
    )
    lower = design["metric"].endswith(LOWER)
    record = StudyRecord(
        name=study.name,
        question=study.question,
        prediction=study.prediction,
        metric=design["metric"],
        lower_is_better=lower,
        chance=design["chance"],
        trained_at=ground.scale.trained_at if math.isfinite(ground.scale.best) else math.nan,
        arms=made,
        pairs=make_pairs(made, study.decision, lower=lower),
        verdict="open",
        decisions=(),
        n_planned=design["members"],
        n_recorded=len(rows),
        data=DataSummary(**design["ground"]),
        seeds=study.seeds,
        search_seeds=study.searching,
        device=study.device,
        engines=tuple(dict.fromkeys(sitting.engine for sitting in sittings)),
        versions=sittings[-1].versions,
        command=next((s.command for s in sittings if s.command), ""),
        created=created,
        seconds=sum(row.seconds for row in rows),
        events=tuple(StudyEvent(at=event.at, kind=event.kind, text=event.text) for event in events),
        notes=tuple(_notes(made, sittings)),
    )
    decisions, verdict = decide(record, study.decision)
    return replace(record, decisions=decisions, verdict=verdict)


def _ground(study: Study, design: Mapping[str, Any], rows: Sequence[MemberRow]) -> _Ground:
    score = test_score(design["data"]["task"])
    scores = {row.member: scores_of(row.scores) for row in rows}
    by_arm: dict[int, list[float]] = defaultdict(list)
    for row in rows:
        if row.phase != SEARCH_PHASE and row.status not in ("crashed", "dropped"):
            by_arm[row.arm].append(scores[row.member].get(score, math.nan))
    medians = [statistics.median(values) for values in by_arm.values() if not any(map(math.isnan, values))]
    best = max(medians, default=math.nan)
    if study.trained_at is not None:  # the height is given: halfway from guessing to this is there
        best = 2 * study.trained_at - design["chance"]
    return _Ground(design["metric"], score, Scale(score, design["chance"], best, design["ground"]["n_test"]), scores)


def _arm(
    study: Study, ground: _Ground, name: str, recipe: dict[str, Any], rows: Sequence[MemberRow], n_arms: int
) -> StudyArm:
    finals = [row for row in rows if row.phase != SEARCH_PHASE]
    ended = [row for row in finals if row.status not in ("crashed", "dropped")]
    values = tuple(ground.value(row) for row in ended)
    n_trained, n_tried = sum(map(ground.trained, ended)), sum(row.status != "dropped" for row in finals)
    share = stats.wilson_interval(n_trained, n_tried) if n_tried else None
    mean, median = _mean(name, values, n_arms), _median(values, lower=ground.metric.endswith(LOWER))
    crashed = next((row.reason for row in rows if row.status == "crashed"), "")
    rates = {row.learning_rate for row in ended}
    return StudyArm(
        name=name,
        recipe=recipe,
        learning_rate=rates.pop() if rates else math.nan,
        trials=_trials(rows),
        n_planned=len(study.seeds),
        statuses=dict(sorted(Counter(row.status for row in finals).items())),
        seeds=tuple(row.seed for row in ended),
        values=values,
        mean=mean.estimate,
        low=mean.low,
        high=mean.high,
        median=median.estimate,
        median_low=median.low,
        median_high=median.high,
        std=_std(values),
        n_trained=n_trained,
        trained_low=share.low if share else math.nan,
        trained_high=share.high if share else math.nan,
        seconds=sum(row.seconds for row in rows),
        leading=tuple(Counter(row.codes.split()[0] for row in ended if row.codes).most_common()),
        dropped=next((row.reason for row in finals if row.status == "dropped"), ""),
        error=crashed.strip().rpartition("\n")[2],
    )


_NOTHING = stats.Interval(math.nan, math.nan, math.nan)


def _mean(name: str, values: Sequence[float], n_arms: int) -> stats.Interval:
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return _NOTHING
    if len(finite) > LARGE or n_arms > LARGE:
        return stats.mean_interval(finite)
    return stats.bootstrap_interval(finite, generator=np.random.default_rng(child_seed(0, "mean", name)))


def _median(values: Sequence[float], *, lower: bool) -> stats.Interval:
    worst = math.inf if lower else -math.inf
    placed = [worst if math.isnan(value) else value for value in values]
    return stats.median_interval(placed) if placed else _NOTHING


def _std(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return statistics.stdev(finite) if len(finite) > 1 else math.nan


def _trials(rows: Sequence[MemberRow]) -> tuple[Trial, ...]:
    by_rate: dict[float, list[MemberRow]] = defaultdict(list)
    for row in rows:
        if row.phase == SEARCH_PHASE:
            by_rate[row.learning_rate].append(row)
    return tuple(
        Trial(
            learning_rate=rate,
            score=statistics.fmean(_validation(row) for row in some),
            n_diverged=sum(row.status in ("diverged", "crashed") for row in some),
        )
        for rate, some in sorted(by_rate.items())
    )


def _validation(row: MemberRow) -> float:
    found = scores_of(row.scores)
    return found.get("validation_accuracy", found.get("validation_r2", -1.0))


def _notes(arms: Sequence[StudyArm], sittings: Sequence[Sitting]) -> list[str]:
    notes = []
    for arm in arms:
        if edge := edge_note(arm.name, arm.learning_rate, arm.trials):
            notes.append(edge)
        if n := sum(not math.isfinite(value) for value in arm.values):
            notes.append(f"{arm.name}: {n} of {len(arm.values)} values are not finite, and left out of mean and pairs.")
    first = sittings[0].versions
    for sitting in sittings[1:]:
        other = [f"{name} {first.get(name)} and {version}" for name, version in sitting.versions.items()
                 if version != first.get(name)]  # fmt: skip
        if other:
            notes.append(f"Members were trained with different versions: {', '.join(other)}.")
            break
    return notes
