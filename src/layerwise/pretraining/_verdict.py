"""Did it help? The same network from other starts, with the same labels and at least the same budget."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from layerwise import stats
from layerwise._base import InvalidInput, child_seed, fraction, positive, positive_int
from layerwise.population import stack
from layerwise.pretraining._supervised import BestOf, Group, Supervised, Task
from layerwise.records import LabelArm, LabelEffect, Summary, VerdictRecord
from layerwise.report import verdict_sentences

if TYPE_CHECKING:
    from layerwise.pretraining._pretrained import Pretrained

STARTS = ("pretrained", "random", "same_histogram")
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
SCREENING_SEED = 1_000_000
"""The search for the learning rate has seeds of its own, from here on."""

N_SCREENING = 3

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


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a verdict is about: labelled rows, how they are cut, and how long networks may train."""

    x: Tensor
    y: Tensor
    task: Task
    n_outputs: int
    fractions: tuple[float, ...]
    epochs: int
    batch_size: int
    patience: int
    test: float
    validation: float
    learning_rates: tuple[float, ...]

    def __post_init__(self) -> None:
        positive_int("epochs", self.epochs)
        positive_int("batch_size", self.batch_size)
        positive_int("patience", self.patience)
        for rate in self.learning_rates:
            positive("learning_rates", rate)
        if not self.fractions or not all(0 < one <= 1 for one in self.fractions):
            raise InvalidInput("`fractions` must be shares of the labels, above 0 and at most 1", got=self.fractions)
        if fraction("test", self.test) + fraction("validation", self.validation) >= 1:
            raise InvalidInput("`test` and `validation` must leave rows to train on", got=self.test + self.validation)


class _Pools(NamedTuple):
    """Row numbers of each member, [seed, n]: what it trains on, what chooses its epoch, what it is judged on."""

    train: Tensor
    validation: Tensor
    test: Tensor


class _Outcome(NamedTuple):
    validation: list[float]
    test: list[float]
    epochs: list[int]


def verdict(
    found: Pretrained, question: Question, seeds: Sequence[int], progress: Callable[[str], None]
) -> VerdictRecord:
    """Return whether pre-training helped (see `Pretrained.verdict`)."""
    arms, effects = [], []
    for share in question.fractions:
        row = []
        for start in STARTS:
            arm = _arm(found, question, start, share, seeds)
            progress(f"{arm.n_labels} labels, {start}: {arm.score.median:.4g}")
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


def _arm(found: Pretrained, question: Question, start: str, share: float, seeds: Sequence[int]) -> LabelArm:
    """Choose the rate of one start at one number of labels, and train every seed at it."""
    screening = range(SCREENING_SEED, SCREENING_SEED + N_SCREENING)
    tried = {
        rate: _train(found, question, start, share, screening, rate).validation for rate in question.learning_rates
    }
    rate = max(tried, key=lambda one: statistics.fmean(tried[one]))
    done = _train(found, question, start, share, seeds, rate)
    interval = stats.median_interval(done.test)
    score = Summary(median=interval.estimate, low=interval.low, high=interval.high, values=tuple(done.test))
    return LabelArm(
        start=start,
        n_labels=_n_labels(question, share),
        learning_rate=rate,
        score=score,
        epochs=_epochs(found, question, start, share),
        best_epoch=float(statistics.median(done.epochs)),
    )


def _train(
    found: Pretrained, question: Question, start: str, share: float, seeds: Sequence[int], rate: float
) -> _Outcome:
    networks = [_network(found, question, start, seed) for seed in seeds]
    together = stack(networks).to(question.x.device)
    pools = _pools(question, share, seeds)
    training = Supervised(
        together,
        [Group(list(together.parameters()), rate)],
        question.task,
        batch_size=question.batch_size,
        generators=[torch.Generator().manual_seed(child_seed(seed, "order")) for seed in seeds],
        n_members=len(seeds),
    )
    best = BestOf(together, len(seeds), question.patience)
    for epoch in range(1, _epochs(found, question, start, share) + 1):
        training.epoch(question.x, question.y, pools.train)
        if best.update(epoch, training.scores(question.x, question.y, pools.validation)):
            break
    best.restore()
    return _Outcome(best.score, training.scores(question.x, question.y, pools.test), best.epoch)


def _network(found: Pretrained, question: Question, start: str, seed: int) -> nn.Module:
    """Return a copy of the network with a new head, from this start."""
    own = found.copy()
    if start != "pretrained":
        source = found.initial if start == "random" else dict(own.model.state_dict())
        generator = torch.Generator().manual_seed(child_seed(seed, start))
        with torch.no_grad():
            for name, parameter in own.model.named_parameters():
                order = torch.randperm(parameter.numel(), generator=generator)
                parameter.copy_(source[name].flatten()[order.to(parameter.device)].view_as(parameter))
    return own.with_head(question.n_outputs, seed)


def _pools(question: Question, share: float, seeds: Sequence[int]) -> _Pools:
    """Return each seed's rows; those of a smaller share are among those of a larger one."""
    n = len(question.x)
    n_test, n_validation = round(question.test * n), round(question.validation * n)
    orders = [torch.randperm(n, generator=torch.Generator().manual_seed(child_seed(seed, "split"))) for seed in seeds]
    order = torch.stack(orders)
    first = n_test + n_validation
    return _Pools(order[:, first : first + _n_labels(question, share)], order[:, n_test:first], order[:, :n_test])


def _n_labels(question: Question, share: float) -> int:
    n = len(question.x)
    return max(2, round(share * (n - round(question.test * n) - round(question.validation * n))))


def _epochs(found: Pretrained, question: Question, start: str, share: float) -> int:
    """Return the most epochs a start may take: those that were not pre-trained get its multiplications on top."""
    if start == "pretrained":
        return question.epochs
    weights = [math.prod(one.weight_shape) for one in found.layers]
    spent = sum(
        len(one.curves[0].steps) * found.n_rows * (own + one.n_decoder_weights)
        for one, own in zip(found.layers, weights, strict=True)
    )
    each = _n_labels(question, share) * sum(weights)
    return question.epochs + math.ceil(spent / each)


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
