"""Did it help? The same network from other starts, with the same labels and at least the same budget."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from layerwise import stats
from layerwise._base import child_seed
from layerwise.pretraining._processes import processes
from layerwise.pretraining._purpose import checkpoint_at
from layerwise.pretraining._verdict_arm import train_arm
from layerwise.pretraining._verdict_arms import KeptArms
from layerwise.pretraining._verdict_question import Question
from layerwise.pretraining._verdict_start import STARTS, multiplications
from layerwise.records import LabelArm, LabelEffect, VerdictRecord
from layerwise.report import verdict_sentences

if TYPE_CHECKING:
    from layerwise.pretraining._pretrained import Pretrained

RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)

NOTES = (
    "The network was pre-trained once: intervals are over splits, labels, heads and shuffles, not over pre-training.",
    "Shuffled weights are new draws of an initialization of independent entries; orthogonal ones lose their structure.",
)


@dataclass(frozen=True)
class Verdict:
    """Whether pre-training helped; print it for a sentence at each number of labels.

    Attributes:
        record: Everything, as a record.
    """

    record: VerdictRecord

    def __str__(self) -> str:
        return "\n".join(verdict_sentences(self.record))


def verdict(
    found: Pretrained,
    question: Question,
    seeds: Sequence[int],
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> VerdictRecord:
    """Return whether pre-training helped (see `Pretrained.verdict`)."""
    kept = _kept(found, question, seeds, checkpoint)
    arms, effects = [], []
    for share in question.fractions:
        row = []
        for start in STARTS:
            arm = kept.arm(f"{share} {start}", partial(train_arm, found, question, start, share, seeds))
            progress(f"{arm.n_labels:,} labels, {start.replace('_', ' ')}: {arm.score.median:.4g}")
            row.append(arm)
        arms += row
        effects += [_effect(row[0], other) for other in row[1:]]
    corrected = stats.holm([effect.p_value for effect in effects])
    return VerdictRecord(
        metric="accuracy" if question.task == "classification" else "minus_squared_error",
        arms=tuple(arms),
        effects=tuple(replace(one, p_value=float(p)) for one, p in zip(effects, corrected, strict=True)),
        seeds=tuple(seeds),
        notes=NOTES,
    )


def _kept(
    found: Pretrained, question: Question, seeds: Sequence[int], checkpoint: str | os.PathLike[str] | None
) -> KeptArms:
    """Return the arms that are finished. Where several processes ask, each trains all arms, and the first writes."""
    tensors = dict(found.model.state_dict()) | {f"initial.{name}": value for name, value in found.initial.items()}
    told = [*question.told(), f"seeds={list(seeds)}", f"multiplications={multiplications(found)}"]
    with processes(question.x.device) as together:
        place = checkpoint_at(checkpoint, together, tensors, lambda: [question.x, question.y], told)
        return KeptArms(place if together.is_first else None)


def _effect(ours: LabelArm, other: LabelArm) -> LabelEffect:
    generator = np.random.default_rng(child_seed(0, "verdict", other.start, str(other.n_labels)))
    paired = stats.paired_difference(ours.score.values, other.score.values, generator=generator)
    return LabelEffect(
        against=other.start,
        n_labels=ours.n_labels,
        difference=paired.difference,
        low=paired.low,
        high=paired.high,
        p_value=paired.p_value,
        n=paired.n,
    )
