"""Looking at every layer of a population while it trains: the standard probes, at a chosen cadence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from layerwise import probes
from layerwise._base import InvalidInput
from layerwise.activations import Activation
from layerwise.population._stack import LayerPlan, Stack
from layerwise.records import Histogram, Measure

N_READINGS = 8
"""How often the standard probes read, unless asked otherwise; the first and the last step are always read."""

EARLY_READINGS = (1, 3, 10, 30)
"""Read too, unless asked otherwise: where a step is too large, units die within the first ones."""

N_BINS = 40
HISTOGRAM_LIMIT = 4.0
"""Histograms of activations without a bound end here; what lies beyond is counted in the outermost bins."""


class LayerView(NamedTuple):
    """One layer at one step, tensors with the seed axis first. Look, but do not write.

    A unit of a convolution is a channel, which has one set of weights: its column runs over the places of all images,
    so that `batch` stands for batch * row * column in `z`, `a` and `z_gradient`, and a unit is dead if it is at every
    place. `in` are channel * row * column for `x`, channel * kernel for weights.

    Attributes:
        name: `hidden1`, ..., `output`.
        x: what comes in, [seed, batch, in].
        z: pre-activation (what the activation gets, after a normalizer before it), [seed, batch, unit].
        a: activation, or z where there is none.
        z_gradient: of the mean loss at `z`.
        weight_gradient: [seed, out, in].
        weight_before, weight_after: the step, [seed, out, in].
        activation: the table's entry, or None.
    """

    name: str
    x: Tensor
    z: Tensor
    a: Tensor
    z_gradient: Tensor
    weight_gradient: Tensor
    weight_before: Tensor
    weight_after: Tensor
    activation: Activation | None


class Snapshot(NamedTuple):
    """All layers at one step: what `fit(observe=...)` is called with."""

    step: int
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    layers: tuple[LayerView, ...]


Observe = Callable[[Snapshot], dict[tuple[str, str], Tensor] | None]
"""Returns further measures, (quantity, layer) to a tensor [seed], or None."""


def reading_steps(n_steps: int, every: int | None) -> frozenset[int]:
    """Return the steps at which probes read: each `every`-th and the last; none where `every` is 0.

    None reads at `N_READINGS` even steps, and at the early ones.
    """
    if every == 0:
        return frozenset()
    early = () if every else EARLY_READINGS
    steps = {*range(0, n_steps, every or max(1, n_steps // N_READINGS)), *early, n_steps - 1}
    return frozenset(step for step in steps if step < n_steps)


class Observer:
    """Collects the measures of one chunk."""

    def __init__(self, stack: Stack, steps: frozenset[int], histogram_steps: frozenset[int]) -> None:
        self._stack = stack
        self._steps = steps
        self._histogram_steps = histogram_steps
        self._names: list[tuple[str, str]] = []
        self._table = torch.empty(0)  # [reading, name, seed]: small tensors kept one by one would fragment the memory
        self._read_at: list[int] = []
        self._histograms: list[tuple[str, int, tuple[float, float], Tensor]] = []

    def wants(self, step: int) -> bool:
        """Whether this step is read."""
        return step in self._steps

    def weights(self) -> list[Tensor]:
        """Return copies of the weights, to be taken before a step that is read."""
        return [self._weight(plan).clone() for plan in self._stack.layers]

    def views(self, inputs: Sequence[Tensor], deltas: Sequence[Tensor], before: list[Tensor]) -> tuple[LayerView, ...]:
        """Return the layers, from every stage's input (and the last output) and the gradients at the outputs."""
        return tuple(
            _view(self._stack, plan, inputs, deltas, weight, self._weight(plan))
            for plan, weight in zip(self._stack.layers, before, strict=True)
        )

    def read(self, snapshot: Snapshot, further: dict[tuple[str, str], Tensor] | None) -> None:
        """Take the standard measures of a step, and the further ones, which must be the same at every step."""
        x = snapshot.layers[0].x
        found = {
            ("activation_rms", "input"): probes.rms(x),
            ("activation_std_between_inputs", "input"): probes.std_between_inputs(x),
        }
        for layer in snapshot.layers:
            found |= {(quantity, layer.name): value for quantity, value in standard_measures(layer).items()}
            if snapshot.step in self._histogram_steps and layer.name != "output":
                self._histogram(layer, snapshot.step)
        found |= further or {}
        if not self._names:
            self._names = list(found)
            self._table = x.new_empty((len(self._steps), len(found), self._stack.n_seeds))
        if list(found) != self._names:
            changed = sorted(set(found) ^ set(self._names))
            raise InvalidInput("`observe` must return the same measures at every step", got=changed)
        self._table[len(self._read_at)] = torch.stack(list(found.values()))
        self._read_at.append(snapshot.step)

    def measures(self) -> list[tuple[Measure, ...]]:
        """Return the measures of every member."""
        by_member = self._table[: len(self._read_at)].permute(2, 1, 0).double().cpu().tolist() if self._names else []
        steps = tuple(self._read_at)
        found = [
            tuple(
                Measure(quantity=quantity, layer=layer, steps=steps, values=tuple(row))
                for (quantity, layer), row in zip(self._names, rows, strict=True)
            )
            for rows in by_member
        ]
        return found or [()] * self._stack.n_seeds

    def histograms(self) -> list[tuple[Histogram, ...]]:
        """Return the histograms of every member."""
        found: list[list[Histogram]] = [[] for _ in range(self._stack.n_seeds)]
        for layer, step, (low, high), counts in self._histograms:
            for s, row in enumerate(counts.tolist()):
                found[s].append(Histogram(layer=layer, step=step, low=low, high=high, counts=tuple(map(int, row))))
        return [tuple(histograms) for histograms in found]

    def _weight(self, plan: LayerPlan) -> Tensor:
        return self._stack.affine(plan).weight.detach().flatten(2)

    def _histogram(self, layer: LayerView, step: int) -> None:
        low, high = layer.activation.range if layer.activation else (-HISTOGRAM_LIMIT, HISTOGRAM_LIMIT)
        low, high = max(low, -HISTOGRAM_LIMIT), min(high, HISTOGRAM_LIMIT)
        self._histograms.append(
            (layer.name, step, (low, high), probes.histogram(layer.a.clamp(low, high), low, high, N_BINS))
        )


