"""Tables for a terminal of 80 columns, with or without color."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise.records import Arm, ComparisonRecord
from layerwise.report import _numbers as numbers
from layerwise.report._columns import GAP, WIDTH, column_widths, indented, lines, text, total_width
from layerwise.report._summary import reason
from layerwise.report._verdict import anything_learnt, learns, ordered_pairs, ranked, score_of

if TYPE_CHECKING:
    from rich.console import Group, RenderableType


def comparison_table(record: ComparisonRecord) -> Group:
    """Return, for rich, a table of at most 80 columns: one line per arm, the best first.

    Under an arm that does not train stands its leading finding, with layer and number; under the table, what the
    columns mean. Names are printed as they are: nothing in them is taken for markup.
    """
    from rich.console import Group

    header = ["arm", "rate", "trained", _score_heading(record), "steps", "seconds"]
    arms = ranked(record)
    widths = column_widths([header, *(_cells(record, arm) for arm in arms)])
    parts: list[RenderableType] = [lines([header], widths, style="bold"), text("-" * total_width(widths), "dim")]
    for place, arm in enumerate(arms):
        good = learns(record, arm)
        parts.append(lines([_cells(record, arm)], widths, style="bold" if good and place == 0 else ""))
        if not good:
            parts.append(indented(reason(arm), "red"))
    return Group(*parts, text(""), lines(_legend(record), [8, WIDTH - GAP - 8], n_names=2, style="dim"))


def pairs_table(record: ComparisonRecord) -> Group:
    """Return, for rich, every pair of arms: the mean difference by seed, its 95% interval, its p-value after Holm.

    The better arm of each pair stands first, so that the differences are positive; the best arm's pairs come first.
    """
    from rich.console import Group

    if not record.pairs:
        return Group(text("There are no two arms to compare."))
    metric = numbers.metric_of(record)
    header = ["arm", "minus", metric.step or "R2", "95% interval", "p"]
    cells, last = [], None
    for pair in ordered_pairs(record):
        interval = f"[{metric.difference(pair.low)}, {metric.difference(pair.high)}]"
        first = "" if pair.a == last else pair.a
        cells.append([first, pair.b, metric.difference(pair.difference), interval, numbers.p_value(pair.p_value)])
        last = pair.a
    widths = column_widths([header, *cells], n_names=2)
    heading, rule = lines([header], widths, n_names=2, style="bold"), text("-" * total_width(widths), "dim")
    title = f"Difference in {metric.name}, paired by seed; p corrected for {len(record.pairs)} pairs (Holm)"
    return Group(text(title), text(""), heading, rule, lines(cells, widths, n_names=2))


def _score_heading(record: ComparisonRecord) -> str:
    metric = numbers.metric_of(record)
    return f"{metric.name}{f', {metric.unit}' if metric.unit else ''}"


def _cells(record: ComparisonRecord, arm: Arm) -> list[str]:
    score = score_of(arm)
    return [
        arm.name,
        numbers.significant(arm.learning_rate),
        f"{arm.n_trained}/{arm.n_seeds}" if anything_learnt(record) else "-",
        numbers.metric_of(record).interval(score) if score else "-",
        numbers.steps(arm.steps_to_target.median),
        numbers.seconds(arm.seconds),
    ]


def _legend(record: ComparisonRecord) -> list[list[str]]:
    metric = numbers.metric_of(record)
    full, watched = metric.full, metric.name.replace("test", "validation")
    trained = (
        f"seeds with a {metric.name} of at least {full(record.trained_at)}, halfway from guessing "
        f"({full(record.chance)}) to the best arm's median"
        if anything_learnt(record)
        else f"not counted, since no arm is above guessing ({full(record.chance)})"
    )
    return [
        ["trained", trained],
        ["test", "median over seeds [95% interval], at the rate that did best on validation data"],
        ["steps", f"updates until {watched} reached {full(record.target)}, median over seeds"],
    ]
