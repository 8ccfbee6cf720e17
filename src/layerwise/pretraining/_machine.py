"""One layer of many networks, trained as restricted Boltzmann machines."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from layerwise.pretraining._job import Job
from layerwise.pretraining.rbm import RBM, RBM_PRESETS, Diverged, train_

_HIDDEN = {"relu": "rectified", "softplus": "rectified"}
"""Kinds of hidden units whose mean is the activation, or nearly; for others Bernoulli units lend their weights."""


def train_machines(job: Job) -> tuple[list[Tensor], Tensor]:
    """Train a layer in place, from where it is; return the reconstruction errors of each epoch, and who diverged.

    The machines hand their weights, transposed, and their hidden biases over to the layer. Momentum, weight decay and
    what is sampled are those of Hinton and Salakhutdinov 2006. Inputs that are no probabilities (by
    `settings.reconstruction`) get Gaussian visible units of variance 1.
    """
    linear, settings = job.stack.stages[job.layer.linear], job.settings
    weight, bias = linear.get_parameter("weight"), getattr(linear, "bias", None)
    machine = _machine(job, weight)
    _copy((machine.weight, weight.mT), (machine.hidden_bias, bias))
    training = replace(
        RBM_PRESETS["hinton_2006"],
        epochs=settings.epochs,
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
    )
    try:
        history = train_(machine, job.codes, training, generator=job.sources, on_epoch=lambda *_: job.tick())
    except Diverged:
        return [], torch.ones(len(weight), dtype=torch.bool)
    _copy((weight, machine.weight.mT), (bias, machine.hidden_bias))
    errors = torch.tensor([curves[0].values for curves in history.curves])
    failed = torch.zeros(len(weight), dtype=torch.bool)
    failed[list(history.diverged)] = True
    return list(errors.unbind(1)), failed


def _machine(job: Job, weight: Tensor) -> RBM:
    activation = job.stack.activation(job.layer)
    name = "" if activation is None else activation.name
    return RBM(
        weight.shape[2],
        weight.shape[1],
        visible="bernoulli" if job.settings.reconstruction == "cross_entropy" else "gaussian",
        hidden="gaussian" if job.layer.activation is None else _HIDDEN.get(name, "bernoulli"),
        seeds=len(weight),
        generator=job.sources,
        dtype=weight.dtype,
    ).to(weight.device)


def _copy(*pairs: tuple[Tensor | None, Tensor | None]) -> None:
    """Copy the second of each pair into the first; layers may do without biases."""
    for target, value in pairs:
        if target is not None and value is not None:
            target.copy_(value)
