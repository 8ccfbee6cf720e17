"""Runs to arms and pairs: the numbers a comparison shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from layerwise import stats
from layerwise._base import child_seed
from layerwise.models import Recipe
from layerwise.records import Arm, Band, Fact, Histogram, Pair, Run, Summary, Trial
from layerwise.rules import judge
from layerwise.studies._predicted import predicted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layerwise.data import Data

N_HISTOGRAM_SEEDS = 10
"""Histograms are pooled over so many seeds: enough to be smooth."""


def summarize(values: Sequence[float]) -> Summary:
    """Return median and exact 95% interval of the median; infinite values (never reached) sort last."""
    interval = stats.median_interval(values)
    return Summary(median=interval.estimate, low=interval.low, high=interval.high, values=tuple(values))


def facts(recipe: Recipe, data: Data, n_steps: int) -> tuple[Fact, ...]:
    """Return what the rules are told about an arm."""
    shape, training = recipe.architecture, recipe.training
    chance_loss = _chance_loss(data, training.loss)
    told: dict[str, str | int | float | bool] = {
        "activation": shape.activation,
        "n_hidden_layers": shape.depth,
        "width": min(shape.widths),
        "initializer": shape.initializer,
        "normalizer": shape.normalizer,
        "pretraining": recipe.pretraining.pretraining,
        "loss": training.loss,
        "n_outputs": data.n_outputs,
        "batch_size": training.batch_size,
        "optimizer": recipe.optimizer.method,
        "learning_rate": recipe.optimizer.learning_rate,
        "chance_loss": chance_loss,
        "n_steps": n_steps,
    }
    return tuple(Fact(name=name, value=value) for name, value in told.items())


def _chance_loss(data: Data, loss: str) -> float:
    """The loss of the best constant answer: entropy of the classes or labels, or the spread of the targets."""
    if loss == "huber":
        return _huber_of_constant(data.targets)
    if data.task == "regression":
        return 1.0  # targets are scaled to variance 1 on the training part
    if data.task == "multilabel":
        on = data.targets.mean(axis=0, dtype=np.float64)
        return float(-(on * np.log(on) + (1 - on) * np.log(1 - on)).mean())
    share = np.bincount(data.targets) / len(data.targets)
    if loss == "cross_entropy":
        return float(-(share * np.log(share, where=share > 0, out=np.zeros_like(share))).sum())
    return float((share * (1 - share)).mean())


def _huber_of_constant(targets: NDArray[Any]) -> float:
    """Return Huber's loss of the best constant, of targets scaled to standard deviation 1, on average over columns."""
    from scipy.optimize import minimize_scalar

    scaled = (targets - targets.mean(axis=0)) / targets.std(axis=0)

    def loss(constant: float, column: NDArray[Any]) -> float:
        size = np.abs(column - constant)
        return float(np.where(size < 1, size**2 / 2, size - 0.5).mean())

    return float(np.mean([minimize_scalar(loss, bounds=(-3, 3), args=(column,)).fun for column in scaled.T]))


def band(name: str, runs: Sequence[Run]) -> Band:
    """Return the curves of that name as one band, over the seeds that have the point."""
    longest = max((curve for run in runs if (curve := run.curve(name))), key=lambda c: len(c.steps))
    points: list[list[float]] = [[] for _ in longest.steps]
    for run in runs:
        curve = run.curve(name)
        for i, value in enumerate(curve.values if curve else ()):
            if math.isfinite(value):
                points[i].append(value)
    kept = [i for i, values in enumerate(points) if values]
    low, median, high = (tuple(float(np.quantile(points[i], q)) for i in kept) for q in (0.1, 0.5, 0.9))
    return Band(name=name, steps=tuple(longest.steps[i] for i in kept), median=median, low=low, high=high)


def pool(histograms: Sequence[tuple[Histogram, ...]]) -> tuple[Histogram, ...]:
    """Return the histograms of several runs as one each layer and step."""
    counts: dict[tuple[str, int, float, float], np.ndarray[Any, Any]] = {}
    for one in histograms[:N_HISTOGRAM_SEEDS]:
        for h in one:
            key = (h.layer, h.step, h.low, h.high)
            counts[key] = counts.get(key, 0) + np.array(h.counts)
    return tuple(
        Histogram(layer=layer, step=step, low=low, high=high, counts=tuple(map(int, total)))
        for (layer, step, low, high), total in counts.items()
    )


