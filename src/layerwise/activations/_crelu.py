"""CReLU: the positive and the negative part side by side."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput
from layerwise.activations._activation import Activation
from layerwise.activations._piecewise_linear import RELU


class CReLU(nn.Module):
    """Map `[..., units, ...]` to twice the units by `concatenate(relu(z), relu(-z))` along one axis.

    The two halves lose nothing: z is their difference. It doubles the width; in a recipe, whose layers are as wide as
    they say, the linear map before it makes half the units, so that the width must be even.

    Args:
        axis: The axis of the units: -1 after a dense layer, 1 or -3 for the channels of images.

    Raises:
        InvalidInput: If `axis` is no int, or the input has no such axis.

    Example:
        >>> CReLU()(torch.tensor([-1.0, 2.0]))
        tensor([0., 2., 1., 0.])

    References:
        Shang, Sohn, Almeida, Lee 2016, Understanding and improving convolutional neural networks via concatenated
        rectified linear units.
    """

    def __init__(self, axis: int = -1) -> None:
        super().__init__()
        self.axis = checked_axis(axis)

    def forward(self, z: Tensor) -> Tensor:
        """Return both halves, twice as long along the axis."""
        return concatenated(z, self.axis)

    def extra_repr(self) -> str:
        """Return the setting that `print(module)` shows."""
        return f"axis={self.axis}"


def concatenated(z: Tensor, axis: int = -1) -> Tensor:
    """Return `relu(z)` and `relu(-z)`, one after the other along `axis`."""
    require_axis(z, axis)
    return torch.cat([z.relu(), (-z).relu()], axis)


def checked_axis(axis: object) -> int:
    """Return `axis` if it is an int."""
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise InvalidInput("`axis` must be an int", got=axis)
    return axis


def require_axis(z: Tensor, axis: int) -> None:
    """Refuse a tensor that has no such axis."""
    if not -z.ndim <= axis < z.ndim:
        raise InvalidInput(f"The input must have the axis {axis}", got=tuple(z.shape))


CRELU = Activation(
    name="crelu",
    formula="max(0, z), max(0, -z)",
    function=concatenated,
    pull_back=None,
    module=CReLU,
    range=(0.0, math.inf),
    max_slope=1.0,
    kinks=(0.0,),
    pieces_default=0.5,
    moments_of_pieces=RELU.moments,
    citation="Shang, Sohn, Almeida, Lee 2016, Understanding and improving convolutional neural networks via "
    "concatenated rectified linear units",
    note="One pre-activation feeds two units: the first half of a layer's units is relu of it, the second half relu of "
    "its negative. So a layer has half the weights of a relu layer of its width, which must be even. No pre-activation "
    "can die: the slope of one of its two units is 1. Its numbers are those of one unit.",
)
