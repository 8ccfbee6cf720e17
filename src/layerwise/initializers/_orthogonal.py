"""Weights that turn the signal without stretching it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from layerwise._base import finite
from layerwise.initializers._scope import fans, filled


def orthogonal_(tensor: Tensor, gain: float = 1.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place with a random (semi-)orthogonal matrix times `gain`.

    With [fan_out, fan_in] flattened to a matrix W: `W^T W = gain^2 I` if there are at least as many rows as columns,
    and `W W^T = gain^2 I` otherwise. The matrix is uniform over all such matrices (Haar).

    Args:
        tensor: A weight of shape [fan_out, fan_in, ...]; dtype and device are kept. Below float32 the matrix is made in
            float32 and rounded.
        gain: The length that a unit vector gets.
        generator: Where random numbers come from; torch's default generator if None.

    Raises:
        InvalidInput: If `tensor` has fewer than two axes, or `gain` is not finite.

    Example:
        >>> weight = orthogonal_(torch.empty(3, 3), generator=torch.Generator().manual_seed(0))
        >>> torch.allclose(weight.T @ weight, torch.eye(3), atol=1e-6)
        True

    References:
        Saxe, McClelland, Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear neural
        networks.
    """
    fans(tensor)
    length = finite("gain", gain)
    return filled(tensor, generator, lambda t: t.copy_(_orthogonal(t, length, generator)))


def _orthogonal(like: Tensor, gain: float, generator: torch.Generator | None) -> Tensor:
    precise = torch.promote_types(like.dtype, torch.float32)
    return nn.init.orthogonal_(torch.empty(like.shape, dtype=precise, device=like.device), gain, generator)
