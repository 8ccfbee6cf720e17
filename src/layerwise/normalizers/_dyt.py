"""A layer that stands where a normalizer stands, without statistics."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from layerwise._base import finite, positive_int

ALPHA = 0.5


class DyT(nn.Module):
    """Dynamic tanh, y = gamma tanh(alpha x) + beta: a squashing in the place of a normalizer.

    It takes no statistics of any kind: it bounds the signal, and for small x it is the factor gamma alpha. alpha is
    one learned number, gamma (`weight`) and beta (`bias`) are learned for each unit.

    Args:
        num_features: Units, the last axis.
        alpha: First value of alpha.

    Raises:
        InvalidInput: If `num_features` is not a positive int, or `alpha` is not finite.

    Example:
        >>> DyT(2)(torch.tensor([[0.0, 100.0]])).detach()
        tensor([[0., 1.]])

    References:
        Zhu, Chen, He, LeCun, Liu 2025, Transformers without normalization.
    """

    def __init__(self, num_features: int, alpha: float = ALPHA) -> None:
        super().__init__()
        self.num_features = positive_int("num_features", num_features)
        self.alpha = nn.Parameter(torch.full((1,), finite("alpha", alpha)))
        self.weight = nn.Parameter(torch.ones(num_features))
        self.bias = nn.Parameter(torch.zeros(num_features))

    def forward(self, x: Tensor) -> Tensor:
        """Return gamma tanh(alpha x) + beta, of the shape of `x`."""
        return torch.addcmul(self.bias, torch.tanh(self.alpha * x), self.weight)

    def extra_repr(self) -> str:
        """Return the setting that `print(module)` shows."""
        return f"{self.num_features}"
