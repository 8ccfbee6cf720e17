"""Populations trained on a loss of one's own, by autograd: for what no recipe says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from layerwise._base import child_seed

if TYPE_CHECKING:
    from layerwise.data import Data, Split
    from layerwise.population import Stack

Losses: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""From inputs [seed, row, feature] and labels [seed, row] to the loss of every network, [seed]."""


class Rows(NamedTuple):
    """Scaled inputs [seed, row, feature] and labels [seed, row] of one part, as each seed's split cuts it."""

    x: Tensor
    y: Tensor


def rows_of(data: Data, splits: Sequence[Split], part: str, device: str = "cpu") -> Rows:
    """Return a part of the data as each split cuts and scales it."""
    own = [getattr(split, part) for split in splits]
    x = [torch.from_numpy(split.scaled(data, rows)) for split, rows in zip(splits, own, strict=True)]
    return Rows(
        torch.stack(x).to(device), torch.stack([torch.from_numpy(data.targets[rows]) for rows in own]).to(device)
    )


def cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Return the mean cross-entropy of every network, [seed].

    Example:
        >>> cross_entropy(torch.zeros(2, 3, 4), torch.zeros(2, 3, dtype=torch.long))
        tensor([1.3863, 1.3863])
    """
    losses = functional.cross_entropy(outputs.flatten(0, 1), labels.flatten(), reduction="none")
    return losses.view(labels.shape).mean(1)


def descend(optimizer: torch.optim.Optimizer, losses: Losses, rows: Rows, seeds: Sequence[int], epochs: int) -> None:
    """Step `optimizer` along the gradients of all networks' losses, each in its own order of rows, 32 at a time."""
    orders = [torch.Generator().manual_seed(child_seed(seed, "order")) for seed in seeds]
    members = torch.arange(len(seeds), device=rows.x.device)[:, None]
    n_rows = rows.x.shape[1]
    for _ in range(epochs):
        order = torch.stack([torch.randperm(n_rows, generator=one) for one in orders]).to(rows.x.device)
        for some in order[:, : n_rows - n_rows % BATCH].split(BATCH, dim=1):
            optimizer.zero_grad()
            losses(rows.x[members, some], rows.y[members, some]).sum().backward()
            optimizer.step()


BATCH = 32
"""Rows of a step; as in `layerwise.fit`, those beyond the last full batch wait for another epoch."""


@torch.no_grad()
def wrong(together: Stack, rows: Rows) -> list[float]:
    """Return the percentage of rows that every network gets wrong."""
    guesses = together.eval()(rows.x).argmax(-1)
    found: list[float] = (100 * (guesses != rows.y).double().mean(1)).tolist()
    return found
