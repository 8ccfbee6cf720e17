"""The kinds of layer that run batched, and how each goes forward and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from layerwise.activations import ACTIVATIONS, Activation, Maxout
from layerwise.population._stage import Stage, Updates


class Linear(Stage):
    """y = x W^T + b as one batched matrix product; the gradient of W is never written out unless the optimizer asks."""

    weight: Tensor
    bias: Tensor | None

    def __init__(self, modules: Sequence[nn.Linear]) -> None:
        super().__init__(modules)
        if modules[0].bias is None:
            self.bias = None

    def forward(self, x: Tensor) -> Tensor:
        if self.bias is None:
            return torch.bmm(x, self.weight.mT)
        return torch.baddbmm(self.bias.unsqueeze(1), x, self.weight.mT)

    def record(self, x: Tensor) -> tuple[Tensor, Any]:
        return self.forward(x), x

    def backprop(self, delta: Tensor, tape: Tensor, updates: Updates, *, first: bool = False) -> Tensor:
        upstream = delta if first else torch.bmm(delta, self.weight)  # before the weight moves
        updates.product(self.weight, delta, tape)
        if self.bias is not None:
            updates.other(self.bias, delta.sum(1))
        return upstream

    def is_weight(self, parameter: Tensor) -> bool:
        return parameter is self.weight


class Pointwise(Stage):
    """An activation without parameters: it runs as it is, and goes back through torch's own kernel."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        super().__init__(modules)
        self.activation = _KNOWN.get(repr(modules[0]))
        self.function = self.activation.function if self.activation else modules[0]

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.function(x)
        return y

    def record(self, x: Tensor) -> tuple[Tensor, Any]:
        if self.activation is None or self.activation.pull_back is None:
            return super().record(x)
        y = self.forward(x)
        return y, (x, y)

    def backprop(self, delta: Tensor, tape: Any, updates: Updates, *, first: bool = False) -> Tensor:
        if self.activation is None or self.activation.pull_back is None:
            return super().backprop(delta, tape, updates)
        return self.activation.pull_back(delta, *tape)


class PReLU(Stage):
    """max(0, z) + alpha min(0, z) with each network's own alpha, learned by autograd on this stage."""

    weight: Tensor

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x > 0, x, x * self.weight.unsqueeze(1))


class BatchNorm(Stage):
    """Batch normalization over axis 1 of [seed, batch, unit]: each network has its own statistics.

    In training xhat = (x - mean) / sqrt(var + eps) with the batch's biased variance; the running variance takes the
    unbiased one, as torch's does.
    """

    weight: Tensor
    bias: Tensor
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, modules: Sequence[nn.BatchNorm1d]) -> None:
        super().__init__(modules)
        self.eps = modules[0].eps
        self.momentum = modules[0].momentum if modules[0].momentum is not None else 0.1

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            scale = self.weight * torch.rsqrt(self.running_var + self.eps)
            return torch.addcmul((self.bias - self.running_mean * scale).unsqueeze(1), x, scale.unsqueeze(1))
        return self._normalize(x)[0]

    def record(self, x: Tensor) -> tuple[Tensor, Any]:
        y, xhat, inverse_std = self._normalize(x)
        return y, (xhat, inverse_std)

    def backprop(self, delta: Tensor, tape: Any, updates: Updates, *, first: bool = False) -> Tensor:
        xhat, inverse_std = tape
        d_bias = delta.sum(1)
        d_weight = (delta * xhat).sum(1)
        n = delta.shape[1]
        # dL/dx = gamma / std * (delta - mean(delta) - xhat * mean(delta * xhat))
        centered = torch.addcmul(delta - d_bias.unsqueeze(1) / n, xhat, d_weight.unsqueeze(1) / -n)
        upstream = centered.mul_(self.weight.unsqueeze(1) * inverse_std)
        updates.other(self.weight, d_weight)
        updates.other(self.bias, d_bias)
        return upstream

    def _normalize(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        # sums, because torch's var_mean and norm over this axis cost 15 to 80 times as much on a CPU
        n = x.shape[1]
        mean = x.sum(1) / n
        centered = x - mean.unsqueeze(1)
        variance = centered.square().sum(1) / n
        with torch.no_grad():
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (n / max(n - 1, 1)), self.momentum)
            self.num_batches_tracked += 1
        inverse_std = torch.rsqrt(variance + self.eps).unsqueeze(1)
        xhat = centered * inverse_std
        return torch.addcmul(self.bias.unsqueeze(1), xhat, self.weight.unsqueeze(1)), xhat, inverse_std


