"""How the entries of a layer are spread."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise._base import InvalidInput, finite, positive_int
from layerwise._base._errors import Text


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
    edges[-1] = torch.nextafter(edges[-1], edges.new_tensor(torch.inf))
    cells = bins + 2  # one more on each side, for what lies outside; NaN goes to the right
    offsets = cells * torch.arange(len(x), device=x.device).unsqueeze(1)
    counts = torch.bincount((torch.bucketize(rows, edges, right=True) + offsets).flatten(), minlength=len(x) * cells)
    return counts.view(len(x), cells)[:, 1:-1]
