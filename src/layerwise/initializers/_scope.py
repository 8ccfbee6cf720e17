"""Which tensors an initializer takes, and where its random numbers come from."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text


def filled(tensor: Tensor, generator: torch.Generator | None, draw: Callable[[Tensor], Tensor]) -> Tensor:
    """Fill `tensor` in place by `draw`, outside autograd, and return it.

    Numbers are drawn on the generator's device and copied, so a CPU generator gives the same weights on every device.
    """
    floating(tensor)
    with torch.no_grad():
        if generator is None or generator.device.type == tensor.device.type:
            draw(tensor)
        else:
            tensor.copy_(draw(torch.empty(tensor.shape, dtype=tensor.dtype, device=generator.device)))
    return tensor


def floating(tensor: Tensor) -> Tensor:
    """Return `tensor` if it is a tensor of floating-point numbers."""
    if not isinstance(tensor, Tensor):
        raise InvalidInput("`tensor` must be a torch.Tensor", got=tensor)
    if not tensor.is_floating_point():
        raise InvalidInput("`tensor` must hold floating-point numbers", got=tensor.dtype)
    return tensor


def fans(tensor: Tensor) -> tuple[int, int]:
    """Return `(fan_in, fan_out)` of a weight `[fan_out, fan_in, ...]`.

    Axes after the second are a convolution's kernel; each of its places counts in both.

    Raises:
        InvalidInput: If there are fewer than two axes, or one of length 0.

    Example:
        >>> fans(torch.empty(30, 20)), fans(torch.empty(8, 4, 3, 3))
        ((20, 30), (36, 72))
    """
    floating(tensor)
    if tensor.ndim < 2 or 0 in tensor.shape:
        raise InvalidInput(
            "`tensor` must be a weight of shape [fan_out, fan_in, ...] without empty axes",
            got=Text(f"shape {list(tensor.shape)}"),
            cure="Give a bias its value with `constant_`.",
        )
    kernel = math.prod(tensor.shape[2:])
    return tensor.shape[1] * kernel, tensor.shape[0] * kernel


def odd_kernel(tensor: Tensor, most: int | None = None) -> Tensor:
    """Return `tensor` if it weighs a convolution, of at most `most` spatial axes, and its kernel has a middle."""
    fans(tensor)
    kernel = tensor.shape[2:]
    spatial = f" with 1 to {most} spatial axes" if most else ""
    if not kernel or len(kernel) > (most or len(kernel)):
        raise InvalidInput(
            f"`tensor` must be the weight of a convolution, [out, in, *kernel]{spatial}",
            got=Text(f"shape {list(tensor.shape)}"),
        )
    if any(side % 2 == 0 for side in kernel):
        raise InvalidInput(
            "`tensor` must have a kernel with odd sides, which has a middle", got=Text(f"kernel {list(kernel)}")
        )
    return tensor


def middle(tensor: Tensor) -> tuple[slice | int, ...]:
    """Return the index of the matrix [out, in] in the middle of the kernel."""
    return (slice(None), slice(None), *(side // 2 for side in tensor.shape[2:]))
