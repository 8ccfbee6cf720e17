"""A study as plain text of 80 columns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerwise.records import StudyArm, StudyPair, StudyRecord
from layerwise.report import _numbers as numbers
from layerwise.report._columns import GAP, WIDTH, column_widths, indented, lines, plainly, text, total_width
from layerwise.report._study_sentences import study_sentences, turned_pair

if TYPE_CHECKING:
    from rich.console import RenderableType

MOST_PAIRS = 30


def study_text(record: StudyRecord) -> str:
    """Return the sentences, the arms and the comparisons of a study."""
    parts = [text(sentence) for sentence in study_sentences(record)]
    parts += [text(""), *_arms(record), text(""), lines(_legend(record), [8, WIDTH - GAP - 8], n_names=2)]
    if record.pairs:
        parts += [text(""), *_pairs(record)]
    for note in record.notes:
        parts += [text(""), text(f"Note: {note}")]
    return plainly(*parts)


def ranked_arms(record: StudyRecord) -> list[StudyArm]:
    """Return the arms, the best mean first; those without one last."""
    sign = 1.0 if record.lower_is_better else -1.0
    return sorted(record.arms, key=lambda arm: math.inf if math.isnan(arm.mean) else sign * arm.mean)


def ranked_pairs(record: StudyRecord) -> list[StudyPair]:
    """Return the pairs, each with the better arm first, those of the best arm before those of the next."""
    place = {arm.name: number for number, arm in enumerate(ranked_arms(record))}
    turned = [pair if place[pair.a] < place[pair.b] else turned_pair(pair) for pair in record.pairs]
    return sorted(turned, key=lambda pair: (place[pair.a], place[pair.b]))


def trouble(arm: StudyArm) -> str:
    """Return why seeds of an arm failed: crashes, the arm's end, or the finding that leads most often."""
    said = []
    if arm.statuses.get("crashed"):
        said.append(f"{arm.statuses['crashed']:,} crashed: {arm.error}")
    if arm.dropped:
        said.append(arm.dropped)
    if 2 * arm.n_trained < arm.n_ended:
        said += [f"{code} leads in {n:,} of {len(arm.values):,} seeds." for code, n in arm.leading[:1]]
    return " ".join(said)


def _arms(record: StudyRecord) -> list[RenderableType]:
    metric = numbers.metric_of(record)
    unit = f", {metric.unit}" if metric.unit else ""
    header = ["arm", "rate", "seeds", "trained", f"{_short(metric.name)}{unit}", "sd", "seconds"]
    cells = [_cells(record, arm) for arm in ranked_arms(record)]
    widths = column_widths([header, *cells])
    parts: list[RenderableType] = [lines([header], widths, style="bold"), text("-" * total_width(widths), "dim")]
    for arm, row in zip(ranked_arms(record), cells, strict=True):
        parts.append(lines([row], widths))
        if reason := trouble(arm):
            parts.append(indented(reason, "red"))
    return parts


def _cells(record: StudyRecord, arm: StudyArm) -> list[str]:
    metric = numbers.metric_of(record)
    known = math.isfinite(arm.mean)
    return [
        arm.name,
        numbers.significant(arm.learning_rate) if math.isfinite(arm.learning_rate) else "-",
        f"{arm.n_ended:,}/{arm.n_planned:,}",
        f"{arm.n_trained:,}" if arm.n_ended else "-",
        f"{metric.value(arm.mean)} [{metric.value(arm.low)}, {metric.value(arm.high)}]" if known else "-",
        metric.value(arm.std),
        numbers.seconds(arm.seconds),
    ]


def _legend(record: StudyRecord) -> list[list[str]]:
    learnt = any(arm.n_trained for arm in record.arms)
    at = f"with a test score of at least {record.trained_at:.3g}" if learnt else "that learnt more than to guess"
    metric = numbers.metric_of(record)
    data = record.data
    return [
        ["seeds", "members that ended, of those planned"],
        ["trained", f"of them, those {at}"],
        [_short(metric.name).split()[0], f"mean {metric.name} over seeds [95% bootstrap interval]; sd: over seeds"],
        ["data", f"{data.name}: {data.n_train:,} train, {data.n_validation:,} validation, {data.n_test:,} test rows"],
    ]


def _pairs(record: StudyRecord) -> Sequence[RenderableType]:
    metric = numbers.metric_of(record)
    header = ["arm", "minus", metric.step or "units", "95% interval", "p", "better in"]
    cells, last = [], None
    for pair in ranked_pairs(record)[:MOST_PAIRS]:
        interval = f"[{metric.difference(pair.low)}, {metric.difference(pair.high)}]"
        first = "" if pair.a == last else pair.a
        better = f"{pair.wins:,}/{pair.n:,}"
        difference = metric.difference(pair.difference)
        cells.append([first, pair.b, difference, interval, numbers.p_value(pair.p_value), better])
        last = pair.a
    widths = column_widths([header, *cells], n_names=2)
    holm = f"; p corrected for {len(record.pairs)} pairs (Holm)" if len(record.pairs) > 1 else ""
    title = f"Difference in {metric.name}, paired by seed{holm}"
    more = len(record.pairs) - MOST_PAIRS
    rest = [text(f"... and {more} more pairs, which stand in result.json")] if more > 0 else []
    heading = lines([header], widths, n_names=2, style="bold")
    return [text(title), text(""), heading, text("-" * total_width(widths), "dim"),
            lines(cells, widths, n_names=2), *rest]  # fmt: skip


def _short(name: str) -> str:
    return "trained" if name.startswith("share") else name.replace("number of ", "")
