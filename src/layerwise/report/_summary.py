"""A comparison in two to five sentences."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from layerwise.records import Arm, ComparisonRecord
from layerwise.report import _numbers as numbers
from layerwise.report._printable import printable
from layerwise.report._verdict import (
    anything_learnt,
    leading_finding,
    learns,
    ordered_pairs,
    ranked,
    score_of,
    told_apart,
)

MOST_REASONS = 3
MOST_NAMES = 6


def plain_summary(record: ComparisonRecord) -> list[str]:
    """Return two to five sentences: which arms train, which is best and by how much, why the others fail.

    An arm trains if at least half of its seeds do (`ComparisonRecord.trained_at`). If no arm's median is above chance,
    none does.
    """
    winners = [arm for arm in ranked(record) if learns(record, arm)]
    losers = [arm for arm in ranked(record) if arm not in winners]
    sentences = [_who_trains(record, winners)]
    if winners:
        sentences.append(_best(record, winners))
    if record.interrupted:
        sentences.append("It was interrupted: the numbers cover the runs that had ended.")
    sentences += _reasons(record, losers, room=5 - len(sentences))
    return [printable(sentence) for sentence in sentences]


def reason(arm: Arm) -> str:
    """Return the leading finding of `arm` in words: its code, its layer, its sentence."""
    finding = leading_finding(arm)
    if not arm.n_seeds:
        return "No run of it has ended."
    if finding is None:
        return "No rule says why."
    said = finding.layer is None or re.search(rf"\b{re.escape(finding.layer)}\b", finding.text)
    where = "" if said else f" at {finding.layer}"
    return f"{finding.code}{where}: {finding.text.rstrip('. ')}."


def listed(names: Sequence[str]) -> str:
    """Return "a", "a and b", "a, b and c", or the first names and how many more there are.

    Example:
        >>> listed("ab"), listed("abcdefgh")
        ('a and b', 'a, b, c, d, e and 3 more')
    """
    if len(names) > MOST_NAMES:
        names = [*names[: MOST_NAMES - 1], f"{len(names) - MOST_NAMES + 1} more"]
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _who_trains(record: ComparisonRecord, winners: list[Arm]) -> str:
    n_arms, on = len(record.arms), f"On {record.data.name}"
    if not any(map(score_of, record.arms)):
        return f"{on}, no run has ended: there is nothing to compare."
    if not winners:
        who = "no arm does" if n_arms > 1 else f"{record.arms[0].name} does not do"
        return f"{on}, {who} better than guessing ({numbers.metric_of(record).full(record.chance)})."
    every = all(arm.n_trained == arm.n_seeds for arm in winners)
    names = listed([arm.name if every else f"{arm.name} ({arm.n_trained}/{arm.n_seeds} seeds)" for arm in winners])
    if n_arms == 1:
        return f"{on}, {names} trains{' in every seed' if every else ''}."
    everybody = "both" if n_arms == 2 else f"all {n_arms}"
    how_many = everybody if len(winners) == n_arms else f"{len(winners)} of {n_arms}"
    verb = "trains" if len(winners) == 1 else "train"
    return f"{on}, {how_many} arms {verb}{', in every seed' if every else ''}: {names}."


def _best(record: ComparisonRecord, winners: list[Arm]) -> str:
    metric, score = numbers.metric_of(record), winners[0].score
    alone = len(record.arms) == 1
    whose = f"Its median {metric.name} is" if alone else f"Best is {winners[0].name}, with a median {metric.name} of"
    interval = f"95% interval {metric.full(score.low)} to {metric.full(score.high)}"
    return f"{whose} {metric.full(score.median)} ({interval}){_lead(record, winners)}."


def _lead(record: ComparisonRecord, winners: list[Arm]) -> str:
    """Return by how much the best arm is ahead of the next one that can be told from it, and who cannot be."""
    metric, names = numbers.metric_of(record), {arm.name for arm in winners[1:]}
    pairs = [pair for pair in ordered_pairs(record) if pair.a == winners[0].name and pair.b in names]
    close = [pair for pair in pairs if not (told_apart(pair) and pair.difference > 0)]
    if close:
        p_values = listed([f"p {numbers.p_is(pair.p_value)}" for pair in close])
        return f"; {listed([pair.b for pair in close])} cannot be told apart from it, seed by seed ({p_values})"
    if not pairs:
        return ""
    by = f"{metric.value(pairs[0].difference)} {metric.step}".strip()
    interval = f"{metric.value(pairs[0].low)} to {metric.value(pairs[0].high)}"
    return f", {by} above {pairs[0].b}, seed by seed ({interval}, p {numbers.p_is(pairs[0].p_value)})"


def _reasons(record: ComparisonRecord, losers: list[Arm], room: int) -> list[str]:
    shown = losers if len(losers) <= min(room, MOST_REASONS) else losers[: min(room, MOST_REASONS) - 1]
    sentences = [f"{_fails(record, arm)} {reason(arm)}" for arm in shown]
    rest = losers[len(shown) :]
    if rest:
        sentences.append(f"Nor {'does' if len(rest) == 1 else 'do'} {listed([_short(arm) for arm in rest])} train.")
    return sentences


def _fails(record: ComparisonRecord, arm: Arm) -> str:
    score, metric = score_of(arm), numbers.metric_of(record)
    if score is None or not arm.n_seeds:
        return f"{arm.name} has no result."
    known = math.isfinite(score.median)
    result = f"median {metric.name} {metric.full(score.median)}" if known else "no finite score"
    share = f"{arm.n_trained}/{arm.n_seeds} seeds, " if anything_learnt(record) else ""
    return f"{arm.name} does not train ({share}{result})."


def _short(arm: Arm) -> str:
    finding = leading_finding(arm)
    if finding is None:
        return arm.name
    return f"{arm.name} ({finding.code}{f' at {finding.layer}' if finding.layer else ''})"