def standard_measures(layer: LayerView) -> dict[str, Tensor]:
    """Return every standard quantity of one layer, each [seed]."""
    batch = layer.x.shape[1]
    found = {
        "preactivation_mean": probes.mean(layer.z),
        "preactivation_rms": probes.rms(layer.z),
        # of the mean loss, times the batch size: the gradient that one example sends
        "preactivation_gradient_rms": probes.rms(layer.z_gradient) * batch,
        "weight_gradient_rms": probes.rms(layer.weight_gradient),
        "weight_rms": probes.rms(layer.weight_before),
        "update_ratio": probes.update_ratio(layer.weight_before, layer.weight_after),
    }
    if layer.name == "output":
        return found
    mean, rms, spread = probes.layer_moments(layer.a)
    found |= {"activation_mean": mean, "activation_rms": rms, "activation_std_between_inputs": spread}
    found["duplicate_unit_fraction"] = probes.duplicate_unit_fraction(layer.z)
    if layer.activation is not None and layer.activation.slope is not None:
        if layer.activation.flat_sides:
            found["saturated_fraction"] = probes.saturated_fraction(layer.z, layer.activation)
        if layer.activation.can_die:
            found["dead_fraction"] = probes.dead_fraction(layer.z, layer.activation)
    return found


def _view(
    stack: Stack, plan: LayerPlan, inputs: Sequence[Tensor], deltas: Sequence[Tensor], before: Tensor, after: Tensor
) -> LayerView:
    x, raw_gradient = inputs[plan.linear], deltas[plan.linear]
    place = plan.activation
    return LayerView(
        name=plan.name,
        x=x.flatten(2),
        z=_by_unit(inputs[plan.linear + 1] if place is None else inputs[place]),
        a=_by_unit(inputs[plan.linear + 1] if place is None else inputs[place + 1]),
        z_gradient=_by_unit(raw_gradient if place is None else deltas[place - 1]),
        weight_gradient=stack.affine(plan).weight_gradient(raw_gradient, x),
        weight_before=before,
        weight_after=after,
        activation=stack.activation(plan),
    )


def _by_unit(z: Tensor) -> Tensor:
    """Return images [seed, batch, channel, row, column] as [seed, batch * row * column, channel]; rows as they are."""
    return z.movedim(2, -1).flatten(1, -2)
