"""Initializers that look at no fan: zeros, constant, normal, uniform. They take tensors of any shape."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise._base import finite, non_negative
from layerwise.initializers._scope import filled


def zeros_(tensor: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled with zeros in place. Nothing is drawn from `generator`.

    All units of a layer then compute the same and learn the same: right for biases, wrong for hidden weights.

    Example:
        >>> zeros_(torch.ones(2))
        tensor([0., 0.])

    References:
        Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors.
    """
    return filled(tensor, generator, Tensor.zero_)


def constant_(tensor: Tensor, value: float = 0.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled with `value` in place. Nothing is drawn from `generator`.

    Raises:
        InvalidInput: If `value` is not a finite number.

    Example:
        >>> constant_(torch.empty(2), 0.01)
        tensor([0.0100, 0.0100])

    References:
        Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors.
    """
    number = finite("value", value)
    return filled(tensor, generator, lambda t: t.fill_(number))


def normal_(tensor: Tensor, std: float = 0.01, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place with independent draws from N(0, std^2).

    Args:
        tensor: Floating-point numbers of any shape; dtype and device are kept.
        std: Standard deviation, at least 0.
        generator: Where random numbers come from; torch's default generator if None.

    Raises:
        InvalidInput: If `std` is negative or not finite, or if `tensor` does not hold floating-point numbers.

    Example:
        >>> draw = torch.Generator().manual_seed(0)
        >>> round(normal_(torch.empty(100, 100), 0.5, generator=draw).std().item(), 2)
        0.5

    References:
        Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors.
    """
    scale = non_negative("std", std)
    return filled(tensor, generator, lambda t: t.normal_(0.0, scale, generator=generator))


def uniform_(tensor: Tensor, bound: float = 0.05, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place with independent draws, uniform between -bound and bound.

    Their standard deviation is `bound / sqrt(3)`.

    Args:
        tensor: Floating-point numbers of any shape; dtype and device are kept.
        bound: Half the width, at least 0.
        generator: Where random numbers come from; torch's default generator if None.

    Raises:
        InvalidInput: If `bound` is negative or not finite, or if `tensor` does not hold floating-point numbers.

    Example:
        >>> draw = torch.Generator().manual_seed(0)
        >>> bool((uniform_(torch.empty(1000), 0.2, generator=draw).abs() <= 0.2).all())
        True

    References:
        Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors.
    """
    half = non_negative("bound", bound)
    return filled(tensor, generator, lambda t: t.uniform_(-half, half, generator=generator))
