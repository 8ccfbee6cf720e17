"""How far a step moved the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise._base import InvalidInput, Text
from layerwise.probes._axes import norm

if TYPE_CHECKING:
    from torch import Tensor


def update_ratio(before: Tensor, after: Tensor) -> Tensor:
    """Return `||after - before|| / ||before||` (Frobenius): weights [seed, out, in] -> [seed].

    Infinite where a matrix of zeros moved, NaN where it did not.

    Raises:
        InvalidInput: If the shapes differ.

    Example:
        >>> import torch
        >>> update_ratio(torch.tensor([[[3.0, 4.0]]]), torch.tensor([[[3.0, 4.5]]]))
        tensor([0.1000])
    """
    if before.shape != after.shape:
        got = Text(f"{list(before.shape)} and {list(after.shape)}")
        raise InvalidInput("`before` and `after` must have the same shape", got=got)
    return norm(after - before) / norm(before)
