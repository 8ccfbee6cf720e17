"""Whether pre-training helped, as a table."""

from __future__ import annotations

from layerwise.records import LabelArm, LabelEffect, VerdictRecord
from layerwise.report import _numbers as numbers
from layerwise.report._verdict import SIGNIFICANT
from layerwise.report._verdict_sentences import START_NAMES

HEADINGS = ("labels", "against", "pre-trained", "other", "difference", "95% interval", "p")


def verdict_rows(record: VerdictRecord) -> list[dict[str, str]]:
    """Return a row for each number of labels and other start, its keys those of `HEADINGS` and `apart`."""
    arms = {(arm.start, arm.n_labels): arm for arm in record.arms}
    return [
        _row(record, effect, arms["pretrained", effect.n_labels], arms[effect.against, effect.n_labels])
        for effect in record.effects
    ]


def verdict_legend(record: VerdictRecord) -> str:
    """Return what the columns of numbers are."""
    unit = "test accuracy, %" if record.metric == "accuracy" else "minus the squared error on test rows"
    return (
        f"Scores: {unit}, medians of {len(record.seeds)} seeds. Difference: mean over seeds of the pre-trained score "
        "minus the other, with its 95% interval and its two-sided p-value, corrected for all rows (Holm)."
    )


def _row(record: VerdictRecord, effect: LabelEffect, ours: LabelArm, other: LabelArm) -> dict[str, str]:
    interval = f"{_shown(record, effect.low, sign=True)} to {_shown(record, effect.high, sign=True)}"
    cells = (
        f"{effect.n_labels:,}",
        START_NAMES[effect.against],
        _shown(record, ours.score.median),
        _shown(record, other.score.median),
        _shown(record, effect.difference, sign=True),
        interval,
        numbers.p_value(effect.p_value),
    )
    row = dict(zip(HEADINGS, cells, strict=True))
    return {**row, "apart": "yes" if effect.p_value < SIGNIFICANT else ""}


def _shown(record: VerdictRecord, value: float, *, sign: bool = False) -> str:
    plus = "+" if sign else ""
    return f"{100 * value:{plus}z.1f}" if record.metric == "accuracy" else f"{value:{plus}z.3f}"
