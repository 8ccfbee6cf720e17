"""Greedy layer-wise pre-training of a population: what recipes with a `pretraining` hand to `fit`."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise.activations import Activation
from layerwise.models import Recipe
from layerwise.population import LayerPlan, Stack, Start
from layerwise.pretraining._dense import DenseCoder
from layerwise.pretraining._head import DenseHead
from layerwise.pretraining._job import Job
from layerwise.pretraining._layer_training import LayerTraining, source
from layerwise.pretraining._machine import train_machines
from layerwise.pretraining._objectives import OBJECTIVES, Objective
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining.rbm import Diverged
from layerwise.records import Curve

_ANYTHING = (-torch.inf, torch.inf)
_ROWS = 1000
"""Rows whose codes are computed at a time."""


@torch.no_grad()
def prepare(start: Start) -> list[tuple[Curve, ...]]:
    """Pre-train the hidden layers of a chunk in place, the lowest first; return the curves of each member.

    What to do stands in the recipes; a chunk whose recipes have no `pretraining` is left as it is. Each member trains
    on its own rows with its own order and noise, so what becomes of it depends on its seed and recipe alone. The
    weights of one whose loss stops being finite become not-a-number, so that its run has diverged.

    The curves are called `pretraining_loss_hidden1`, ...: the mean loss of each epoch; the reconstruction error after
    each, where machines are trained.

    Args:
        start: The networks, their inputs, and what they are to learn, which `supervised` reads.

    Example:
        >>> from layerwise.models import Recipe
        >>> from layerwise.population import fit
        >>> deep = Recipe().replace(activation="sigmoid", depth=2, width=8, epochs=1, pretraining="autoencoder")
        >>> fitted = fit(deep, "circles", seeds=3, prepare=prepare, progress=False)
        >>> [curve.name for curve in fitted.runs[0].curves][-2:]
        ['pretraining_loss_hidden1', 'pretraining_loss_hidden2']

    References:
        Hinton, Salakhutdinov 2006, Reducing the dimensionality of data with neural networks. Bengio, Lamblin, Popovici,
        Larochelle 2007, Greedy layer-wise training of deep networks.
    """
    if not start.recipes[0].pretraining.wanted:
        return [()] * len(start.seeds)
    training = start.stack.training
    try:
        return _Climb(start).run()
    finally:
        start.stack.train(training)


class _Climb:
    """Goes up the networks of a chunk, layer by layer."""

    def __init__(self, start: Start) -> None:
        self._start, self._stack, self._recipe = start, start.stack.eval(), start.recipes[0]
        self._failed = torch.zeros(len(start.seeds), dtype=torch.bool)
        self._curves: list[list[Curve]] = [[] for _ in start.seeds]

    def run(self) -> list[tuple[Curve, ...]]:
        codes, at, reads = self._start.inputs(), 0, _ANYTHING
        for place, layer in enumerate(plan for plan in self._stack.layers if plan.name != "output"):
            codes, at = self._codes(codes, at, layer.linear), layer.linear
            gives = _range(self._recipe, self._stack.activation(layer))
            self._layer(place, layer, codes, layer_settings(self._recipe, reads, gives))
            reads = gives
        for parameter in self._stack.parameters():
            parameter[self._failed.to(parameter.device)] = torch.nan
        return [tuple(curves) for curves in self._curves]

    def _layer(self, place: int, layer: LayerPlan, codes: Tensor, settings: LayerSettings) -> None:
        sources = [source(seed, f"layer {place}", codes.device) for seed in self._start.seeds]
        name = self._recipe.pretraining.pretraining
        n_batches = -(-codes.shape[1] // settings.batch_size)
        y = self._targets(codes) if name != "rbm" and OBJECTIVES[name].labelled else None
        job = Job(self._stack, layer, codes, y, settings, sources, lambda: self._start.tick(n_batches))
        losses, failed = train_machines(job) if name == "rbm" else _train_coders(job, OBJECTIVES[name])
        self._failed |= failed.cpu()
        steps = tuple(range(1, len(losses) + 1))
        for s, values in enumerate(torch.stack(losses, dim=1).tolist() if losses else ()):
            if not self._failed[s]:
                curve = Curve(name=f"pretraining_loss_{layer.name}", steps=steps, values=tuple(values))
                self._curves[s].append(curve)

    def _targets(self, codes: Tensor) -> Tensor:
        """Return the labels of every member whose codes are there, with an axis for outputs."""
        y = self._start.targets().to(codes.device)
        y = y if y.is_floating_point() else y.unsqueeze(2)
        return y.expand(len(codes), *y.shape[1:]) if len(y) == 1 else y

    def _codes(self, codes: Tensor, at: int, end: int) -> Tensor:
        """Return what the stages from `at` to `end` make of `codes`; 0 for members that have failed."""
        if at == end:
            return codes
        found = torch.cat([self._through(rows, at, end) for rows in codes.split(_ROWS, dim=1)], dim=1)
        found[self._failed.to(found.device)] = 0.0
        return found

    def _through(self, x: Tensor, at: int, end: int) -> Tensor:
        x = self._stack.spread(x)
        for stage in self._stack.stages[at:end]:
            x = stage.eval()(x)
        return x


def _train_coders(job: Job, objective: Objective) -> tuple[list[Tensor], Tensor]:
    """Train a layer in place as an encoder, or for labels; return the mean losses of each epoch, and who diverged."""
    coder = _coder(job)
    training = LayerTraining(job.layer.name, coder, objective, job.settings, job.sources)
    losses = []
    try:
        while not training.ended:
            losses.append(training.epoch(job.codes, job.targets))
            job.tick()
    except Diverged:  # all members
        pass
    return losses, training.failed


def _coder(job: Job) -> DenseCoder:
    if job.targets is None:
        return DenseCoder(job.stack, job.layer, tied=job.settings.tied, generators=job.sources)
    return DenseHead(job.stack, job.layer, n_outputs=_n_outputs(job.stack, job.targets), generators=job.sources)


def _n_outputs(stack: Stack, targets: Tensor) -> int:
    """Return the width of what the targets are compared with; of classes, that of the networks themselves."""
    if targets.is_floating_point():
        return targets.shape[2]
    return stack.stages[stack.layers[-1].linear].get_parameter("weight").shape[1]


def layer_settings(recipe: Recipe, reads: tuple[float, float], gives: tuple[float, float]) -> LayerSettings:
    """Return the settings of one layer, from its recipe and the ranges of what it reads and gives.

    Values in [0, 1] are read as probabilities. Layers that read others, and those whose units have no bounds, learn at
    a tenth of the rate, both together at a hundredth. (Measured on digits: upper layers of sigmoid units train well at
    0.3, but a first one learns nothing from 0.06 on. Hinton and Salakhutdinov 2006 gave linear units a hundredth.)
    """
    chosen = recipe.pretraining
    probabilities = reads[0] >= 0 and reads[1] <= 1
    bounded = gives[1] - gives[0] < torch.inf
    return LayerSettings(
        epochs=chosen.pretraining_epochs,
        learning_rate=chosen.pretraining_rate * 0.1 ** ((not probabilities) + (not bounded)),
        method="sgd",
        batch_size=recipe.training.batch_size,
        reconstruction="cross_entropy" if probabilities else "squared_error",
        corruption_level=chosen.corruption,
    )


def _range(recipe: Recipe, activation: Activation | None) -> tuple[float, float]:
    """Return the range of what the next layer reads."""
    shape = recipe.architecture
    normalized = shape.normalizer != "none" and shape.normalizer_place == "after_activation"
    return _ANYTHING if activation is None or normalized else activation.range
