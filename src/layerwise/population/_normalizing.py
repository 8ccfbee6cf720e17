"""Normalizers of many networks at once: each network has its own statistics, gains and offsets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from layerwise.normalizers import BatchRenorm, GhostBatchNorm
from layerwise.population._stage import Stage, Updates, along


class BatchNorm(Stage):
    """Batch normalization of each unit, or channel of images: each network has its own statistics.

    In training xhat = (x - mean) / sqrt(var + eps) with the batch's biased variance; the running variance takes the
    unbiased one, as torch's does.
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, modules: Sequence[nn.BatchNorm1d | nn.BatchNorm2d]) -> None:
        super().__init__(modules)
        self.eps = modules[0].eps
        self.momentum = modules[0].momentum or 0.0

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            scale = self.weight * torch.rsqrt(self.running_var + self.eps)
            return torch.addcmul(along(self.bias - self.running_mean * scale, x, 2), x, along(scale, x, 2))
        return self._normalize(x)[0]

    def record(self, x: Tensor) -> tuple[Tensor, Any]:
        y, xhat, inverse_std = self._normalize(x)
        return y, (xhat, inverse_std)

    def backprop(self, delta: Tensor, tape: Any, updates: Updates, *, first: bool = False) -> Tensor:
        xhat, inverse_std = tape
        d_bias = _sum(delta)
        d_weight = _sum(delta * xhat)
        n = _n_each(delta)
        # dL/dx = gamma / std * (delta - mean(delta) - xhat * mean(delta * xhat))
        centered = torch.addcmul(delta - along(d_bias / n, delta, 2), xhat, along(d_weight / -n, delta, 2))
        upstream = centered.mul_(along(self.weight, delta, 2) * inverse_std)
        updates.other(self.weight, d_weight)
        updates.other(self.bias, d_bias)
        return upstream

    def _normalize(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # sums, because torch's var_mean and norm over this axis cost 15 to 80 times as much on a CPU
        n = _n_each(x)
        mean = _sum(x) / n
        centered = x - along(mean, x, 2)
        variance = _sum(centered.square()) / n
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (n / max(n - 1, 1)), self.momentum)
            self.num_batches_tracked += 1
        inverse_std = along(torch.rsqrt(variance + self.eps), x, 2)
        xhat = centered * inverse_std
        return torch.addcmul(along(self.bias, x, 2), xhat, along(self.weight, x, 2)), xhat, inverse_std


class LayerNorm(Stage):
    """Layer normalization over the units, with each network's own gain and offset."""

    weight: Tensor
    bias: Tensor

    def __init__(self, modules: Sequence[nn.LayerNorm]) -> None:
        super().__init__(modules)
        self.eps = modules[0].eps

    def forward(self, x: Tensor) -> Tensor:
        xhat = nn.functional.layer_norm(x, x.shape[-1:], eps=self.eps)
        return torch.addcmul(along(self.bias, x, -1), xhat, along(self.weight, x, -1))


class Ghosts(BatchNorm):
    """Batch normalization of each part of the batch by itself; the running statistics take one after the other."""

    def __init__(self, modules: Sequence[GhostBatchNorm]) -> None:
        super().__init__(modules)
        self.ghost_size = modules[0].ghost_size

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        parts = x.tensor_split(max(1, x.shape[1] // self.ghost_size), dim=1)
        return torch.cat([self._normalize(part)[0] for part in parts], dim=1)

    record = Stage.record
    backprop = Stage.backprop


class Renorm(BatchNorm):
    """Batch renormalization: y = gamma (r xhat + d) + beta, where r and d are constants to the gradient."""

    def __init__(self, modules: Sequence[BatchRenorm]) -> None:
        super().__init__(modules)
        self._module = (modules[0],)  # in a tuple, so that it is no submodule

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        r, d = (factor.unsqueeze(1) for factor in self._correction(x.detach()))
        xhat = self._normalize(x)[1]
        return torch.addcmul(self.bias.unsqueeze(1), xhat * r + d, self.weight.unsqueeze(1))

    record = Stage.record
    backprop = Stage.backprop

    def _correction(self, x: Tensor) -> tuple[Tensor, Tensor]:
        module, n = self._module[0], x.shape[1]
        mean = x.sum(1) / n
        variance = (x - mean.unsqueeze(1)).square().sum(1) / n
        share = (self.num_batches_tracked.to(x.dtype) / module.warm_up).clamp_max(1).unsqueeze(1)
        return module.correction(mean, variance, self.running_mean, self.running_var, share)


class RMSNorm(Stage):
    """Every example divided by the rms of its units, with each network's own gain."""

    weight: Tensor

    def __init__(self, modules: Sequence[nn.RMSNorm]) -> None:
        super().__init__(modules)
        self.eps = modules[0].eps

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.rms_norm(x, x.shape[-1:], eps=self.eps) * along(self.weight, x, -1)


class GroupNorm(Stage):
    """Layer normalization of each group of units, or channels, by itself, with each network's own gain and offset."""

    weight: Tensor
    bias: Tensor

    def __init__(self, modules: Sequence[nn.GroupNorm]) -> None:
        super().__init__(modules)
        self.eps, self.n_groups = modules[0].eps, modules[0].num_groups

    def forward(self, x: Tensor) -> Tensor:
        groups = x.unflatten(2, (self.n_groups, -1))
        xhat = nn.functional.layer_norm(groups, groups.shape[3:], eps=self.eps).flatten(2, 3)
        return torch.addcmul(along(self.bias, x, 2), xhat, along(self.weight, x, 2))


class DynamicTanh(Stage):
    """gamma tanh(alpha x) + beta, with each network's own numbers."""

    alpha: Tensor
    weight: Tensor
    bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        squashed = torch.tanh(along(self.alpha, x, -1) * x)
        return torch.addcmul(along(self.bias, x, -1), squashed, along(self.weight, x, -1))


def has_stage(module: nn.Module) -> bool:
    """Whether the settings of `module` are those that a stage here runs; true of what is no normalizer."""
    if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):  # a momentum of None is torch's mean over all batches
        return module.affine and module.track_running_stats and module.momentum is not None
    if isinstance(module, nn.LayerNorm | nn.RMSNorm) and len(module.normalized_shape) != 1:
        return False
    if isinstance(module, nn.LayerNorm | nn.GroupNorm):
        return module.bias is not None
    return not isinstance(module, nn.RMSNorm) or module.weight is not None


def _sum(x: Tensor) -> Tensor:
    """Return the sums over all but seed and unit: [seed, batch, unit, ...] -> [seed, unit]."""
    return x.sum((1, *range(3, x.dim())))


def _n_each(x: Tensor) -> int:
    """Return how many numbers `_sum` adds up."""
    return x.numel() // (x.shape[0] * x.shape[2])
