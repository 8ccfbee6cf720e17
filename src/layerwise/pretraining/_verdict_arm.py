"""One arm of a verdict: a start at one number of labels, its rate chosen, and every seed trained at it."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

import torch

from layerwise import stats
from layerwise._base import child_seed
from layerwise.population import stack
from layerwise.pretraining._best_of import BestOf
from layerwise.pretraining._supervised import Group, Supervised
from layerwise.pretraining._verdict_question import Question
from layerwise.pretraining._verdict_start import most_epochs, network
from layerwise.records import LabelArm, LabelCurves, Summary

if TYPE_CHECKING:
    from layerwise.pretraining._pretrained import Pretrained

SCREENING_SEED = 1_000_000
"""The search for the learning rate has seeds of its own, from here on."""

N_SCREENING = 3


class _Trained(NamedTuple):
    """What came of the networks of several seeds.

    Attributes:
        kept: Validation score of the weights that were kept, [seed].
        epochs: The epoch of these weights, [seed].
        test: Their score on test rows, [seed].
        history: Validation scores before training and after each epoch, [epoch][seed].
    """

    kept: list[float]
    epochs: list[int]
    test: list[float]
    history: list[list[float]]

    def curves(self) -> LabelCurves:
        """Return the history at the epochs that are recorded."""
        grid = tuple(takewhile(lambda epoch: epoch < len(self.history), recorded()))
        return LabelCurves(epochs=grid, scores=tuple(zip(*(self.history[epoch] for epoch in grid), strict=True)))


def recorded() -> Iterator[int]:
    """Yield the epochs at which curves are recorded: each of the first twenty, then one about every tenth part.

    Example:
        >>> *_, last = found = list(takewhile(lambda epoch: epoch < 1000, recorded()))
        >>> found[18:24], len(found)
        ([18, 19, 20, 22, 24, 26], 64)
    """
    epoch = 0
    while True:
        yield epoch
        epoch += max(1, epoch // 10)


def train_arm(found: Pretrained, question: Question, start: str, share: float, seeds: Sequence[int]) -> LabelArm:
    """Choose the rate of one start at one number of labels, and train every seed at it."""
    screening = range(SCREENING_SEED, SCREENING_SEED + N_SCREENING)
    tried = {rate: _train(found, question, start, share, screening, rate).kept for rate in question.learning_rates}
    rate = max(tried, key=lambda one: statistics.fmean(tried[one]))
    done = _train(found, question, start, share, seeds, rate)
    interval = stats.median_interval(done.test)
    return LabelArm(
        start=start,
        n_labels=question.n_labels(share),
        learning_rate=rate,
        score=Summary(median=interval.estimate, low=interval.low, high=interval.high, values=tuple(done.test)),
        epochs=most_epochs(found, question, start, share),
        best_epoch=float(statistics.median(done.epochs)),
        curves=done.curves(),
    )


def _train(
    found: Pretrained, question: Question, start: str, share: float, seeds: Sequence[int], rate: float
) -> _Trained:
    x, y, pools = question.x, question.y, question.pools(share, seeds)
    together = stack([network(found, question, start, seed) for seed in seeds]).to(x.device)
    training = Supervised(
        together,
        [Group(list(together.parameters()), rate)],
        question.task,
        batch_size=question.batch_size,
        generators=[torch.Generator().manual_seed(child_seed(seed, "order")) for seed in seeds],
        n_members=len(seeds),
    )
    best = BestOf(together, len(seeds), question.patience)
    history = [training.scores(x, y, pools.validation)]
    for epoch in range(1, most_epochs(found, question, start, share) + 1):
        training.epoch(x, y, pools.train)
        history.append(training.scores(x, y, pools.validation))
        if best.update(epoch, history[-1]):
            break
    best.restore()
    test = training.scores(x, y, pools.test)
    return _Trained(best.score, best.epoch, test, history)
