"""One layer of many networks, trained as restricted Boltzmann machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from layerwise.population import LayerPlan, Stack
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining.rbm import RBM, RBM_PRESETS, Diverged, train_

_HIDDEN = {"relu": "rectified", "softplus": "rectified"}
"""Kinds of hidden units whose mean is the activation, or nearly; for others Bernoulli units lend their weights."""


def train_machines(
    stack: Stack,
    layer: LayerPlan,
    codes: Tensor,
    settings: LayerSettings,
    sources: Sequence[torch.Generator],
    tick: Callable[[], None],
) -> tuple[list[Tensor], Tensor]:
    """Train a layer in place, from where it is; return the reconstruction errors of each epoch, and who diverged.

    The machines hand their weights, transposed, and their hidden biases over to the layer. Momentum, weight decay and
    what is sampled are those of Hinton and Salakhutdinov 2006. Inputs that are no probabilities (by
    `settings.reconstruction`) get Gaussian visible units of variance 1.

    Args:
        stack: The networks.
        layer: One of their layers.
        codes: What it reads, [seed, row, unit], or [1, row, unit] for all.
        settings: Epochs, rate and batch size.
        sources: Where order and draws come from, one for each member.
        tick: Called after each epoch.
    """
    weight, bias = (getattr(stack.stages[layer.linear], name) for name in ("weight", "bias"))
    activation = stack.activation(layer)
    machine = RBM(
        weight.shape[2],
        weight.shape[1],
        visible="bernoulli" if settings.reconstruction == "cross_entropy" else "gaussian",
        hidden="gaussian"
        if layer.activation is None
        else _HIDDEN.get(activation.name if activation else "", "bernoulli"),
        seeds=len(weight),
        generator=sources,
        dtype=weight.dtype,
    ).to(weight.device)
    _copy((machine.weight, weight.mT), (machine.hidden_bias, bias))
    training = replace(
        RBM_PRESETS["hinton_2006"],
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
    )
    try:
        history = train_(machine, codes, training, generator=sources, on_epoch=lambda *_: tick())
    except Diverged:
        return [], torch.ones(len(weight), dtype=torch.bool)
    _copy((weight, machine.weight.mT), (bias, machine.hidden_bias))
    errors = torch.tensor([curves[0].values for curves in history.curves])
    failed = torch.zeros(len(weight), dtype=torch.bool)
    failed[list(history.diverged)] = True
    return list(errors.unbind(1)), failed


def _copy(*pairs: tuple[Tensor, Tensor | None]) -> None:
    """Copy the second of each pair into the first; layers may do without biases."""
    for target, value in pairs:
        if target is not None and value is not None:
            target.copy_(value)
