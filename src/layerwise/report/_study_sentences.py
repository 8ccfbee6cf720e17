"""A study in sentences: one for each comparison, and what came of the prediction."""

from __future__ import annotations

import math
from dataclasses import replace

from layerwise.records import StudyArm, StudyPair, StudyRecord
from layerwise.report import _numbers as numbers
from layerwise.report._printable import printable
from layerwise.report._verdict import SIGNIFICANT

_VERDICTS = {
    "holds": "The prediction holds",
    "does not hold": "The prediction does not hold",
    "not shown": "The prediction is not shown, nor its opposite",
    "open": "The verdict is open",
}


def study_sentences(record: StudyRecord) -> list[str]:
    """Return the question, the prediction, the verdict with its reasons, and what became of the members."""
    ask = record.question if record.question.endswith("?") else f"{record.question.rstrip('.')}."
    sentences = [f"Asked: {ask}", f"Predicted: {record.prediction.rstrip('.')}."]
    sentences += [f"{_verdict(record)}: {one.because}".strip() for one in record.decisions[:1]]
    sentences += [one.because for one in record.decisions[1:]]
    return [printable(sentence) for sentence in [*sentences, *members_sentences(record)] if sentence]


def members_sentences(record: StudyRecord) -> list[str]:
    """Return how many members are recorded, and what became of those that did not end well."""
    total = f"{record.n_recorded:,} of {record.n_planned:,} members are recorded"
    found = [] if record.complete else [f"{total}: the same command goes on."]
    crashed = [arm for arm in record.arms if arm.error]
    found += [f"{arm.name}: {_count(arm.statuses.get('crashed', 0))} crashed. {arm.error}" for arm in crashed]
    return found + [f"{arm.name}: {arm.dropped}" for arm in record.arms if arm.dropped]


def pair_sentence(record: StudyRecord, pair: StudyPair) -> str:
    """Return how two arms differ: by how much, how surely, in how many seeds, and whether one varies more."""
    metric = numbers.metric_of(record)
    shown = pair.p_value < SIGNIFICANT
    if shown and (pair.difference < 0) != record.lower_is_better:
        pair = turned_pair(pair)
    unit = f" {metric.step}" if metric.step else ""
    interval = f"95% interval {metric.difference(pair.low)} to {metric.difference(pair.high)}"
    difference = f"{metric.difference(pair.difference)}{unit} of {metric.name}"
    numbers_said = f"{difference}, {interval}, p {numbers.p_is(pair.p_value)}"
    if not shown:
        return f"No difference between {pair.a} and {pair.b} is shown ({numbers_said}).{_spread(record, pair)}"
    wins = f"in {pair.wins:,} of {pair.n:,} seeds"
    effect = "" if math.isinf(pair.effect) else f", effect size {abs(pair.effect):.1f}"
    return f"{pair.a} does better than {pair.b} ({numbers_said}), {wins}{effect}.{_spread(record, pair)}"


def value_sentence(record: StudyRecord, arm: StudyArm, of: str) -> str:
    """Return where an arm's mean or median is, or how many of its seeds trained."""
    metric = numbers.metric_of(record)
    if of == "trained":
        low, high = numbers.share(arm.trained_low), numbers.share(arm.trained_high)
        return f"{arm.n_trained:,} of {arm.n_ended:,} seeds of {arm.name} trained (95% interval {low} to {high})."
    mean = (arm.mean, arm.low, arm.high)
    value, *ends = mean if of == "mean" else (arm.median, arm.median_low, arm.median_high)
    interval = " to ".join(map(metric.full, ends))
    return f"The {of} {metric.name} of {arm.name} is {metric.full(value)} (95% interval {interval})."


def turned_pair(pair: StudyPair) -> StudyPair:
    """Return the same comparison seen from the other arm."""
    return replace(
        pair, a=pair.b, b=pair.a, difference=-pair.difference, low=-pair.high, high=-pair.low, effect=-pair.effect,
        wins=pair.n - pair.wins - pair.ties,
    )  # fmt: skip


def _spread(record: StudyRecord, pair: StudyPair) -> str:
    a, b = record.arm(pair.a), record.arm(pair.b)
    if not pair.spread_p < SIGNIFICANT or a.std == b.std:
        return ""
    less, more = (a, b) if a.std < b.std else (b, a)
    metric = numbers.metric_of(record)
    stds = f"standard deviation {metric.value(less.std)} against {metric.value(more.std)}"
    return f" {less.name} varies less from seed to seed ({stds}, Brown-Forsythe p {numbers.p_is(pair.spread_p)})."


def _count(n: int) -> str:
    return f"{n:,} {'member' if n == 1 else 'members'}"


def _verdict(record: StudyRecord) -> str:
    return _VERDICTS[record.verdict]
