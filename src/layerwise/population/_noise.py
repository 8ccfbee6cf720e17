"""Noise on the inputs of training batches."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class InputNoise:
    """Adds normal numbers to inputs [seed, row, feature], for each network from its own generator.

    Args:
        std: Their standard deviation.
        generators: One for each network.
    """

    def __init__(self, std: float, generators: Sequence[torch.Generator]) -> None:
        self.std, self._generators = std, generators

    def __call__(self, x: Tensor) -> Tensor:
        """Return `x` with noise; `x` itself may be one batch that all networks share, and is not changed."""
        noise = torch.empty_like(x, memory_format=torch.contiguous_format)
        for member, generator in zip(noise, self._generators, strict=True):
            member.normal_(generator=generator)
        return torch.add(x, noise, alpha=self.std)
