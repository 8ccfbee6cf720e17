"""One arm as the page shows it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from layerwise.records import Arm, ComparisonRecord, Finding, Summary
from layerwise.report import _numbers as numbers
from layerwise.report._charts import N_COLORS
from layerwise.report._summary import reason
from layerwise.report._verdict import anything_learnt, learns, ranked, score_of

NO_SCORE = Summary(median=math.nan, low=math.nan, high=math.nan, values=())


@dataclass(frozen=True)
class FindingView:
    """One finding in words."""

    code: str
    alarm: bool
    layer: str
    step: str
    share: str
    value: str
    threshold: str
    text: str
    source: str


@dataclass(frozen=True)
class ArmView:
    """One arm in words, with the place of its color."""

    name: str
    color: int
    learns: bool
    rate: str
    trained: str
    trained_share: float
    score: str
    interval: str
    steps: str
    seconds: str
    endings: str
    reason: str
    findings: Sequence[FindingView]


def arm_views(record: ComparisonRecord) -> list[ArmView]:
    """Return every arm, the best first."""
    return [_view(record, arm) for arm in ranked(record)]


def _view(record: ComparisonRecord, arm: Arm) -> ArmView:
    metric, score, good = numbers.metric_of(record), score_of(arm) or NO_SCORE, learns(record, arm)
    known = math.isfinite(score.median)
    return ArmView(
        name=arm.name,
        color=record.arms.index(arm) % N_COLORS,
        learns=good,
        rate=numbers.significant(arm.learning_rate),
        trained=f"{arm.n_trained}/{arm.n_seeds}" if anything_learnt(record) else "–",
        trained_share=round(100 * arm.n_trained / max(1, arm.n_seeds), 1) if anything_learnt(record) else 0.0,
        score=metric.full(score.median) if known else "–",
        interval=f"{metric.value(score.low)} to {metric.value(score.high)}" if known else "",
        steps=numbers.steps(arm.steps_to_target.median),
        seconds=numbers.seconds(arm.seconds),
        endings=_endings(arm),
        reason="" if good else reason(arm),
        findings=[_finding(finding) for finding in arm.findings],
    )


def _endings(arm: Arm) -> str:
    """Return how the runs ended that did not simply finish: "2 diverged, 1 interrupted"."""
    counts = Counter(run.status.replace("_", " ") for run in arm.runs if run.status != "finished")
    return ", ".join(f"{n} {status}" for status, n in counts.items())


def _finding(finding: Finding) -> FindingView:
    return FindingView(
        code=finding.code,
        alarm=finding.severity == "alarm",
        layer=finding.layer or "whole network",
        step=f"{finding.step:,}",
        share=numbers.share(finding.seed_fraction),
        value=numbers.significant(finding.value),
        threshold=numbers.significant(finding.threshold),
        text=finding.text,
        source=finding.source,
    )
