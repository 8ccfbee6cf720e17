"""Whether pre-training helped, in words."""

from __future__ import annotations

from layerwise.records import LabelArm, LabelEffect, VerdictRecord
from layerwise.report import _numbers as numbers
from layerwise.report._summary import listed
from layerwise.report._verdict import SIGNIFICANT

START_NAMES = {"pretrained": "pre-trained", "random": "random start", "same_histogram": "same histogram"}
"""What each start is called in tables and charts."""

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


def verdict_summary(record: VerdictRecord) -> str:
    """Return in one sentence with how many labels it helped, hurt or made no difference, against a random start."""
    found: dict[str, list[str]] = {}
    for effect in record.effects:
        if effect.against == "random":
            found.setdefault(said_of(effect), []).append(f"{effect.n_labels:,}")
    said = "; ".join(f"with {listed(labels)} labels it {what}" for what, labels in found.items())
    return f"As a start for a network with labels, against a random one, over {len(record.seeds)} seeds: {said}."


def effect_of(record: VerdictRecord, n_labels: int) -> LabelEffect:
    """Return the effect against a random start at this number of labels."""
    return next(one for one in record.effects if (one.against, one.n_labels) == ("random", n_labels))


def said_of(effect: LabelEffect) -> str:
    """Return "helped", "hurt" or "made no difference that shows"."""
    if effect.p_value >= SIGNIFICANT:
        return "made no difference that shows"
    return "helped" if effect.difference > 0 else "hurt"


def _sentence(record: VerdictRecord, effect: LabelEffect, ours: LabelArm, other: LabelArm) -> str:
    shown = _percent if record.metric == "accuracy" else _plain
    unit = " points" if record.metric == "accuracy" else ""
    labels = f"With {effect.n_labels:,} labels"
    scores = f"{shown(ours.score.median)} against {shown(other.score.median)}, medians of {effect.n} seeds"
    interval = f"{_signed(record, effect.low)} to {_signed(record, effect.high)}"
    told = f"({scores}; 95% interval {interval}{unit}, p {numbers.p_is(effect.p_value)})"
    against = _STARTS[effect.against]
    if effect.p_value >= SIGNIFICANT:
        return f"{labels}, it made no difference to {against} that these seeds can show {told}."
    by = f"{_signed(record, abs(effect.difference))}{unit}"
    return f"{labels}, it {said_of(effect)} by {by} against {against} {told}."


def _percent(score: float) -> str:
    return f"{100 * score:.1f}%"


def _plain(score: float) -> str:
    return f"{score:.4g}"


def _signed(record: VerdictRecord, value: float) -> str:
    return f"{100 * value:.1f}" if record.metric == "accuracy" else f"{value:.3g}"
