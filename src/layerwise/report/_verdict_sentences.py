"""Whether pre-training helped, in words."""

from __future__ import annotations

from layerwise.records import LabelArm, LabelEffect, VerdictRecord

SIGNIFICANT = 0.05

_STARTS = {"random": "a random start", "same_histogram": "a start with the same weight histogram"}


def verdict_sentences(record: VerdictRecord) -> list[str]:
    """Return a sentence for each number of labels and each other start, and what they take for granted.

    Pre-training helped or hurt where the corrected p-value is under 0.05; else it made no difference that so many seeds
    can show.
    """
    arms = {(arm.start, arm.n_labels): arm for arm in record.arms}
    said = [_sentence(record, effect, arms["pretrained", effect.n_labels], arms[effect.against, effect.n_labels])
            for effect in record.effects]  # fmt: skip
    return [*said, *record.notes]


def _sentence(record: VerdictRecord, effect: LabelEffect, ours: LabelArm, other: LabelArm) -> str:
    shown = _percent if record.metric == "accuracy" else _plain
    unit = " points" if record.metric == "accuracy" else ""
    labels = f"With {effect.n_labels:,} labels"
    scores = f"{shown(ours.score.median)} against {shown(other.score.median)}, medians of {effect.n} seeds"
    interval = f"{_signed(record, effect.low)} to {_signed(record, effect.high)}"
    told = f"({scores}; 95% interval {interval}{unit}, p = {effect.p_value:.2g})"
    against = _STARTS.get(effect.against, effect.against)
    if effect.p_value >= SIGNIFICANT:
        return f"{labels}, it made no difference to {against} that these seeds can show {told}."
    helped = "helped" if effect.difference > 0 else "hurt"
    return f"{labels}, it {helped} by {_signed(record, abs(effect.difference))}{unit} against {against} {told}."


def _percent(score: float) -> str:
    return f"{100 * score:.1f}%"


def _plain(score: float) -> str:
    return f"{score:.4g}"


def _signed(record: VerdictRecord, value: float) -> str:
    return f"{100 * value:.1f}" if record.metric == "accuracy" else f"{value:.3g}"
