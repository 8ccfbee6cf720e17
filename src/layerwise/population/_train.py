"""The loop: one chunk of a population, from its first batch to its test score."""

from __future__ import annotations

import math
import operator
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from layerwise._base import child_seed
from layerwise.models import build
from layerwise.population._batches import Batches, Part
from layerwise.population._best import Best
from layerwise.population._criteria import CRITERIA
from layerwise.population._noise import InputNoise
from layerwise.population._observe import Observe, Observer, Snapshot, reading_steps
from layerwise.population._prepare import Prepare, Start
from layerwise.population._scores import evaluate
from layerwise.population._stack import Stack, stack
from layerwise.population._step import Step, captured
from layerwise.population._updates import make_method
from layerwise.population._workers import Interrupted
from layerwise.records import Curve, Histogram, Measure, Run, Status

if TYPE_CHECKING:
    from layerwise.data import Data
    from layerwise.population._layout import Member
    from layerwise.population._progress import Meter
    from layerwise.population._splits import Splits

N_EVALUATIONS = 20
"""At least so many points on a validation curve; where there are more epochs, one an epoch."""

CURVE_ROWS = 1000
"""A validation curve uses at most so many rows; the score at the end uses all."""

SCORED_TRAIN_ROWS = 1000
"""The score on training rows at the end uses at most so many: it says what was learnt, and is compared with nothing."""


class Settings(NamedTuple):
    """What is the same for every chunk of a population."""

    data: Data
    splits: Splits
    device: torch.device
    dtype: torch.dtype
    shared_seed: int | None  # whose split and data order all members use; None: each its own
    probe_every: int | None
    observe: Observe | None
    prepare: Prepare | None
    keep_models: bool


class Outcome(NamedTuple):
    """What came of one chunk: the trained networks if they are kept, and per member what a `Run` holds."""

    stack: Stack | None
    n_steps: list[int]
    status: list[Status]
    scores: list[dict[str, float]]
    curves: list[tuple[Curve, ...]]
    measures: list[tuple[Measure, ...]]
    histograms: list[tuple[Histogram, ...]]
    seconds: float

    def run(self, member: Member, s: int) -> Run:
        """Return the record of `member`, which is the chunk's `s`-th."""
        return Run(
            recipe=member.recipe.name,
            seed=member.seed,
            learning_rate=member.recipe.optimizer.learning_rate,
            status=self.status[s],
            n_steps=self.n_steps[s],
            seconds=self.seconds / len(self.status),
            scores=self.scores[s],
            curves=self.curves[s],
            measures=self.measures[s],
        )


def train(members: Sequence[Member], settings: Settings, meter: Meter, stop: threading.Event) -> Outcome:
    """Train one chunk, whose members have one structure, and return what came of it."""
    with torch.no_grad():
        return _Chunk(members, settings).run(meter, stop)


class _Chunk:
    def __init__(self, members: Sequence[Member], settings: Settings) -> None:
        self.members = members
        self.settings = settings
        self.training = members[0].recipe.training
        data, device = settings.data, settings.device
        self.stack = stack([_build(member, data, settings.dtype) for member in members]).to(device).train()
        _reseed(self.stack, members, device)
        own = [member.seed for member in members]
        seeds = own if settings.shared_seed is None else [settings.shared_seed]
        self.batches = Batches(
            data,
            [settings.splits[seed] for seed in seeds],
            seeds,
            batch_size=self.training.batch_size,
            one_hot=self.training.loss == "squared_error",
            device=device,
            dtype=settings.dtype,
        )
        self.n_steps = self.training.n_epochs(self.batches.n_batches) * self.batches.n_batches
        like = torch.empty(0, dtype=settings.dtype, device=device)
        clip = [member.recipe.training.clip_norm for member in members]
        self.method = make_method([member.recipe.optimizer for member in members], clip, like)
        steps = reading_steps(self.n_steps, settings.probe_every)
        self.observer = Observer(self.stack, steps, frozenset({0, self.n_steps - 1}) & steps)
        noise = InputNoise(self.training.input_noise, _sources(members, "input noise", device))
        criterion = CRITERIA[self.training.loss]
        self.step = Step(self.stack, criterion, self.method, noise if self.training.input_noise else None)
        self.losses = like.new_full((self.n_steps, len(members)), math.nan)

    def run(self, meter: Meter, stop: threading.Event) -> Outcome:
        start = time.perf_counter()
        prepared = self._prepared(meter, stop)
        advance = captured(self.step, self.batches)
        every = max(1, min(self.batches.n_batches, math.ceil(self.n_steps / N_EVALUATIONS)))
        curve = _Curve(self, every)
        best = Best(self.stack, self.training.patience, len(self.members))
        curve.read(0)
        for t in range(self.n_steps):
            if stop.is_set():
                raise Interrupted
            if t % self.batches.n_batches == 0:
                self.batches.shuffle()
            rows = self.batches.rows(t % self.batches.n_batches)
            self.method.advance(t / self.n_steps)
            self.losses[t] = self._observed(t, rows) if self.observer.wants(t) else advance(rows)
            if (t + 1) % every == 0 or t + 1 == self.n_steps:
                score = curve.read(t + 1)
                meter.add(curve.arms, (t + 1 - curve.last) * len(self.members), curve.latest())
                curve.last = t + 1
                if best.update(t + 1, score, self.losses[: t + 1]):
                    break
        best.restore()
        return self._outcome(curve, best, prepared, time.perf_counter() - start)

    def _prepared(self, meter: Meter, stop: threading.Event) -> Sequence[tuple[Curve, ...]]:
        """Hand the networks to whoever is to change them first; return the curves of that."""
        if self.settings.prepare is None:
            return [()] * len(self.members)
        recipes, seeds = zip(*self.members, strict=True)
        arms = _arms(self.members)

        def tick(n_steps: int) -> None:
            if stop.is_set():
                raise Interrupted
            meter.add(arms, n_steps * len(seeds), {})

        return self.settings.prepare(Start(self.stack, recipes, seeds, self.batches.inputs, self.batches.targets, tick))

    def _observed(self, t: int, rows: Tensor) -> Tensor:
        x, y = self.batches.take(rows)
        before = self.observer.weights()
        loss, inputs, deltas = self.step.traced(x, y)
        views = self.observer.views(inputs, deltas, before)
        arms = tuple(member.recipe.name for member in self.members)
        snapshot = Snapshot(t, arms, tuple(member.seed for member in self.members), views)
        self.observer.read(snapshot, self.settings.observe(snapshot) if self.settings.observe else None)
        return loss

    def _outcome(self, curve: _Curve, best: Best, prepared: Sequence[tuple[Curve, ...]], seconds: float) -> Outcome:
        name = "r2" if self.settings.data.task == "regression" else "accuracy"
        found: dict[str, Tensor] = {}
        criterion = CRITERIA[self.training.loss]
        most: dict[Part, int | None] = {"train": SCORED_TRAIN_ROWS, "validation": None, "test": None}
        for part, n_rows in most.items():
            score, loss = evaluate(self.stack, self.batches, part, criterion, self.settings.data.task, n_rows)
            found |= {f"{part}_{name}": score, f"{part}_loss": loss}
        scores = {key: value.double().cpu().tolist() for key, value in found.items()}
        best.diverge(scores["validation_loss"])
        return Outcome(
            stack=self.stack if self.settings.keep_models else None,
            n_steps=best.n_steps,
            status=best.status,
            scores=[{key: values[s] for key, values in scores.items()} for s in range(len(self.members))],
            curves=[*map(operator.add, curve.curves(name, best.n_steps), prepared)],
            measures=self.observer.measures(),
            histograms=self.observer.histograms(),
            seconds=seconds,
        )


