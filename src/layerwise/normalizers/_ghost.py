"""Batch normalization over small parts of the batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from layerwise._base import at_least

GHOST_SIZE = 16


class GhostBatchNorm(nn.BatchNorm1d):
    """Batch normalization in which only examples of the same part of the batch share statistics.

    In training a batch of n is cut, in order, into max(1, n // ghost_size) parts whose sizes differ by one at the
    most, and each is normalized by itself; the running statistics take the parts one after the other. Large batches
    then keep the noise of small ones. In evaluation it is `nn.BatchNorm1d`.

    Args:
        num_features: Units.
        ghost_size: Examples of a part, at least 2; smaller batches are one part.
        **options: Those of `nn.BatchNorm1d`.

    Raises:
        InvalidInput: If `ghost_size` is not an int of at least 2.

    Example:
        >>> x = torch.tensor([[0.0], [2.0], [10.0], [30.0]])
        >>> GhostBatchNorm(1, ghost_size=2)(x).detach().round().flatten()
        tensor([-1.,  1., -1.,  1.])

    References:
        Hoffer, Hubara, Soudry 2017, Train longer, generalize better: closing the generalization gap in large batch
        training of neural networks.
    """

    def __init__(self, num_features: int, ghost_size: int = GHOST_SIZE, **options: Any) -> None:
        super().__init__(num_features, **options)
        self.ghost_size = at_least("ghost_size", ghost_size, 2)

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  torch's name
        """Return the parts of `input`, each normalized by its own statistics (in training)."""
        if not self.training:
            return super().forward(input)
        parts = input.tensor_split(max(1, len(input) // self.ghost_size))
        return torch.cat([super(GhostBatchNorm, self).forward(part) for part in parts])

    def extra_repr(self) -> str:
        """Return the settings that `print(module)` shows."""
        shown = super().extra_repr()  # type: ignore[no-untyped-call]
        return f"{shown}, ghost_size={self.ghost_size}"
