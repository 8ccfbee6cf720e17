"""Which arms learn, in what order, and the leading reason of those that do not."""

from __future__ import annotations

import math
from dataclasses import replace

from layerwise.records import Arm, ComparisonRecord, Finding, Pair, Summary

SIGNIFICANT = 0.05


def score_of(arm: Arm) -> Summary | None:
    """Return the arm's score, None if no run of it has ended."""
    return arm.test_accuracy or arm.test_r2


def learns(record: ComparisonRecord, arm: Arm) -> bool:
    """Return True if half of the arm's seeds or more trained, in a comparison where something was learnt at all."""
    return anything_learnt(record) and 2 * arm.n_trained >= arm.n_seeds > 0


def anything_learnt(record: ComparisonRecord) -> bool:
    """Return True if any run trained.

    None counts as trained where the best arm is no better than luck: halfway from chance to it is no height at all.
    """
    return any(arm.n_trained for arm in record.arms)


def ranked(record: ComparisonRecord) -> tuple[Arm, ...]:
    """Return the arms, the highest median first; those without a number last."""
    return tuple(sorted(record.arms, key=_rank))


def leading_finding(arm: Arm) -> Finding | None:
    """Return the first alarm, or the first finding if none is an alarm."""
    alarms = [finding for finding in arm.findings if finding.severity == "alarm"]
    return next(iter(alarms or arm.findings), None)


def ordered_pairs(record: ComparisonRecord) -> tuple[Pair, ...]:
    """Return every pair, each with the better arm first, those of the best arm before those of the next."""
    place = {arm.name: number for number, arm in enumerate(ranked(record))}
    turned = [pair if place[pair.a] < place[pair.b] else _turned(pair) for pair in record.pairs]
    return tuple(sorted(turned, key=lambda pair: (place[pair.a], place[pair.b])))


def told_apart(pair: Pair) -> bool:
    """Return True if the difference is significant: its p-value, corrected over all pairs, is below 0.05."""
    return pair.p_value < SIGNIFICANT


def _rank(arm: Arm) -> float:
    score = score_of(arm)
    return math.inf if score is None or math.isnan(score.median) else -score.median


def _turned(pair: Pair) -> Pair:
    return replace(pair, a=pair.b, b=pair.a, difference=-pair.difference, low=-pair.high, high=-pair.low)
