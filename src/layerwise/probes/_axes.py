"""The axes that probes read: the seed axis comes first and is kept."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text

SAFE_NORM = (1e-15, 1e18)
"""Between these, the squares inside a float32 norm neither vanish nor overflow (float32 holds 1e-38 to 3e38)."""


def seed_batch_unit(z: Tensor) -> Tensor:
    """Return `z` if it has the axes [seed, batch, unit]."""
    if z.ndim != 3:
        raise InvalidInput(
            "A probe reads tensors with the axes [seed, batch, unit]",
            got=Text(f"shape {list(z.shape)}"),
            cure="Use `z.unsqueeze(0)` for a single network.",
        )
    return z


def n_each(x: Tensor) -> int:
    """Return how many entries each seed has."""
    return x.numel() // max(len(x), 1)


def norm(x: Tensor) -> Tensor:
    """Return the Euclidean norm over all axes but the first, [seed], also where the squares leave float32's range.

    A vanishing gradient of 1e-25 has squares that float32 rounds to 0. On the CPU the fast norm is repeated in float64
    only when a seed asks for it; on CUDA asking would cost more than float64 does; mps has no float64.
    """
    if x.device.type == "cuda":
        return _exact(x)
    fast: Tensor = torch.linalg.vector_norm(x, dim=tuple(range(1, x.ndim)))
    low, high = SAFE_NORM
    if x.device.type == "mps" or not any(value < low or value > high for value in fast.tolist()):
        return fast  # nan is what it is, in any precision
    return torch.where((fast < low) | (fast > high), _exact(x), fast)  # the other seeds keep their bits


def _exact(x: Tensor) -> Tensor:
    size: Tensor = torch.linalg.vector_norm(x, dim=tuple(range(1, x.ndim)), dtype=torch.float64)
    return size.to(x.dtype)
