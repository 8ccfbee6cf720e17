"""How the entries of a layer are spread."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text, finite, positive_int


def histogram(x: Tensor, low: float, high: float, bins: int) -> Tensor:
    """Return how many entries fall into each of `bins` equal bins from `low` to `high`: [seed, ...] -> [seed, bins].

    Counts are int64. A bin holds its left edge; the last one holds `high` too, as in numpy. Entries outside and NaN are
    not counted, so the counts of a seed may sum to less than its entries.

    Raises:
        InvalidInput: If `low` is not below `high`, either is not finite, or `bins` is not a positive int.

    Example:
        >>> histogram(torch.tensor([[-1.0, 0.1, 0.2, 0.9, 1.0]]), 0, 1, 2)
        tensor([[2, 2]])
    """
    positive_int("bins", bins)
    if not finite("low", low) < finite("high", high):
        raise InvalidInput("`low` must be below `high`", got=Text(f"{low} and {high}"))
    rows = x.flatten(1)
    edges = torch.linspace(low, high, bins + 1, dtype=x.dtype, device=x.device)
    # Straight to the bin by arithmetic, and one to either side where rounding went over an edge: a binary search among
    # the edges takes ten times as long.
    inside = (rows >= low) & (rows <= high)
    cell = ((rows - low) * (bins / (high - low))).nan_to_num_(0).long().clamp_(0, bins - 1)
    cell -= (rows < edges[cell]).long()
    cell += ((rows >= edges[cell + 1]) & (cell < bins - 1)).long()
    cell += bins * torch.arange(len(x), device=x.device).unsqueeze(1)
    return torch.bincount(cell[inside], minlength=len(x) * bins).view(len(x), bins)
