"""Layers whose outputs have unit variance on the data itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from layerwise._base import one_of, positive, positive_int
from layerwise.initializers._channels import Outputs
from layerwise.initializers._goal import Goal
from layerwise.initializers._in_flight import bring, measured
from layerwise.initializers._measuring import inputs_of, kept_on_error
from layerwise.initializers._orthogonal import orthogonal_
from layerwise.initializers._scaled_change import left_alone, scaled
from layerwise.initializers._uses import Layer, Uses

if TYPE_CHECKING:
    from torch import Tensor

    from layerwise.records import Change


def lsuv_(
    model: nn.Module,
    data: Any,
    *,
    std: float = 1.0,
    per: str = "tensor",
    center: bool = False,
    orthonormal: bool = True,
    tolerance: float = 0.01,
    max_steps: int = 10,
    generator: torch.Generator | None = None,
) -> tuple[Change, ...]:
    """Scale every weight layer in place so that its output has the standard deviation `std` on `data`.

    The order is that of execution, whatever the order of registration, and functional calls count as layers: linear
    layers, convolutions, transposed ones too, products with a parameter, and attention by its output projection. The
    output is z = W x + b before activation and normalizer, and its standard deviation is that of all its numbers over
    all of `data` together. Weight and bias are divided alike, so the layer computes what it did in another unit.

    All layers are scaled in one sweep of the data: a layer's output is known as soon as it is scaled, and goes on as
    the scaled one would. A sweep before tells which layers there are, and a sweep after proves the result. Several
    batches take a few sweeps more.

    A layer that runs several times (a shared module, tied weights) has one scale, chosen for its outputs of all runs
    together. Left alone are weights that are frozen, computed at every use (weight normalization), also used otherwise
    (tied to an embedding), or inside one operation of torch (attention's input projection, recurrent layers).

    While this is measured, everything is in evaluation mode, so dropout is off, but modules of batch normalization work
    on each batch's own statistics. Afterwards all modes, buffers and global random generators are as before (but for
    the draws of weights from torch's default one). On an error all parameters are, too.

    Args:
        model: Its parameters change, in place.
        data: A batch as the model takes it (a tensor, a tuple of several inputs, a mapping of keywords), or an iterable
            of batches, as a DataLoader, where the first entry of each is the input. All batches are held in memory.
            Scale the inputs themselves first: layers can't make up for features on different scales.
        std: The standard deviation wanted.
        per: "tensor" for one scale for each layer, "channel" for one for each of its outputs.
        center: Whether biases are shifted so that outputs have mean 0, of the tensor or of each channel; a layer
            without a bias keeps its mean.
        orthonormal: Whether weights are first drawn anew by `orthogonal_` and biases set to 0. Without, weights keep
            their directions; and where all outputs are within `tolerance` already, nothing is changed.
        tolerance: By what share of `std` standard deviations (and means, with `center`) may be off.
        max_steps: After how many rounds it is an error if one still is.
        generator: Where orthonormal weights come from; torch's default generator if None.

    Returns:
        One `Change` for each weight in the order of execution, with the reason where it was left alone.

    Raises:
        InvalidInput: If an option breaks its rule, no weights ran, an output is not finite or the same for all
            examples, or `max_steps` is not enough. The message names the layer.

    Example:
        >>> model = nn.Sequential(nn.Linear(20, 50), nn.ReLU(), nn.Linear(50, 10))
        >>> x = torch.randn(100, 20, generator=torch.Generator().manual_seed(0))
        >>> for change in lsuv_(model, x, generator=torch.Generator().manual_seed(0)):
        ...     print(change.target, change.after)
        0.weight output std 1
        2.weight output std 1
        >>> round(model(x).std(correction=0).item(), 3)
        1.0

    References:
        Mishkin, Matas 2016, All you need is a good init.
    """
    goal = Goal(
        std=positive("std", std),
        mean=0.0 if center else None,
        per=one_of("per", per, ("tensor", "channel")),
        tolerance=positive("tolerance", tolerance),
        max_steps=positive_int("max_steps", max_steps),
    )
    model, inputs = inputs_of(model, data)
    uses = Uses(model)
    before = measured(model, inputs, uses, survey=True)
    layers, reasons = uses.layers(per)
    with kept_on_error(parameters_of(layers)):
        if orthonormal:
            _draw(layers, generator)
        after = bring(model, inputs, uses, layers, goal, found=None if orthonormal else before) if layers else before
    return tuple(
        left_alone("lsuv", name, reason) if reason else _change(name, before, after, goal, orthonormal=orthonormal)
        for name, reason in reasons.items()
    )


def parameters_of(layers: Mapping[str, Layer]) -> list[Tensor]:
    """Return all that a change of `layers` changes."""
    return [one for layer in layers.values() for one in (layer.weight, layer.bias) if one is not None]


@torch.no_grad()
def _draw(layers: Mapping[str, Layer], generator: torch.Generator | None) -> None:
    for layer in layers.values():
        orthogonal_(layer.weight, generator=generator)
        if layer.bias is not None:
            layer.bias.zero_()


def _change(
    name: str, before: dict[str, Outputs], after: dict[str, Outputs], goal: Goal, *, orthonormal: bool
) -> Change:
    if after is before:
        done = f"it was within {goal.tolerance:g} of std {goal.std:g} already"
    else:
        done = f"{'drawn orthonormal and ' if orthonormal else ''}scaled by what its output is on the data"
    return scaled("lsuv", name, (before[name].pooled, after[name].pooled), goal, done)
