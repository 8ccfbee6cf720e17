"""Whether pre-training helped, as a table."""

from __future__ import annotations

from layerwise.records import LabelArm, LabelEffect, VerdictRecord
from layerwise.report import _numbers as numbers
from layerwise.report._verdict_sentences import SIGNIFICANT

HEADINGS = ("labels", "against", "pre-trained", "other", "difference", "95% interval", "p")
_AGAINST = {"random": "random start", "same_histogram": "same histogram"}


def verdict_rows(record: VerdictRecord) -> list[dict[str, str]]:
    """Return a row for each number of labels and other start, its keys those of `HEADINGS` and `apart`."""
    arms = {(arm.start, arm.n_labels): arm for arm in record.arms}
    return [
        _row(record, effect, arms["pretrained", effect.n_labels], arms[effect.against, effect.n_labels])
        for effect in record.effects
    ]


def verdict_unit(record: VerdictRecord) -> str:
    """Return what scores are, with their unit."""
    return "test accuracy, %" if record.metric == "accuracy" else "minus the squared error on test rows"


def _row(record: VerdictRecord, effect: LabelEffect, ours: LabelArm, other: LabelArm) -> dict[str, str]:
    interval = f"{_shown(record, effect.low, sign=True)} to {_shown(record, effect.high, sign=True)}"
    cells = (
        f"{effect.n_labels:,}",
        _AGAINST.get(effect.against, effect.against),
        _shown(record, ours.score.median),
        _shown(record, other.score.median),
        _shown(record, effect.difference, sign=True),
        interval,
        numbers.p_value(effect.p_value),
    )
    row = dict(zip(HEADINGS, cells, strict=True))
    return {**row, "apart": "yes" if effect.p_value < SIGNIFICANT else ""}


def _shown(record: VerdictRecord, value: float, *, sign: bool = False) -> str:
    if record.metric == "accuracy":
        return f"{100 * value:+.1f}" if sign else f"{100 * value:.1f}"
    return f"{value:+.3g}" if sign else f"{value:.4g}"
