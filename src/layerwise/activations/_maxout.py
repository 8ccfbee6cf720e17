"""Maxout: each unit is the largest of several linear pieces."""

from __future__ import annotations

import math

from torch import Tensor, nn

from layerwise._base import InvalidInput, at_least
from layerwise.activations._activation import Activation

PIECES = 2


class Maxout(nn.Module):
    """Map `[..., pieces * units]` to `[..., units]` by the maximum over pieces.

    `a[u] = max over p of z[p * units + u]`: the first `units` entries are the first piece of every unit. Where pieces
    tie, the gradient is shared equally among them.

    Args:
        pieces: How many linear pieces each unit has, at least 1.

    Raises:
        InvalidInput: If `pieces` is not a positive int, or if the last axis cannot be split into that many pieces.

    Example:
        >>> import torch
        >>> Maxout(2)(torch.tensor([1.0, -2.0, 0.0, 5.0]))
        tensor([1., 5.])

    References:
        Goodfellow, Warde-Farley, Mirza, Courville, Bengio 2013, Maxout networks.
    """

    def __init__(self, pieces: int = PIECES) -> None:
        super().__init__()
        self.pieces = at_least("pieces", pieces, 1)

    def forward(self, z: Tensor) -> Tensor:
        """Return the maximum over pieces, `[..., units]`."""
        return maximum_over_pieces(z, self.pieces)

    def extra_repr(self) -> str:
        """Return the setting that `print(module)` shows."""
        return f"pieces={self.pieces}"


def maximum_over_pieces(z: Tensor, pieces: int = PIECES) -> Tensor:
    """Return `max over p of z[..., p * units + u]`, shape `[..., units]`.

    Raises:
        InvalidInput: If the last axis cannot be split into `pieces` equal parts.

    Example:
        >>> import torch
        >>> maximum_over_pieces(torch.tensor([[1.0, 4.0, 3.0]]), 3)
        tensor([[4.]])
    """
    if z.ndim == 0 or z.shape[-1] % pieces:
        raise InvalidInput(
            f"The last axis must be a multiple of `pieces` = {pieces}",
            got=tuple(z.shape),
            cure="Give the layer before pieces * units outputs.",
        )
    return z.reshape(*z.shape[:-1], pieces, z.shape[-1] // pieces).amax(-2)


MAXOUT = Activation(
    name="maxout",
    function=maximum_over_pieces,
    pull_back=None,
    module=Maxout,
    range=(-math.inf, math.inf),
    gain=1.0,  # E max(z1, z2)^2 = 1 for two independent unit Gaussians; more pieces need less
    max_slope=1.0,
    pieces_default=PIECES,
    citation="Goodfellow, Warde-Farley, Mirza, Courville, Bengio 2013, Maxout networks",
    note="Two pieces by default, as in the lecture; the paper uses 5 on MNIST. Two pieces need twice the weights of a "
    "relu layer. A unit does not die, a single piece can. function and gain are those of two pieces.",
)
