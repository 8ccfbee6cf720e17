"""Inverse temperatures to anneal through."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text, positive_int


def schedule(n: int = 1000) -> Tensor:
    """Return about `n` inverse temperatures from 0 to 1, closer together towards 1, [beta], in float64.

    The shares of the three parts, 1 to 8 to 20 over [0, 0.5], [0.5, 0.9], [0.9, 1], are those of the reference's
    published program.

    Raises:
        InvalidInput: `n` is below 1.

    Example:
        >>> schedule(29)[:3], len(schedule(29))
        (tensor([0.0000, 0.5000, 0.5500], dtype=torch.float64), 30)

    References:
        Salakhutdinov, Murray 2008, On the quantitative analysis of deep belief networks.
    """
    share = positive_int("n", n) / 29
    ends = ((0.0, 0.5, 1), (0.5, 0.9, 8), (0.9, 1.0, 20))
    parts = [torch.linspace(a, b, max(1, round(k * share)) + 1, dtype=torch.float64)[:-1] for a, b, k in ends]
    return torch.cat([*parts, torch.ones(1, dtype=torch.float64)])


def inverse_temperatures(betas: Sequence[float] | Tensor | None) -> Tensor:
    """Return `betas`, or those of `schedule`, in float64, or raise `InvalidInput`."""
    found = schedule() if betas is None else torch.as_tensor(betas, dtype=torch.float64)
    rises = found.ndim == 1 and len(found) > 1 and bool((found.diff() >= 0).all())
    if not rises or found[0] != 0 or found[-1] != 1:
        raise InvalidInput(
            "`betas` must go from 0 to 1 and never fall",
            got=found.tolist() if found.numel() < 10 else Text(f"{found.numel()} numbers"),
            cure="Use schedule(n), or torch.linspace(0, 1, n).",
        )
    return found
