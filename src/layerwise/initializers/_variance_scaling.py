"""Initializers whose variance follows from the number of inputs and outputs: one function, and its named settings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from layerwise._base import finite, non_negative, one_of, positive_int
from layerwise.initializers._plain import normal_, uniform_
from layerwise.initializers._scope import fans
from layerwise.initializers._truncated import truncated_normal_

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MODES = ("fan_in", "fan_out", "fan_avg", "geometric")
DISTRIBUTIONS = ("normal", "truncated_normal", "uniform")


def variance_scaling_(
    tensor: Tensor,
    scale: float = 1.0,
    mode: str = "fan_in",
    distribution: str = "normal",
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return `tensor` filled in place with independent draws of mean 0 and variance `scale / fan`.

    Args:
        tensor: A weight of shape [fan_out, fan_in], or [out, in, *kernel] of a convolution (fans count the kernel).
        scale: Variance times fan, at least 0.
        mode: Which fan: `fan_in`, `fan_out`, their mean `fan_avg`, or `geometric`, sqrt(fan_in fan_out): of two layers
            between widths a and b, there and back, one then grows what the other shrinks.
        distribution: `normal` (not truncated), `truncated_normal` (the same variance, cut as in `truncated_normal_`),
            or `uniform` between +-sqrt(3 scale / fan).
        generator: Where random numbers come from; torch's default generator if None.

    Raises:
        InvalidInput: If `tensor` has fewer than two axes, or an option breaks its rule.

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> weight = variance_scaling_(torch.empty(300, 200), 2.0, generator=draw)
        >>> round(weight.var().item() * 200, 1)
        2.0

    References:
        He, Zhang, Ren, Sun 2015, Delving deep into rectifiers.
    """
    one_of("mode", mode, MODES)
    one_of("distribution", distribution, DISTRIBUTIONS)
    fan_in, fan_out = fans(tensor)
    mean = (fan_in + fan_out) / 2
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": mean, "geometric": math.sqrt(fan_in * fan_out)}[mode]
    std = math.sqrt(non_negative("scale", scale) / fan)
    if distribution == "normal":
        return normal_(tensor, std, generator=generator)
    if distribution == "truncated_normal":
        return truncated_normal_(tensor, std, generator=generator)
    return uniform_(tensor, math.sqrt(3) * std, generator=generator)


def lecun_normal_(tensor: Tensor, gain: float = 1.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place from N(0, gain^2 / fan_in): the variance of the input is kept, times gain^2.

    With `gain = layerwise.activations.gain(name)` it suits any activation.

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> round(lecun_normal_(torch.empty(200, 400), generator=draw).std().item(), 3)
        0.05

    References:
        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp.
    """
    return variance_scaling_(tensor, finite("gain", gain) ** 2, "fan_in", "normal", generator=generator)


def lecun_uniform_(tensor: Tensor, gain: float = 1.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place, uniform between +-gain sqrt(3 / fan_in).

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> bool((lecun_uniform_(torch.empty(20, 300), generator=draw).abs() <= 0.1).all())
        True

    References:
        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp.
    """
    return variance_scaling_(tensor, finite("gain", gain) ** 2, "fan_in", "uniform", generator=generator)


def glorot_normal_(tensor: Tensor, gain: float = 1.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place from N(0, 2 gain^2 / (fan_in + fan_out)): forward and backward in balance.

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> round(glorot_normal_(torch.empty(500, 300), generator=draw).std().item(), 3)
        0.05

    References:
        Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    return variance_scaling_(tensor, finite("gain", gain) ** 2, "fan_avg", "normal", generator=generator)


def glorot_uniform_(tensor: Tensor, gain: float = 1.0, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place, uniform between +-gain sqrt(6 / (fan_in + fan_out)).

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> bool((glorot_uniform_(torch.empty(400, 200), generator=draw).abs() <= 0.1).all())
        True

    References:
        Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    return variance_scaling_(tensor, finite("gain", gain) ** 2, "fan_avg", "uniform", generator=generator)


def he_normal_(tensor: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place from N(0, 2 / fan_in), which keeps the second moment through relu layers.

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> round(he_normal_(torch.empty(200, 800), generator=draw).std().item(), 3)
        0.05

    References:
        He, Zhang, Ren, Sun 2015, Delving deep into rectifiers.
    """
    return variance_scaling_(tensor, 2.0, "fan_in", "normal", generator=generator)


def he_uniform_(tensor: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place, uniform between +-sqrt(6 / fan_in).

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> bool((he_uniform_(torch.empty(20, 600), generator=draw).abs() <= 0.1).all())
        True

    References:
        He, Zhang, Ren, Sun 2015, Delving deep into rectifiers.
    """
    return variance_scaling_(tensor, 2.0, "fan_in", "uniform", generator=generator)


def torch_default_(tensor: Tensor, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `tensor` filled in place as `nn.Linear` and `nn.Conv2d` do: uniform between +-1 / sqrt(fan_in).

    Its variance is `1 / (3 fan_in)`: from the weights alone, the second moment falls to 1/6 in each relu layer.

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> bool((torch_default_(torch.empty(20, 100), generator=draw).abs() <= 0.1).all())
        True

    References:
        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp.
    """
    return variance_scaling_(tensor, 1 / 3, "fan_in", "uniform", generator=generator)


def torch_default_bias_(bias: Tensor, fan_in: int, *, generator: torch.Generator | None = None) -> Tensor:
    """Return `bias` filled in place as `nn.Linear` does: uniform between +-1 / sqrt(fan_in) of the layer's weight.

    Raises:
        InvalidInput: If `fan_in` is not a positive int.

    Example:
        >>> import torch
        >>> draw = torch.Generator().manual_seed(0)
        >>> bool((torch_default_bias_(torch.empty(20), 100, generator=draw).abs() <= 0.1).all())
        True

    References:
        LeCun, Bottou, Orr, Müller 1998, Efficient BackProp.
    """
    return uniform_(bias, 1 / math.sqrt(positive_int("fan_in", fan_in)), generator=generator)
