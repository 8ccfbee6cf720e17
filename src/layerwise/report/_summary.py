"""A comparison in two to five sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from layerwise.records import Arm, ComparisonRecord
from layerwise.report import _numbers as numbers
from layerwise.report._verdict import leading_finding, learns, ordered_pairs, ranked, score_of

MOST_REASONS = 3


def plain_summary(record: ComparisonRecord) -> list[str]:
    """Return two to five sentences: which arms train, which is best and by how much, why the others fail.

    An arm trains if at least half of its seeds do (`ComparisonRecord.trained_at`) and its median is above chance.
    """
    winners = [arm for arm in ranked(record) if learns(record, arm)]
    losers = [arm for arm in ranked(record) if arm not in winners]
    sentences = [_who_trains(record, winners)]
    if winners:
        sentences.append(_best(record, winners))
    if record.interrupted:
        sentences.append("It was interrupted: what follows covers the runs that had ended.")
    return sentences + _reasons(record, losers, room=5 - len(sentences))


def reason(arm: Arm) -> str:
    """Return the leading finding of `arm` in words: its code, its layer, its sentence."""
    finding = leading_finding(arm)
    if finding is None:
        return "No rule says why." if arm.n_seeds else "No run of it has ended."
    said = finding.layer is None or re.search(rf"\b{re.escape(finding.layer)}\b", finding.text)
    where = "" if said else f" at {finding.layer}"
    return f"{finding.code}{where}: {finding.text.rstrip('. ')}."


def listed(names: Sequence[str]) -> str:
    """Return "a", "a and b", or "a, b and c"."""
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def _who_trains(record: ComparisonRecord, winners: list[Arm]) -> str:
    n_arms, on = len(record.arms), f"On {record.data.name}"
    if not winners:
        level = numbers.metric_of(record).full(record.chance)
        return f"{on}, {'no arm' if n_arms > 1 else 'this arm'} does better than guessing ({level})."
    if n_arms == 1:
        return f"{on}, {winners[0].name} trains in {winners[0].n_trained} of {winners[0].n_seeds} seeds."
    names = listed([f"{arm.name} ({arm.n_trained}/{arm.n_seeds} seeds)" for arm in winners])
    how_many = f"all {n_arms}" if len(winners) == n_arms else f"{len(winners)} of {n_arms}"
    verb = "trains" if len(winners) == 1 else "train"
    return f"{on}, {how_many} arms {verb}: {names}."


def _best(record: ComparisonRecord, winners: list[Arm]) -> str:
    metric, best = numbers.metric_of(record), winners[0]
    score = best.score
    text = (
        f"{'Its' if len(record.arms) == 1 else f'Best is {best.name}, with a'} median {metric.name} of "
        f"{metric.full(score.median)} (95% interval {metric.full(score.low)} to {metric.full(score.high)})"
    )
    return text + _lead(record, winners) + "."


def _lead(record: ComparisonRecord, winners: list[Arm]) -> str:
    """Return by how much the best arm is ahead of the next one that can be told from it, and who cannot be."""
    metric, names = numbers.metric_of(record), {arm.name for arm in winners[1:]}
    pairs = [pair for pair in ordered_pairs(record) if pair.a == winners[0].name and pair.b in names]
    close = [pair.b for pair in pairs if not pair.low > 0]
    if close:
        return f"; {listed(close)} cannot be told apart from it by seed (the 95% interval of the difference holds 0)"
    if not pairs:
        return ""
    by = f"{metric.value(pairs[0].difference)} {metric.step}".strip()
    interval = f"{metric.value(pairs[0].low)} to {metric.value(pairs[0].high)}"
    return f", {by} above {pairs[0].b}, seed by seed ({interval}, p {_equals(pairs[0].p_value)})"


def _equals(p_value: float) -> str:
    text = numbers.p_value(p_value)
    return f"< {text[1:]}" if text.startswith("<") else f"= {text}"


def _reasons(record: ComparisonRecord, losers: list[Arm], room: int) -> list[str]:
    shown = losers if len(losers) <= min(room, MOST_REASONS) else losers[: min(room, MOST_REASONS) - 1]
    sentences = [f"{_fails(record, arm)} {reason(arm)}" for arm in shown]
    rest = losers[len(shown) :]
    if rest:
        sentences.append(f"Nor {'does' if len(rest) == 1 else 'do'} {listed([_short(arm) for arm in rest])} train.")
    return sentences


def _fails(record: ComparisonRecord, arm: Arm) -> str:
    score, metric = score_of(arm), numbers.metric_of(record)
    if score is None:
        return f"{arm.name} has no result."
    median = f"median {metric.name} {metric.full(score.median)}"
    return f"{arm.name} does not train ({arm.n_trained}/{arm.n_seeds} seeds, {median})."


def _short(arm: Arm) -> str:
    finding = leading_finding(arm)
    if finding is None:
        return arm.name
    return f"{arm.name} ({finding.code}{f' at {finding.layer}' if finding.layer else ''})"
