"""Where networks start that are held to a pre-trained one, and how long they may train."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

from layerwise._base import child_seed
from layerwise.pretraining._verdict_question import Question

if TYPE_CHECKING:
    from layerwise.pretraining._pretrained import Pretrained

STARTS = ("pretrained", "random", "same_histogram")


def network(found: Pretrained, question: Question, start: str, seed: int) -> nn.Sequential:
    """Return a copy of the network with a new head, from this start."""
    own = found.copy()
    if start != "pretrained":
        source = found.initial if start == "random" else dict(own.model.state_dict())
        generator = torch.Generator().manual_seed(child_seed(seed, start))
        with torch.no_grad():
            for name, parameter in own.model.named_parameters():
                order = torch.randperm(parameter.numel(), generator=generator)
                parameter.copy_(source[name].flatten()[order.to(parameter.device)].view_as(parameter))
    return own.with_head(question.n_outputs, seed)


def most_epochs(found: Pretrained, question: Question, start: str, share: float) -> int:
    """Return the most epochs a start may take: those that were not pre-trained get its multiplications on top."""
    if start == "pretrained":
        return question.epochs
    each = question.n_labels(share) * sum(math.prod(one.weight_shape) for one in found.layers)
    return question.epochs + math.ceil(multiplications(found) / each)


def multiplications(found: Pretrained) -> int:
    """Return what pre-training took: one for each row, epoch, and weight of encoder and decoder."""
    return sum(
        len(one.curves[0].steps) * found.n_rows * (math.prod(one.weight_shape) + one.n_decoder_weights)
        for one in found.layers
    )
