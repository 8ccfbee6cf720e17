"""A study record from values that are made up."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from layerwise import stats
from layerwise.records import DataSummary, StudyArm, StudyRecord
from layerwise.studies.study import Decision
from layerwise.studies.study._pairs import make_pairs
from layerwise.studies.study._verdict import decide

GROUND = DataSummary(
    name="made up", kind="table", n_train=60, n_validation=20, n_test=20, n_features=2, n_outputs=2, scaling="none",
    source="by hand",
)  # fmt: skip


def arm(name, values, trained_at=0.75):
    """Return an arm with these values."""
    values = tuple(values)
    finite = [value for value in values if math.isfinite(value)]
    mean = stats.bootstrap_interval(finite, generator=np.random.default_rng(0), n_resamples=999)
    median, n = stats.median_interval(values), sum(value >= trained_at for value in values)
    share = stats.wilson_interval(n, len(values))
    return StudyArm(
        name=name, recipe={}, learning_rate=0.1, trials=(), n_planned=len(values), statuses={"finished": len(values)},
        seeds=tuple(range(len(values))), values=values, mean=mean.estimate, low=mean.low, high=mean.high,
        median=median.estimate, median_low=median.low, median_high=median.high, std=float(np.std(finite, ddof=1)),
        n_trained=n, trained_low=share.low, trained_high=share.high, seconds=1.0, leading=(),
    )  # fmt: skip


def study(rules, metric="test_accuracy", missing=0, **values):
    """Return the record of a study with these arms, decided by these rules."""
    arms = tuple(arm(name, some) for name, some in values.items())
    lower = metric.endswith("_loss")
    rules = [Decision(**rule) for rule in rules]
    n = sum(len(a.values) for a in arms)
    record = StudyRecord(
        name="s", question="Why?", prediction="So.", metric=metric, lower_is_better=lower, chance=0.5, trained_at=0.75,
        arms=arms, pairs=make_pairs(arms, rules, lower=lower), verdict="open", decisions=(), n_planned=n + missing,
        n_recorded=n, data=GROUND, seeds=tuple(range(len(arms[0].values))), search_seeds=(), device="cpu",
        engines=("local",), versions={}, command="", created="2026-01-01T00:00:00+00:00", seconds=1.0,
    )  # fmt: skip
    decisions, verdict = decide(record, rules)
    return replace(record, decisions=decisions, verdict=verdict)
