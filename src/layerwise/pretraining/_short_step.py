"""One step of tied autoencoders in closed form: no graph, and no gradient of a weight written out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from layerwise.pretraining._coder import Coder
from layerwise.pretraining._corruption import CORRUPTIONS
from layerwise.pretraining._dense import DenseCoder
from layerwise.pretraining._objectives import OBJECTIVES, Objective
from layerwise.pretraining._settings import LayerSettings

Step: TypeAlias = Callable[[Tensor], Tensor]
"""From a batch [seed, row, unit] to the losses [seed] before the update that it makes."""


def short_step(
    coder: Coder, objective: Objective, settings: LayerSettings, generators: Sequence[torch.Generator]
) -> Step | None:
    """Return the step that autograd and plain gradient descent make, by a shorter way; None where none is known.

    Known for `autoencoder` and `denoising` without emphasis, with tied weights and an activation that has a `pull_back`.
    Of the same layer, 15 members at once: 0.7 ms a step, where autograd takes 1.3 (64 units, batch 32, one core).
    """
    known = (OBJECTIVES["autoencoder"], OBJECTIVES["denoising"])
    if not isinstance(coder, DenseCoder) or coder.chain is None or objective not in known:
        return None
    if settings.method != "sgd" or settings.momentum or settings.emphasis != (1.0, 1.0):
        return None

    def step(x: Tensor) -> Tensor:
        if objective is OBJECTIVES["autoencoder"]:
            return _descend(coder, x, x, settings)
        seen, _ = CORRUPTIONS[settings.corruption].apply(x, settings.corruption_level, generators)
        return _descend(coder, x, seen, settings)

    return step


@torch.no_grad()
def _descend(coder: DenseCoder, x: Tensor, seen: Tensor, settings: LayerSettings) -> Tensor:
    """Update the coder by the gradient of the error of `x`, decoded from the code of `seen`."""
    linear, activation = coder.chain
    z = linear(seen)
    code = activation.function(z)
    decoded = coder.decode(code)
    if settings.reconstruction == "cross_entropy":
        losses = (functional.softplus(decoded) - decoded * x).sum((1, 2))
        delta = decoded.sigmoid_().sub_(x)
    else:
        delta = decoded.sub_(x)
        losses = delta.square().sum((1, 2))
        delta.mul_(2)
    upstream = activation.pull_back(torch.bmm(delta, coder.weight.mT), z, code)
    rate = -settings.learning_rate / x.shape[1]
    coder.weight.baddbmm_(code.mT, delta, alpha=rate).baddbmm_(upstream.mT, seen, alpha=rate)
    coder.bias.add_(delta.sum(1), alpha=rate)
    if linear.bias is not None:
        linear.bias.add_(upstream.sum(1), alpha=rate)
    return losses / x.shape[1]
