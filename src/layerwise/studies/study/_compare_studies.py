"""Two studies side by side: what they were told, and the arms that both have."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from layerwise import stats
from layerwise._base import InvalidInput, Text, child_seed
from layerwise.records import StudyArm, StudyRecord
from layerwise.report import columns_text, metric_of, p_value
from layerwise.store import StudyReader
from layerwise.studies.study._design import changes
from layerwise.studies.study._summarize import summarize

MOST_CHANGES = 12
TIMES = ("seconds", "sitting")


def compare_text(first: str | Path, second: str | Path) -> str:
    """Return what two studies were told that differs, and each arm of both with the difference, paired by seed.

    Raises:
        InvalidInput: they have no arm in common, or another metric.
    """
    mine, theirs = summarize(first), summarize(second)
    if mine.metric != theirs.metric:
        raise InvalidInput(
            "Both studies must have one metric", got=Text(f"{mine.metric} and {theirs.metric}"), cure="Export both."
        )
    both = [arm for arm in mine.arms if arm.name in {other.name for other in theirs.arms}]
    if not both:
        raise InvalidInput("Both studies must have an arm in common, by its name", got=Text("none"))
    return "\n".join([*_told(first, second), "", _table(mine, theirs, both), "", same_records(first, second)])


def same_records(first: str | Path, second: str | Path) -> str:
    """Return in a sentence whether two studies hold the same records, bit for bit, times aside."""
    differ = total = 0
    with StudyReader(first) as one, StudyReader(second) as other:
        # `details` is compressed by one library in one way, so that equal records are equal bytes.
        there = {row.member: row._replace(seconds=0.0) for row in other.whole_rows()}
        for row in one.whole_rows():
            total += 1
            differ += there.pop(row.member, None) != row._replace(seconds=0.0)
    if not differ and not there:
        return f"All {total:,} records are the same, bit for bit, times aside."
    return f"{differ:,} of {total:,} records differ; {len(there):,} stand in the second alone."


def _told(first: str | Path, second: str | Path) -> list[str]:
    with StudyReader(first) as one, StudyReader(second) as other:
        found = [text for text in changes(one.design(), other.design()) if not text.startswith(("`phases", "`members"))]
    if not found:
        return ["Both were told the same."]
    more = [f"... and {len(found) - MOST_CHANGES} more"] if len(found) > MOST_CHANGES else []
    return ["What the second was told otherwise:", *(f"  {text}" for text in found[:MOST_CHANGES]), *more]


def _table(mine: StudyRecord, theirs: StudyRecord, both: list[StudyArm]) -> str:
    metric = metric_of(mine)
    tests = [_test(arm, theirs.arm(arm.name)) for arm in both]
    there = [test for test in tests if test is not None]
    corrected = iter(stats.holm([test.p_value for test in there]).tolist())
    rows = []
    for arm, test in zip(both, tests, strict=True):
        other = theirs.arm(arm.name)
        shown = ["-", "-", "-", "0"]
        if test is not None:
            interval = f"[{metric.difference(test.low)}, {metric.difference(test.high)}]"
            shown = [metric.difference(test.difference), interval, p_value(next(corrected)), str(test.n)]
        rows.append([arm.name, metric.value(arm.mean), metric.value(other.mean), *shown])
    header = ["arm", "first", "second", "second - first", "95% interval", "p", "seeds"]
    said = f"Mean {metric.name}{f' in {metric.unit}' if metric.unit else ''}; differences paired by seed, p after Holm."
    return columns_text(header, rows, said)


def _test(mine: StudyArm, theirs: StudyArm) -> stats.Paired | None:
    a, b = ({s: v for s, v in zip(arm.seeds, arm.values, strict=True) if math.isfinite(v)} for arm in (mine, theirs))
    common = sorted(a.keys() & b.keys())
    if len(common) < 2:
        return None
    generator = np.random.default_rng(child_seed(0, "studies", mine.name))
    return stats.paired_difference([b[s] for s in common], [a[s] for s in common], generator=generator)
