"""A new normalizer whose gains and offsets are those that change the signal least."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from layerwise._base import InvalidInput, Text, one_of
from layerwise.normalizers._dyt import DyT
from layerwise.normalizers._group import group_norm
from layerwise.normalizers._table import NORMALIZERS

ON_CHANNELS = ("batch", "group", "instance")
"""The kinds that there are for convolutions too."""

_BATCH = {3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
_INSTANCE = {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d, 5: nn.InstanceNorm3d}


def new_normalizer(kind: str, x: Tensor) -> nn.Module:
    """Return a normalizer of `kind` for signals like `x`: [batch, unit], or [batch, channel, ...] of a convolution.

    Raises:
        InvalidInput: If `kind` is none for such signals.

    Example:
        >>> type(new_normalizer("batch", torch.zeros(1, 32, 5, 5))).__name__
        'BatchNorm2d'
    """
    units = x.shape[1] if x.ndim > 1 else 0
    if x.ndim == 2:
        module = NORMALIZERS[kind].module
        if module is None:
            raise InvalidInput("`kind` must be a normalizer", got=kind)
        return module(units).to(x)
    if x.ndim not in _BATCH:
        raise InvalidInput(
            "A signal must have the shape [batch, unit] or [batch, channel, ...]", got=Text(f"shape {list(x.shape)}")
        )
    one_of("kind", kind, ON_CHANNELS)
    if kind == "group":
        return group_norm(units).to(x)
    table = _BATCH if kind == "batch" else _INSTANCE
    return table[x.ndim](units, affine=True).to(x)


@torch.no_grad()
def calibrated(kind: str, x: Tensor, target: Tensor) -> nn.Module:
    """Return a normalizer of `kind`, in eval mode, that maps `x` to `target` as closely as its gains allow.

    Gain and offset of each unit are the least-squares fit of `target` on the normalized `x`. Running statistics are
    those of `x`, with the biased variance, so that the batch `x` gives the same in training. alpha of `DyT` is 0.5
    divided by the signal's rms.
    """
    norm = new_normalizer(kind, x).eval()
    if isinstance(norm, _BatchNorm):
        variance, mean = torch.var_mean(x, _axes(x), correction=0)
        norm.get_buffer("running_mean").copy_(mean)
        norm.get_buffer("running_var").copy_(variance)
    if isinstance(norm, DyT):
        norm.alpha.div_(x.square().mean().sqrt().clamp_min(1e-6))
    has_offset = getattr(norm, "bias", None) is not None
    gain, offset = _fit(norm(x).double(), target.double(), has_offset=has_offset)
    # a unit that never varies fits any gain: with this one batch normalization has the slope 1
    still = norm.eps**0.5 if isinstance(norm, _BatchNorm) else 1.0
    norm.get_parameter("weight").copy_(gain.nan_to_num(nan=still))
    if has_offset:
        norm.get_parameter("bias").copy_(torch.where(gain.isnan(), target.double().mean(_axes(x)), offset))
    return norm


def _fit(x: Tensor, y: Tensor, *, has_offset: bool) -> tuple[Tensor, Tensor]:
    """Return `(gain, offset)` of each unit that minimize the mean of (gain x + offset - y)^2; a gain of 0/0 is nan."""
    axes = _axes(x)
    if not has_offset:
        gain = (x * y).mean(axes) / x.square().mean(axes)
        return gain, torch.zeros_like(gain)
    x_mean, y_mean = x.mean(axes, keepdim=True), y.mean(axes, keepdim=True)
    gain = ((x - x_mean) * (y - y_mean)).mean(axes) / (x - x_mean).square().mean(axes)
    return gain, y_mean.flatten() - gain * x_mean.flatten()


def _axes(x: Tensor) -> list[int]:
    return [axis for axis in range(x.ndim) if axis != 1]
