"""The gain and offset with which batch normalization changes nothing."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text, non_negative


def recovering(x: Tensor, eps: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Return the `(gamma, beta)` with which batch normalization gives the batch `x` back.

    Normalizing costs a network nothing that it could express: with gamma = sqrt(var + eps) and beta = mean, the layer
    is the identity, y = gamma (x - mean) / sqrt(var + eps) + beta = x. It is often said that gamma = sqrt(var) does
    it. That shrinks each unit's deviation by sqrt(var / (var + eps)): next to nothing where var is large, a factor
    0.707 where var = eps, all of it where var = 0.

    Args:
        x: A batch [batch, unit], or [batch, channel, ...]; statistics are taken over all axes but the second, the
            variance is the biased one, as in the forward pass in training.
        eps: That of the layer, at least 0. With 0, gamma is sqrt(var).

    Returns:
        Two tensors [unit], for the layer's `weight` and `bias`.

    Raises:
        InvalidInput: If `x` has fewer than two axes, or `eps` is negative.

    Example:
        >>> x = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
        >>> gamma, beta = recovering(x)
        >>> torch.allclose(torch.nn.functional.batch_norm(x, None, None, gamma, beta, training=True), x)
        True

    References:
        Ioffe, Szegedy 2015, Batch normalization: Accelerating deep network training by reducing internal covariate
        shift.
    """
    if x.ndim < 2:
        raise InvalidInput(
            "`x` must be a batch of shape [batch, unit] or [batch, channel, ...]", got=Text(f"shape {list(x.shape)}")
        )
    axes = [axis for axis in range(x.ndim) if axis != 1]
    variance, mean = torch.var_mean(x, axes, correction=0)
    return (variance + non_negative("eps", eps)).sqrt(), mean
