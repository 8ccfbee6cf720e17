"""All layers of a model scaled in one sweep of the data: each as its output passes by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn

from layerwise._base import InvalidInput, Text
from layerwise.initializers._channels import Channels, Outputs
from layerwise.initializers._goal import Aim, Goal
from layerwise.initializers._measuring import sweep
from layerwise.initializers._uses import Layer, Uses, precise
from layerwise.tracing import Operation

Fill = Callable[[Operation, Layer], None]
"""Gives a layer new weights when its input is known."""


def measured(model: nn.Module, inputs: list[Any], uses: Uses, *, survey: bool = False) -> dict[str, Outputs]:
    """Return what each weight gives over all `inputs`; with `survey`, `uses` learns what there is."""
    found: dict[str, Outputs] = {}

    def visit(operation: Operation) -> None:
        if survey:
            uses.see(operation)
        weight = uses.weight_of(operation)
        if weight is not None and weight.name:
            found.setdefault(weight.name, Outputs()).runs.append(Channels.of(operation.output, weight))

    sweep(model, inputs, visit)
    return found


def bring(
    model: nn.Module,
    inputs: list[Any],
    uses: Uses,
    layers: Mapping[str, Layer],
    goal: Goal,
    *,
    found: dict[str, Outputs] | None = None,
    fill: Fill | None = None,
) -> dict[str, Outputs]:
    """Scale `layers` until all their outputs over all `inputs` meet `goal`, and return those outputs.

    A layer is linear in its weight, so its output is known as soon as its weight is scaled, and goes on into the
    layers after it, which are scaled in turn: a single sweep of the first batch brings every layer to the goal there.
    Over several batches a second sweep measures by what factor the first batch differs from all of them, which is
    nearly the same whatever the scales of the layers before, and the next sweep aims at that.

    Args:
        model: Its parameters change.
        inputs: The batches.
        uses: Knows the weights.
        layers: Those to be scaled.
        goal: What their outputs shall be like.
        found: The outputs as they are, if they are known.
        fill: Gives each layer new weights in the first sweep.

    Raises:
        InvalidInput: If an output is not finite or does not vary, or the goal is missed after `goal.max_steps`.
    """
    aims = {name: Aim(goal) for name in layers}
    for step in range(goal.max_steps + 1):
        if found:
            distance = {name: goal.distance(layer, found[name]) for name, layer in layers.items() if name in found}
            worst = max(distance, key=distance.__getitem__, default="")
            if not worst or distance[worst] <= goal.tolerance:
                return found
            if step == goal.max_steps:
                raise _missed(goal, found[worst], worst)
            for name in distance:
                aims[name].learn(found[name], len(inputs))
        _scale(model, inputs, uses, layers, aims, fill if step == 0 else None)
        found = measured(model, inputs, uses)
    return found or {}


def _scale(
    model: nn.Module,
    inputs: list[Any],
    uses: Uses,
    layers: Mapping[str, Layer],
    aims: Mapping[str, Aim],
    fill: Fill | None,
) -> None:
    """Bring the first output of each layer to its aim, in as few batches as reach all layers."""
    waiting = dict(layers)

    def visit(operation: Operation) -> Any:
        weight = uses.weight_of(operation)
        layer = waiting.pop(weight.name, None) if weight is not None else None
        if weight is None or layer is None:
            return None
        result, output = operation.result, operation.output
        if fill is not None:
            fill(operation, layer)
            result = output = operation.call.function(*operation.arguments, **operation.keywords)
        spread = Channels.of(output, weight)
        _check(layer, spread, aims[layer.name].per)
        factor, shift = aims[layer.name].line(layer, spread)
        layer.rescale(factor, shift)
        shape = (-1, *[1] * (-1 - weight.result_axis)) if len(factor) > 1 else (1,)
        output.mul_(precise(factor, output).view(shape)).add_(precise(shift, output).view(shape))
        return result

    for batch in inputs:
        sweep(model, [batch], visit)
        if not waiting:
            return


def _check(layer: Layer, spread: Channels, per: str) -> None:
    if not spread.is_finite:
        raise InvalidInput(
            f"The output of `{layer.name}` must be finite to be scaled",
            got=Text("NaN or infinity"),
            cure="Look for it in `data`, in the weights, and in what runs before this layer.",
        )
    constant = spread.constant
    if bool(constant.any() if per == "channel" else constant.all()):
        raise InvalidInput(
            f"The output of `{layer.name}` must vary over the batch to be scaled",
            got=Text(f"the same value throughout in {int(constant.sum())} of {len(constant)} channels"),
            cure="Give a batch of several different examples, and look for dead units before this layer.",
        )


def _missed(goal: Goal, outputs: Outputs, name: str) -> InvalidInput:
    mean, std = outputs.pooled.per(goal.per)
    worst = (std / goal.std - 1).abs().nan_to_num(nan=torch.inf).argmax()
    return InvalidInput(
        f"Every output must come within `tolerance` {goal.tolerance:g} of `std` {goal.std:g} in `max_steps` "
        f"{goal.max_steps} sweeps",
        got=Text(f"a std of {std[worst].item():.3g} (mean {mean[worst].item():.3g}) at `{name}`"),
        cure="Raise `max_steps` or `tolerance`, or give more alike batches. All weights are as they were.",
    )
