"""The lecture's experiment: unit Gaussian points through ten layers, and a unit Gaussian gradient back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from layerwise import probes
from layerwise.activations import ACTIVATIONS, Activation
from layerwise.lecture._ground import Ground

N_POINTS, WIDTH, DEPTH = 1000, 500, 10
"""As in the lecture's program; its text says 5 layers."""

N_FEW = 200
"""So many of the points send a gradient back and are counted in histograms: all would take five times as long, and
change the third digit."""

N_BINS = 40
Fill = Callable[..., Tensor]
"""An initializer: fills [fan_out, fan_in] in place from a generator."""


class Reading(NamedTuple):
    """What each layer of each seed shows, all [seed, layer].

    Attributes:
        pooled: standard deviation of all activations of a layer together.
        mean: of all activations of a layer.
        between: how much a unit differs between inputs: rms of its deviation from its own mean over the points.
        preactivation: mean square of the pre-activations.
        saturated: share of activations where the slope is under a twentieth of its largest; NaN where no side is flat.
        gradient: rms of the gradient at the pre-activations, of a unit Gaussian one at the last activations.
        typical: median size of that gradient.
        weight_gradient: rms of the gradient of the weights, mean over the points.
        histogram: counts of activations, [seed, layer, bin]; `around` of deviations from the unit's own mean.
    """

    pooled: Tensor
    mean: Tensor
    between: Tensor
    preactivation: Tensor
    saturated: Tensor
    gradient: Tensor
    typical: Tensor
    weight_gradient: Tensor
    histogram: Tensor
    around: Tensor

    def share(self, name: str) -> list[float]:
        """Return, by seed, the last layer's value over that of the first."""
        values: Tensor = getattr(self, name).double()
        return (values[:, -1] / values[:, 0]).tolist()

    def arrives(self) -> list[float]:
        """Return, by seed, the gradient's rms at the first layer over that at the last."""
        gradient = self.gradient.double()
        return (gradient[:, 0] / gradient[:, -1]).tolist()


class Size(NamedTuple):
    """How many points and units; the layers are always `DEPTH`."""

    points: int = N_POINTS
    width: int = WIDTH


LECTURE = Size()


def read(
    ground: Ground,
    activation: str,
    fill: Fill,
    n_seeds: int,
    *,
    ends: tuple[float, float] = (-1.0, 1.0),
    size: Size = LECTURE,
    part: tuple[float, float] = (0.0, 1.0),
) -> Reading:
    """Return what every layer shows, for each seed; histograms lie between `ends`."""
    found = []
    for seed in range(n_seeds):
        generator = ground.generator(f"points and weights {seed}")
        found.append(_one(activation, fill, generator, ends, size))
        ground.tell(part[0] + (part[1] - part[0]) * (seed + 1) / n_seeds)
    return Reading(*(torch.stack(values) for values in zip(*found, strict=True)))


def read_both(ground: Ground, fill: Fill, size: Size) -> tuple[Reading, Reading]:
    """Return what tanh layers and what sigmoid layers show, with the same points and weights."""
    n_seeds = ground.n_seeds()
    tanh = read(ground, "tanh", fill, n_seeds, size=size, part=(0.0, 0.5))
    return tanh, read(ground, "sigmoid", fill, n_seeds, size=size, part=(0.5, 1.0))


def _one(
    activation: str, fill: Fill, generator: torch.Generator, ends: tuple[float, float], size: Size
) -> list[Tensor]:
    """Return one seed's fields, [layer, ...] each."""
    f = ACTIVATIONS[activation]
    h = torch.randn(size.points, size.width, generator=generator)
    weights = [fill(torch.empty(size.width, size.width), generator=generator) for _ in range(DEPTH)]
    signal = [h]
    for weight in weights:
        signal += [signal[-1] @ weight.T]
        signal += [f.function(signal[-1])]
    gradients = _back(f, signal, weights, generator)
    rows = [
        _layer(f.name, z, a, *gradient, ends)
        for z, a, gradient in zip(signal[1::2], signal[2::2], gradients, strict=True)
    ]
    return [torch.stack(values) for values in zip(*rows, strict=True)]


def _back(
    f: Activation, signal: Sequence[Tensor], weights: Sequence[Tensor], generator: torch.Generator
) -> list[tuple[Tensor, Tensor]]:
    """Return each layer's gradient at the pre-activations and at the weights."""
    few = [one[:N_FEW] for one in signal]
    upstream = torch.randn(few[-1].shape, generator=generator)
    found = []
    for k in range(len(weights) - 1, -1, -1):
        x, z, a = few[2 * k : 2 * k + 3]
        delta = f.pull_back(upstream, z, a) if f.pull_back else upstream
        found.append((delta, delta.T @ x / len(x)))
        upstream = delta @ weights[k]
    return found[::-1]


def _layer(
    name: str, z: Tensor, a: Tensor, delta: Tensor, weight_gradient: Tensor, ends: tuple[float, float]
) -> tuple[Tensor, ...]:
    f = ACTIVATIONS[name]
    one = a.unsqueeze(0)
    mean, rms, between = (value[0] for value in probes.layer_moments(one))
    around = (a[:N_FEW] - a.mean(0)).unsqueeze(0)
    nothing = torch.tensor(math.nan)
    return (
        (rms.double().square() - mean.double().square()).clamp(min=0).sqrt() if rms > 1e-3 else a.std(correction=0),
        mean,
        between,
        z.double().square().mean(),
        probes.saturated_fraction(z.unsqueeze(0), f)[0] if f.flat_sides else nothing,
        probes.rms(delta.unsqueeze(0))[0],
        delta.abs().median(),
        probes.rms(weight_gradient.unsqueeze(0))[0],
        probes.histogram(one[:, :N_FEW], *ends, N_BINS)[0],
        probes.histogram(around, *ends, N_BINS)[0],
    )
