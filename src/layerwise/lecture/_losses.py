"""Populations trained on a loss of one's own, by autograd: for what no recipe says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional

from layerwise._base import child_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layerwise.data import Data, Split
    from layerwise.population import Stack

Losses: TypeAlias = Callable[[Tensor, Tensor], Tensor]
"""From inputs [seed, row, feature] and targets [seed, row, ...] to the loss of every network, [seed]."""


class Rows(NamedTuple):
    """Scaled inputs [seed, row, feature] and targets of one part, as each seed's split cuts it.

    Targets are labels [seed, row], or numbers, scaled too, [seed, row, output].
    """

    x: Tensor
    y: Tensor


def rows_of(data: Data, splits: Sequence[Split], part: str, device: str = "cpu") -> Rows:
    """Return a part of the data as each split cuts and scales it."""
    own = [getattr(split, part) for split in splits]
    x = [torch.from_numpy(split.scaled(data, rows)) for split, rows in zip(splits, own, strict=True)]
    y = [torch.from_numpy(_targets(data, split, rows)) for split, rows in zip(splits, own, strict=True)]
    return Rows(torch.stack(x).to(device), torch.stack(y).to(device))


def _targets(data: Data, split: Split, rows: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = data.targets[rows]
    if split.target_center is None or split.target_scale is None:
        return found
    return (found - split.target_center) / split.target_scale


def mean_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the usual loss of every network, [seed]: cross-entropy for labels, squared error for numbers."""
    if targets.is_floating_point():
        return (outputs - targets).square().mean((1, 2))
    return cross_entropy(outputs, targets)


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
    """Return the error of every network in percent, as `errors` has it of runs."""
    return errors_of(together.eval()(rows.x), rows.y)


def errors_of(outputs: Tensor, targets: Tensor) -> list[float]:
    """Return the share of labels that are not guessed, or of the variance of numbers that is left, in percent.

    Example:
        >>> errors_of(torch.tensor([[[1.0, 0.0], [3.0, 2.0]]]), torch.tensor([[0, 1]]))
        [50.0]
        >>> errors_of(torch.tensor([[[1.0], [1.0]]]), torch.tensor([[[1.0], [3.0]]]))
        [200.0]
    """
    if targets.is_floating_point():
        left = (outputs - targets).double().square().mean(1) / targets.double().var(1, correction=0)
        # As the score of a run: what is worse than R2 = -1 counts as that.
        return (100 * left.mean(-1).nan_to_num(2.0).clamp(max=2.0)).tolist()
    return (100 * (outputs.argmax(-1) != targets).double().mean(1)).tolist()
