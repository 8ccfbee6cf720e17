"""Convolutions that turn the signal without stretching it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerwise._base import InvalidInput, Text, finite
from layerwise.initializers._orthogonal import orthogonal_
from layerwise.initializers._scope import filled, middle, odd_kernel

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def delta_orthogonal_(tensor: Tensor, gain: float = 1.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Return the weight of a convolution filled in place so that it keeps every length, times `gain`.

    All is 0 but the middle of the kernel, which is a random matrix [out, in] with orthonormal columns times `gain`:
    each place of the signal is turned by itself, so ||conv(x)||^2 = gain^2 ||x||^2 with stride 1 and a padding of half
    the kernel, of any mode. A stride above 1 leaves places out and keeps no lengths.

    Args:
        tensor: A weight of shape [out, in, *kernel] with out >= in and at least one spatial axis, each of odd length;
            dtype and device are kept.
        gain: The length that a unit vector gets.
        generator: Where random numbers come from; torch's default generator if None.

    Raises:
        InvalidInput: If the shape does not fit, a kernel's side is even, out < in, or `gain` is not finite.

    Example:
        >>> import torch
        >>> conv = torch.nn.Conv2d(4, 8, 3, padding=1, bias=False)
        >>> _ = delta_orthogonal_(conv.weight, generator=torch.Generator().manual_seed(0))
        >>> x = torch.ones(1, 4, 5, 5)
        >>> round(conv(x).norm().item(), 4) == round(x.norm().item(), 4)
        True

    References:
        Xiao, Bahri, Sohl-Dickstein, Schoenholz, Pennington 2018, Dynamical isometry and a mean field theory of CNNs.
    """
    odd_kernel(tensor)
    if tensor.shape[0] < tensor.shape[1]:
        raise InvalidInput(
            "`tensor` must have at least as many output channels as input channels: fewer can't keep every length",
            got=Text(f"shape {list(tensor.shape)}"),
            cure="Use `orthogonal_`.",
        )
    length = finite("gain", gain)
    return filled(tensor, generator, lambda t: _fill(t, length, generator))


def _fill(tensor: Tensor, gain: float, generator: torch.Generator | None) -> Tensor:
    turn = orthogonal_(tensor.new_empty(tensor.shape[:2]), gain, generator=generator)
    tensor.zero_()[middle(tensor)] = turn
    return tensor