class _Curve:
    """The learning curves of one chunk."""

    def __init__(self, chunk: _Chunk, every: int) -> None:
        self._chunk = chunk
        self._every = every
        self._steps: list[int] = []
        self._points: list[tuple[Tensor, Tensor, Tensor]] = []
        self.arms = _arms(chunk.members)
        self.last = 0

    def read(self, step: int) -> Tensor:
        """Take one point: validation score and loss now, training loss since the last point."""
        chunk = self._chunk
        score, loss = evaluate(
            chunk.stack,
            chunk.batches,
            "validation",
            CRITERIA[chunk.training.loss],
            chunk.settings.data.task,
            most=CURVE_ROWS,
        )
        since = self._steps[-1] if self._steps else 0
        train_loss = chunk.losses[since:step].mean(0) if step else torch.full_like(loss, math.nan)
        self._steps.append(step)
        self._points.append((train_loss, score, loss))
        return score

    def latest(self) -> dict[str, float]:
        """Return the median validation score of each arm."""
        score = self._points[-1][1].cpu()
        names = [member.recipe.name for member in self._chunk.members]
        return {arm: float(score[[i for i, name in enumerate(names) if name == arm]].nanmedian()) for arm in self.arms}

    def curves(self, score_name: str, n_steps: Sequence[int]) -> list[tuple[Curve, ...]]:
        """Return each member's curves, up to its last update: what one that is out does later is not its own."""
        names = ("train_loss", f"validation_{score_name}", "validation_loss")
        table = torch.stack([torch.stack(point) for point in self._points])  # [point, name, seed]
        table[0, 0] = self._chunk.losses[0]  # before any update: the loss of the first batch
        by_member = table.permute(2, 1, 0).double().cpu().tolist()
        lengths = [sum(step <= last for step in self._steps) for last in n_steps]
        return [
            tuple(
                Curve(name=name, steps=tuple(self._steps[:length]), values=tuple(row[:length]))
                for name, row in zip(names, rows, strict=True)
            )
            for rows, length in zip(by_member, lengths, strict=True)
        ]


def _arms(members: Sequence[Member]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(member.recipe.name for member in members))


def _build(member: Member, data: Data, dtype: torch.dtype) -> torch.nn.Module:
    generator = torch.Generator().manual_seed(child_seed(member.seed, "weights"))
    return build(member.recipe, data.inputs, data.n_outputs, generator, dtype)


def _reseed(networks: Stack, members: Sequence[Member], device: torch.device) -> None:
    generators = _sources(members, "dropout", device)
    for stage in networks.stages:
        stage.reseed(generators)


def _sources(members: Sequence[Member], purpose: str, device: torch.device) -> list[torch.Generator]:
    """Return a generator for each member, of its own seed and for this purpose alone."""
    return [torch.Generator(device).manual_seed(child_seed(member.seed, purpose)) for member in members]
