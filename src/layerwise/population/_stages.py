"""The kinds of layer that run batched, and how each goes forward and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from layerwise.activations import ACTIVATIONS, Activation, CReLU, Maxout
from layerwise.normalizers import BatchRenorm, DyT, GhostBatchNorm
from layerwise.population import _convolution, _normalizing
from layerwise.population._stage import Affine, Stage, Updates, along
from layerwise.population._tanh import tanh


class Linear(Affine):
    """y = x W^T + b as one batched matrix product; the gradient of W is never written out unless the optimizer asks."""

    n_axes: ClassVar[int] = 2

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

    def weight_gradient(self, delta: Tensor, x: Tensor) -> Tensor:
        return torch.bmm(delta.mT, x)


class Pointwise(Stage):
    """An activation without parameters: it runs as it is, and goes back through torch's own kernel."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        super().__init__(modules)
        self.activation = _KNOWN.get(repr(modules[0]))
        found = self.activation.function if self.activation else modules[0]
        self.function = tanh if found is torch.tanh else found

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
        return torch.where(x > 0, x, x * along(self.weight, x, 2))


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
        kept = _uniform(x, self._generators).lt_(keep)
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


class RReLU(Pointwise):
    """Leaky relu whose left slopes each network draws from its own generator in training; in eval mode their mean."""

    def __init__(self, modules: Sequence[nn.RReLU]) -> None:
        super().__init__(modules)
        self.low, self.high = modules[0].lower, modules[0].upper
        self._generators: Sequence[torch.Generator | None] = ()

    def reseed(self, generators: Sequence[torch.Generator]) -> None:
        self._generators = generators

    def forward(self, x: Tensor) -> Tensor:
        return self.record(x)[0] if self.training else nn.functional.leaky_relu(x, (self.low + self.high) / 2)

    def record(self, x: Tensor) -> tuple[Tensor, Any]:
        slopes = _uniform(x, self._generators).mul_(self.high - self.low).add_(self.low)
        factor = torch.where(x > 0, 1.0, slopes)
        return x * factor, factor

    def backprop(self, delta: Tensor, tape: Tensor, updates: Updates, *, first: bool = False) -> Tensor:
        return delta * tape


class Pieces(Pointwise):
    """Activations that change the number of units: maxout's maximum over pieces, crelu's two halves."""


def _uniform(x: Tensor, generators: Sequence[torch.Generator | None]) -> Tensor:
    """Return numbers between 0 and 1 in the shape of `x`, for each network from its own generator."""
    uniform = torch.empty_like(x)
    for member, generator in zip(uniform, generators or [None] * len(x), strict=True):
        member.uniform_(generator=generator)
    return uniform


STAGES: dict[type[nn.Module], type[Stage]] = {
    nn.Linear: Linear,
    nn.Conv2d: _convolution.Conv2d,
    nn.MaxPool2d: _convolution.Pool2d,
    nn.AvgPool2d: _convolution.Pool2d,
    nn.Unflatten: _convolution.Fold,
    nn.Flatten: _convolution.Flat,
    nn.BatchNorm1d: _normalizing.BatchNorm,
    nn.BatchNorm2d: _normalizing.BatchNorm,
    GhostBatchNorm: _normalizing.Ghosts,
    BatchRenorm: _normalizing.Renorm,
    nn.LayerNorm: _normalizing.LayerNorm,
    nn.RMSNorm: _normalizing.RMSNorm,
    nn.GroupNorm: _normalizing.GroupNorm,
    DyT: _normalizing.DynamicTanh,
    nn.PReLU: PReLU,
    nn.RReLU: RReLU,
    nn.Dropout: Dropout,
    nn.AlphaDropout: Dropout,
    Maxout: Pieces,
    CReLU: Pieces,
}
"""Which stage takes which module; modules of the activation table that are not here run as `Pointwise`."""


def _known_activations() -> Iterator[tuple[str, Activation]]:
    for activation in ACTIVATIONS.values():
        yield repr(activation.module()), activation


_KNOWN = dict(_known_activations())


def stage_kind(module: nn.Module) -> type[Stage] | None:
    """Return the kind of stage that runs `module` batched, or None if none does."""
    if not (_normalizing.has_stage(module) and _convolution.has_stage(module)):
        return None
    if isinstance(module, Maxout | CReLU) and module.axis >= 0:  # the seeds move the axes
        return None
    kind = STAGES.get(type(module))
    return kind or (Pointwise if repr(module) in _KNOWN else None)