class LayerNorm(Stage):
    """Layer normalization over the units, with each network's own gain and offset."""

    weight: Tensor
    bias: Tensor

    def __init__(self, modules: Sequence[nn.LayerNorm]) -> None:
        super().__init__(modules)
        self.eps = modules[0].eps

    def forward(self, x: Tensor) -> Tensor:
        xhat = nn.functional.layer_norm(x, x.shape[-1:], eps=self.eps)
        return torch.addcmul(self.bias.unsqueeze(1), xhat, self.weight.unsqueeze(1))


class Dropout(Stage):
    """Dropout, or alpha dropout, whose mask each network draws from its own generator.

    Alpha dropout sets dropped units to alpha' = -lambda alpha of selu and maps the result by a x + b, which keeps mean
    0 and variance 1 (Klambauer et al. 2017).
    """

    ALPHA_PRIME = -1.7580993408473766

    def __init__(self, modules: Sequence[nn.Dropout | nn.AlphaDropout]) -> None:
        super().__init__(modules)
        self.p = modules[0].p
        self.alpha = isinstance(modules[0], nn.AlphaDropout)
        self._generators: Sequence[torch.Generator | None] = ()

    def reseed(self, generators: Sequence[torch.Generator]) -> None:
        self._generators = generators

    def forward(self, x: Tensor) -> Tensor:
        return self.record(x)[0] if self.training and self.p else x

    def record(self, x: Tensor) -> tuple[Tensor, Any]:
        keep = 1 - self.p
        kept = self._draw(x).lt_(keep)
        if not self.alpha:
            factor = kept.div_(keep)
            return x * factor, factor
        a = (keep + self.ALPHA_PRIME**2 * keep * self.p) ** -0.5
        b = -a * self.p * self.ALPHA_PRIME
        dropped = (1 - kept) * (a * self.ALPHA_PRIME) + b
        factor = kept.mul_(a)
        return torch.addcmul(dropped, x, factor), factor

    def backprop(self, delta: Tensor, tape: Tensor, updates: Updates, *, first: bool = False) -> Tensor:
        return delta * tape

    def _draw(self, x: Tensor) -> Tensor:
        uniform = torch.empty_like(x)
        generators = self._generators or [None] * len(x)
        for member, generator in zip(uniform, generators, strict=True):
            member.uniform_(generator=generator)
        return uniform


class Pieces(Pointwise):
    """Maxout's maximum over pieces."""


STAGES: dict[type[nn.Module], type[Stage]] = {
    nn.Linear: Linear,
    nn.BatchNorm1d: BatchNorm,
    nn.LayerNorm: LayerNorm,
    nn.PReLU: PReLU,
    nn.Dropout: Dropout,
    nn.AlphaDropout: Dropout,
    Maxout: Pieces,
}
"""Which stage takes which module; modules of the activation table that are not here run as `Pointwise`."""


def _known_activations() -> Iterator[tuple[str, Activation]]:
    for activation in ACTIVATIONS.values():
        yield repr(activation.module()), activation


_KNOWN = dict(_known_activations())


def stage_kind(module: nn.Module) -> type[Stage] | None:
    """Return the kind of stage that runs `module` batched, or None if none does."""
    if isinstance(module, nn.BatchNorm1d) and not (module.affine and module.track_running_stats):
        return None
    if isinstance(module, nn.LayerNorm) and (module.bias is None or len(module.normalized_shape) != 1):
        return None
    kind = STAGES.get(type(module))
    return kind or (Pointwise if repr(module) in _KNOWN else None)
