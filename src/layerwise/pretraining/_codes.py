"""Codes of all rows at one place of a network, computed once."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from layerwise.pretraining._layers import Plan
from layerwise.tracing import own_tensors, replay

if TYPE_CHECKING:
    from torch import nn

_ROWS = 1000
"""Rows that are computed at a time."""


@torch.no_grad()
def codes_at(model: nn.Module, plan: Plan, start: int, end: int, codes: Tensor, budget: int) -> Tensor:
    """Return what the network makes of `codes`, the results of the call `start`, at the call `end`, in eval mode.

    Args:
        model: Its parameters as they are now.
        plan: Of the model.
        start: The call that `codes` belongs to.
        end: The call wanted.
        codes: One row an example.
        budget: Bytes up to which the result is kept in memory; beyond, it lies in a file that goes with the tensor.
    """
    calls = plan.calls(start, end, "evaluation")
    if not calls:
        return codes
    own = own_tensors(model)
    first = replay(calls, start, codes[:_ROWS], own)
    if len(codes) <= _ROWS:
        return first
    found = _room((len(codes), *first.shape[1:]), first, budget)
    found[:_ROWS] = first
    for place in range(_ROWS, len(codes), _ROWS):
        found[place : place + _ROWS] = replay(calls, start, codes[place : place + _ROWS], own)
    return found


def _room(shape: tuple[int, ...], like: Tensor, budget: int) -> Tensor:
    """Return an empty tensor, in memory or, if it is larger than `budget`, in a file that nobody else sees."""
    if like.element_size() * int(np.prod(shape)) <= budget or like.device.type != "cpu":
        return like.new_empty(shape)
    with tempfile.NamedTemporaryFile(prefix="layerwise-codes-") as file:
        # deleted at once: the mapping keeps the space until the tensor goes, also if the program is killed
        mapped = np.memmap(file, dtype=torch.empty(0, dtype=like.dtype).numpy().dtype, mode="w+", shape=shape)
    return torch.from_numpy(mapped)
