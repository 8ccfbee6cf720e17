"""Weights that hand the signal on as it is: for dense layers and for convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from layerwise._base import InvalidInput, Text, finite, positive_int
from layerwise.initializers._scope import fans, filled, odd_kernel

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def identity_(tensor: Tensor, gain: float = 1.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor`, a matrix [fan_out, fan_in], filled in place with `gain` on the diagonal and zeros elsewhere.

    The first min(fan_in, fan_out) outputs are the inputs times `gain`; further outputs are 0. Nothing is drawn from
    `generator`. Further units that start at 0 are equal to one another, and stay so.

    Raises:
        InvalidInput: If `tensor` is not a matrix without empty axes, or `gain` is not finite.

    Example:
        >>> import torch
        >>> identity_(torch.empty(2, 3), 2.0)
        tensor([[2., 0., 0.],
                [0., 2., 0.]])

    References:
        Le, Jaitly, Hinton 2015, A simple way to initialize recurrent networks of rectified linear units.
    """
    fans(tensor)
    if tensor.ndim != 2:
        raise InvalidInput(
            "`tensor` must be a matrix [fan_out, fan_in]",
            got=Text(f"shape {list(tensor.shape)}"),
            cure="Use `dirac_` for a convolution.",
        )
    length = finite("gain", gain)
    return filled(tensor, generator, lambda t: nn.init.eye_(t).mul_(length))


def dirac_(tensor: Tensor, gain: float = 1.0, *, groups: int = 1, generator: torch.Generator | None = None) -> Tensor:
    """Return the weight of a convolution filled in place so that each channel goes through unchanged, times `gain`.

    All is 0 but the middle of the kernel, where channel i feeds channel i: with stride 1 and a padding of half the
    kernel, conv(x) = gain * x on the channels that input and output share. Nothing is drawn from `generator`.

    Args:
        tensor: A weight of shape [out, in / groups, *kernel], one to three spatial axes, each of odd length.
        gain: What the signal is multiplied by.
        groups: Those of the convolution; each is an identity of its own. Must divide `out`.
        generator: Taken for the common signature alone.

    Raises:
        InvalidInput: If the shape does not fit, a kernel's side is even, or `gain` is not finite.

    Example:
        >>> import torch
        >>> dirac_(torch.empty(1, 1, 3))
        tensor([[[0., 1., 0.]]])

    References:
        Zagoruyko, Komodakis 2017, DiracNets: Training very deep neural networks without skip-connections.
    """
    odd_kernel(tensor, most=3)
    length, parts = finite("gain", gain), positive_int("groups", groups)
    if tensor.shape[0] % parts:
        raise InvalidInput(f"`groups` must divide the {tensor.shape[0]} output channels", got=groups)
    return filled(tensor, generator, lambda t: nn.init.dirac_(t, parts).mul_(length))
