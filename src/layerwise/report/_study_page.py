"""What stands on the page of a study."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerwise.records import StudyRecord
from layerwise.report import _charts
from layerwise.report import _numbers as numbers
from layerwise.report._budget import within_budget
from layerwise.report._page import Section
from layerwise.report._study_sentences import pair_sentence, study_sentences
from layerwise.report._study_text import ranked_arms, ranked_pairs, trouble
from layerwise.report._tables import ranges, study_rows

MOST_ROWS = 300


@dataclass(frozen=True)
class StudyPage:
    """Everything the template of a study needs, as text that is ready to be escaped."""

    title: str
    summary: Sequence[str]
    sections: Sequence[Section]
    arms: Sequence[dict[str, str]]
    colors: Sequence[int]
    pairs: Sequence[dict[str, str]]
    comparisons: Sequence[str]
    rules: Sequence[dict[str, str]]
    ground: Sequence[tuple[str, Sequence[str]]]
    metric: str
    more_arms: int
    more_pairs: int
    names: Sequence[str]
    left_out: Sequence[str]


def study_page(record: StudyRecord) -> StudyPage:
    """Return the page that shows `record`."""
    arms, pairs, metric = ranked_arms(record), ranked_pairs(record), numbers.metric_of(record)
    names = [arm.name for arm in record.arms]
    sections, left_out = within_budget(list(_sections(record)))
    unit = f", {metric.unit}" if metric.unit else ""
    return StudyPage(
        title=record.name,
        summary=study_sentences(record),
        sections=sections,
        arms=[_arm(record, place) for place in range(min(len(arms), MOST_ROWS))],
        colors=[names.index(arm.name) for arm in arms[:MOST_ROWS]],
        pairs=[_pair(record, place) for place in range(min(len(pairs), MOST_ROWS))],
        comparisons=[pair_sentence(record, pair) for pair in pairs[:20]],
        rules=[{"rule": one.rule, "verdict": one.verdict, "because": one.because} for one in record.decisions],
        ground=_ground(record),
        metric=f"{metric.name}{unit}",
        more_arms=len(arms) - MOST_ROWS,
        more_pairs=len(pairs) - MOST_ROWS,
        names=names,
        left_out=[section.title for section in left_out],
    )


def _sections(record: StudyRecord) -> Iterator[Section]:
    metric = numbers.metric_of(record).name
    yield Section("decision", "The decision", "The rules were given before anything ran.", table="decision")
    yield Section("seeds", f"Every seed: {metric}", "", _charts.seed_figures(record, ranked_arms(record)), layout="one")
    yield Section("arms", "The arms", "The best mean first.", table="arms")
    if record.pairs:
        yield Section("pairs", "Comparisons",
                      "Paired by seed: both arms had the same split, data order and initial draw.",
                      table="pairs")  # fmt: skip
    yield Section("ground", "What this stands on", "", table="ground")


def _arm(record: StudyRecord, place: int) -> dict[str, str]:
    arm, metric = ranked_arms(record)[place], numbers.metric_of(record)
    known = math.isfinite(arm.mean)
    return {
        "name": arm.name,
        "rate": numbers.significant(arm.learning_rate) if math.isfinite(arm.learning_rate) else "–",
        "seeds": f"{arm.n_ended:,} of {arm.n_planned:,}",
        "trained": f"{arm.n_trained:,}",
        "share": f"{numbers.share(arm.trained_low)} to {numbers.share(arm.trained_high)}" if arm.n_ended else "–",
        "mean": metric.value(arm.mean) if known else "–",
        "interval": f"{metric.value(arm.low)} to {metric.value(arm.high)}" if known else "–",
        "median": metric.value(arm.median),
        "sd": metric.value(arm.std),
        "seconds": numbers.seconds(arm.seconds),
        "trouble": trouble(arm),
    }


def _pair(record: StudyRecord, place: int) -> dict[str, str]:
    pair, metric = ranked_pairs(record)[place], numbers.metric_of(record)
    return {
        "a": pair.a,
        "b": pair.b,
        "difference": metric.difference(pair.difference),
        "interval": f"{metric.difference(pair.low)} to {metric.difference(pair.high)}",
        "p": numbers.p_value(pair.p_value),
        "effect": "∞" if math.isinf(pair.effect) else f"{pair.effect:.2f}",
        "wins": f"{pair.wins:,} of {pair.n:,}",
        "spread": numbers.p_value(pair.spread_p),
    }


def _ground(record: StudyRecord) -> list[tuple[str, tuple[str, ...]]]:
    seeds = f"{ranges(record.seeds)}; for the search {ranges(record.search_seeds) or 'none'}"
    rows = study_rows(record, "classes" if "accuracy" in record.metric else "outputs", seeds)
    rows += [("Engines", (", ".join(record.engines),)), ("Began", (f"{record.created} (UTC)",))]
    rows += [("On the way", tuple(event.text for event in record.events))] if record.events else []
    return rows + ([("Notes", record.notes)] if record.notes else [])
