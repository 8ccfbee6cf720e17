"""Normal draws without tails."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from layerwise._base import non_negative
from layerwise.initializers._scope import filled

CUT = 2.0
"""Where the tails are cut, in standard deviations of the normal before the cut."""

_DENSITY = math.exp(-(CUT**2) / 2) / math.sqrt(2 * math.pi)
TRUNCATED_STD = math.sqrt(1 - 2 * CUT * _DENSITY / math.erf(CUT / math.sqrt(2)))
"""Standard deviation of N(0, 1) cut at +-2: 0.87962566."""


def truncated_normal_(tensor: Tensor, std: float = 0.01, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place with draws of mean 0 and standard deviation `std` from a normal cut at 2 sigma.

    Cutting takes variance away: N(0, 1) cut at +-2 has a standard deviation of 0.87962566. So the normal that is cut
    here has sigma = std / 0.87962566, and what is left has `std` itself; no draw lies beyond 2.2736965 std.
    (`nn.init.trunc_normal_` takes sigma, and cuts at the absolute +-2 unless told otherwise.)

    Args:
        tensor: Floating-point numbers of any shape; dtype and device are kept. Below float32 the numbers are drawn in
            float32 and rounded.
        std: Standard deviation of the draws, at least 0.
        generator: Where random numbers come from; torch's default generator if None.

    Raises:
        InvalidInput: If `std` is negative or not finite, or if `tensor` does not hold floating-point numbers.

    Example:
        >>> draw = torch.Generator().manual_seed(0)
        >>> weight = truncated_normal_(torch.empty(300, 300), 0.5, generator=draw)
        >>> round(weight.std().item(), 2), bool((weight.abs() <= 1.13685).all())
        (0.5, True)

    References:
        Johnson, Kotz, Balakrishnan 1994, Continuous univariate distributions, volume 1, section 10.1.
    """
    scale = non_negative("std", std)
    return filled(tensor, generator, lambda t: t.copy_(_unit(t, generator).mul_(scale)))


def _unit(like: Tensor, generator: torch.Generator | None) -> Tensor:
    sigma = 1 / TRUNCATED_STD
    precise = torch.promote_types(like.dtype, torch.float32)
    draws = torch.empty(like.shape, dtype=precise, device=like.device)
    return nn.init.trunc_normal_(draws, 0.0, sigma, -CUT * sigma, CUT * sigma, generator)