def steps_to(target: float, run: Run, curve_name: str) -> float:
    """Return the updates after which the validation score first reached `target`; infinite if it never did."""
    curve = run.curve(curve_name)
    points = zip(curve.steps, curve.values, strict=True) if curve else ()
    reached = [step for step, value in points if value >= target and step <= run.n_steps]
    return float(reached[0]) if reached else math.inf


class Scale(NamedTuple):
    """What counts as trained, and what as fast, follows from chance and the best arm's median."""

    metric: str
    chance: float
    best: float
    n_test: int

    @property
    def luck(self) -> float:
        """What guessing may score: three standard errors of one test part above chance, or a twentieth of the way from
        chance to perfect where that is less (a correlation of three standard errors, for R2).
        """
        error = 9 / self.n_test if self.metric == "test_r2" else 3 * math.sqrt(self._variance / self.n_test)
        return self.chance + min(error, (1 - self.chance) / 20)

    @property
    def learnt(self) -> bool:
        """Whether any arm learnt anything; if none did, halfway to the best is no height at all."""
        return self.best > self.luck

    def trained(self, score: float) -> bool:
        """Return whether a run with this score trained."""
        return self.learnt and score >= self.trained_at

    @property
    def _variance(self) -> float:
        return self.chance * (1 - self.chance)

    @property
    def trained_at(self) -> float:
        """Halfway from chance to the best."""
        return self.chance + (self.best - self.chance) / 2

    @property
    def target(self) -> float:
        """Nine tenths of the way."""
        return self.chance + (self.best - self.chance) * 0.9


def make_arm(
    recipe: Recipe,
    runs: Sequence[Run],
    histograms: Sequence[tuple[Histogram, ...]],
    trials: Sequence[Trial],
    data: Data,
    scale: Scale,
) -> Arm:
    """Return everything about one arm."""
    values = [run.scores[scale.metric] for run in runs]
    n_trained = sum(map(scale.trained, values))
    goal = scale.target if scale.learnt else math.inf
    share = stats.wilson_interval(n_trained, len(runs))
    told = facts(recipe, data, max(run.n_steps for run in runs))
    validation = scale.metric.replace("test", "validation")
    return Arm(
        name=recipe.name,
        recipe=recipe.model_dump(mode="json"),
        learning_rate=recipe.optimizer.learning_rate,
        trials=tuple(trials),
        n_seeds=len(runs),
        n_trained=n_trained,
        trained_low=share.low,
        trained_high=share.high,
        test_accuracy=None if data.task == "regression" else summarize(values),
        test_r2=summarize(values) if data.task == "regression" else None,
        steps_to_target=summarize([steps_to(goal, run, validation) for run in runs]),
        seconds=sum(run.seconds for run in runs),
        findings=judge(runs, told),
        curves=tuple(band(name, runs) for name in (validation, "train_loss", "validation_loss")),
        facts=told,
        histograms=pool(histograms),
        predicted=predicted(recipe, data, runs),
        runs=tuple(runs),
    )


def make_pairs(arms: Sequence[Arm], metric: str) -> tuple[Pair, ...]:
    """Return every pair of arms, paired by seed; p-values are Holm's over all pairs."""
    found = []
    for a, b in combinations(arms, 2):
        mine, theirs = ({run.seed: run.scores[metric] for run in arm.runs} for arm in (a, b))
        common = sorted(mine.keys() & theirs.keys())
        if len(common) < 2:
            continue
        generator = np.random.default_rng(child_seed(0, "pair", a.name, b.name))
        result = stats.paired_difference([mine[s] for s in common], [theirs[s] for s in common], generator=generator)
        found.append((a.name, b.name, result))
    corrected = stats.holm([result.p_value for _, _, result in found]) if found else ()
    return tuple(
        Pair(a=a, b=b, metric=metric, difference=r.difference, low=r.low, high=r.high, p_value=float(p), n=r.n)
        for (a, b, r), p in zip(found, corrected, strict=True)
    )
