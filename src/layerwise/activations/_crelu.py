"""CReLU: the positive and the negative part side by side."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput


class CReLU(nn.Module):
    """Map `[..., units, ...]` to twice the units by `concatenate(relu(z), relu(-z))` along one axis.

    It doubles the width of what comes after it, so it is a module alone: `ACTIVATIONS` and recipes, whose layers are as
    wide as they say, have no entry for it. Each output has the gain of relu, sqrt(2); together they lose nothing: z is
    the difference of the two halves.

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
        require_axis(z, self.axis)
        return torch.cat([z.relu(), (-z).relu()], self.axis)

    def extra_repr(self) -> str:
        """Return the setting that `print(module)` shows."""
        return f"axis={self.axis}"


def checked_axis(axis: object) -> int:
    """Return `axis` if it is an int."""
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise InvalidInput("`axis` must be an int", got=axis)
    return axis


def require_axis(z: Tensor, axis: int) -> None:
    """Refuse a tensor that has no such axis."""
    if not -z.ndim <= axis < z.ndim:
        raise InvalidInput(f"The input must have the axis {axis}", got=tuple(z.shape))
