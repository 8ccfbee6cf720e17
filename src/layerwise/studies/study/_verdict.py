"""Whether a prediction came true, by the rule that was given before."""

from __future__ import annotations

import math
from collections.abc import Sequence

from layerwise.records import DecisionOutcome, StudyPair, StudyRecord, Verdict
from layerwise.report import pair_sentence, turned_pair, value_sentence
from layerwise.studies.study._decision import Decision

ELSEWHERE = "Its rule is in words: whoever asked reads the answer off the records."


def decide(record: StudyRecord, rules: Sequence[Decision]) -> tuple[tuple[DecisionOutcome, ...], Verdict]:
    """Return what came of each rule, and of all together; every rule is open while members are missing."""
    found = tuple(_outcome(record, rule) for rule in rules)
    return found, _together([one.verdict for one in found])


def _together(verdicts: Sequence[Verdict]) -> Verdict:
    worst: tuple[Verdict, ...] = ("open", "does not hold", "not shown")
    return next((verdict for verdict in worst if verdict in verdicts), "holds")


def _outcome(record: StudyRecord, rule: Decision) -> DecisionOutcome:
    verdict, because = _form(record, rule)
    return DecisionOutcome(rule=str(rule), verdict=verdict if record.complete else "open", because=because)


def _form(record: StudyRecord, rule: Decision) -> tuple[Verdict, str]:
    if rule.words:
        return "open", ELSEWHERE
    if rule.arm is not None:
        return _reaches(record, rule, rule.arm)
    if rule.alike:
        return _alike(record, rule)
    return _better(record, rule, rule.better or "")


def _better(record: StudyRecord, rule: Decision, name: str) -> tuple[Verdict, str]:
    names = [arm.name for arm in record.arms]
    pairs = [_pair(record, name, other) for other in rule.others(names)]
    there = [pair for pair in pairs if pair is not None]
    verdicts = [_one_better(record, rule, pair) for pair in pairs]
    said = " ".join(pair_sentence(record, pair) for pair in there)
    if missing := len(pairs) - len(there):
        said += f" {missing} comparisons have fewer than two seeds in common."
    return _together(verdicts), said


def _one_better(record: StudyRecord, rule: Decision, pair: StudyPair | None) -> Verdict:
    if pair is None:
        return "not shown"
    sign = -1.0 if record.lower_is_better else 1.0
    ends = sorted((sign * pair.low, sign * pair.high))
    if pair.p_value >= rule.at:
        return "not shown"
    if sign * pair.difference > 0:
        return "holds" if not rule.by or ends[0] > rule.by else "not shown"
    return "does not hold"


def _alike(record: StudyRecord, rule: Decision) -> tuple[Verdict, str]:
    pair, within = _pair(record, *rule.alike), rule.within or 0.0
    if pair is None:
        return "not shown", "They have fewer than two seeds in common."
    said = pair_sentence(record, pair)
    if -within <= pair.low and pair.high <= within:
        return "holds", said
    return ("does not hold" if pair.low > within or pair.high < -within else "not shown"), said


def _reaches(record: StudyRecord, rule: Decision, name: str) -> tuple[Verdict, str]:
    arm = record.arm(name)
    value, low, high = {
        "mean": (arm.mean, arm.low, arm.high),
        "median": (arm.median, arm.median_low, arm.median_high),
        "trained": (arm.n_trained / max(1, arm.n_ended), arm.trained_low, arm.trained_high),
    }[rule.of]
    said = value_sentence(record, arm, rule.of)
    if math.isnan(value):
        return "not shown", said
    if rule.at_least is not None:
        return ("holds" if low >= rule.at_least else "does not hold" if high < rule.at_least else "not shown"), said
    most = rule.at_most or 0.0
    return ("holds" if high <= most else "does not hold" if low > most else "not shown"), said


def _pair(record: StudyRecord, a: str, b: str) -> StudyPair | None:
    """Return the pair with `a` first, if it was compared."""
    for pair in record.pairs:
        if (pair.a, pair.b) == (a, b):
            return pair
        if (pair.a, pair.b) == (b, a):
            return turned_pair(pair)
    return None
