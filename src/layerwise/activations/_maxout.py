"""Maxout: each unit is the largest of several linear pieces."""

from __future__ import annotations

import math

from torch import Tensor, nn

from layerwise._base import InvalidInput, at_least
from layerwise.activations._activation import Activation
from layerwise.activations._crelu import checked_axis, require_axis
from layerwise.activations.quadrature import Moments

PIECES = 2


class Maxout(nn.Module):
    """Map `[..., pieces * units]` to `[..., units]` by the maximum over pieces.

    `a[u] = max over p of z[p * units + u]`: the first `units` entries are the first piece of every unit. Where pieces
    tie, the gradient is shared equally among them.

    Args:
        pieces: How many linear pieces each unit has, at least 1.
        axis: The axis that pieces and units share: -1 after a dense layer; 1 or -3 for the channels of images, so that
            a convolution with `pieces * channels` outputs gives `channels`.

    Raises:
        InvalidInput: If `pieces` is not a positive int or `axis` no int, or if that axis cannot be split into that many
            pieces.

    Example:
        >>> import torch
        >>> Maxout(2)(torch.tensor([1.0, -2.0, 0.0, 5.0]))
        tensor([1., 5.])

    References:
        Goodfellow, Warde-Farley, Mirza, Courville, Bengio 2013, Maxout networks.
    """

    def __init__(self, pieces: int = PIECES, axis: int = -1) -> None:
        super().__init__()
        self.pieces = at_least("pieces", pieces, 1)
        self.axis = checked_axis(axis)

    def forward(self, z: Tensor) -> Tensor:
        """Return the maximum over pieces, `[..., units]`."""
        return maximum_over_pieces(z, self.pieces, self.axis)

    def extra_repr(self) -> str:
        """Return the setting that `print(module)` shows."""
        return f"pieces={self.pieces}" + (f", axis={self.axis}" if self.axis != -1 else "")


def maximum_over_pieces(z: Tensor, pieces: int = PIECES, axis: int = -1) -> Tensor:
    """Return `max over p of z[..., p * units + u]`, shape `[..., units]`; along `axis` if that is not the last one.

    Raises:
        InvalidInput: If the axis cannot be split into `pieces` equal parts.

    Example:
        >>> import torch
        >>> maximum_over_pieces(torch.tensor([[1.0, 4.0, 3.0]]), 3)
        tensor([[4.]])
    """
    if axis != -1:
        require_axis(z, axis)
    if z.ndim == 0 or z.shape[axis] % pieces:
        which = "The last axis" if axis == -1 else f"Axis {axis}"
        raise InvalidInput(
            f"{which} must be a multiple of `pieces` = {pieces}",
            got=tuple(z.shape),
            cure="Give the layer before pieces * units outputs.",
        )
    at = axis % z.ndim
    split = z.reshape(*z.shape[:at], pieces, z.shape[at] // pieces, *z.shape[at + 1 :])
    return split.amax(at)


def _two_pieces(q: float) -> Moments:
    """Return the moments of the larger of two independent `N(0, q)`: its square is distributed as that of one."""
    # At the kink z1 = z2 both curvatures are delta functions; z times their density is odd there.
    return Moments(mean=math.sqrt(q / math.pi), square=q, slope_square=1.0, curvature=0.0, error=0.0)


MAXOUT = Activation(
    name="maxout",
    formula="max(z1, z2)",
    function=maximum_over_pieces,
    pull_back=None,
    module=Maxout,
    range=(-math.inf, math.inf),
    max_slope=1.0,
    pieces_default=PIECES,
    moments_of_pieces=_two_pieces,
    parameters="pieces = 2",
    citation="Goodfellow, Warde-Farley, Mirza, Courville, Bengio 2013, Maxout networks",
    note="Two pieces by default, as in the lecture; the paper uses 5 on MNIST. Two pieces need twice the weights of a "
    "relu layer. A unit does not die, a single piece can. function and gain are those of two pieces.",
)
