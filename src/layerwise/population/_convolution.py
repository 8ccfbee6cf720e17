"""Convolutions and pooling of many networks at once, and the folding of rows into images and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d

from layerwise.population._stage import Affine, Stage, Updates


# Forward and back on one core of a shared machine, batch 32, kernels 3 x 3, in ms a network; channels last in memory.
#                          one by one   8 as groups   8 as patches, one product   one by one, channels first
# 1 to 16 of 28 x 28             0.45           3.6                         4.8                          1.7
# 3 to 16 of 32 x 32             0.81          23                          18                            5.0
# 16 to 32 of 14 x 14            1.7            9.0                        24                            1.8
# 16 to 32 of 4 x 4              0.26           0.22                        1.7                          0.28
# oneDNN has fast kernels for groups in few shapes only.
class Conv2d(Affine):
    """A convolution of each network's images by its own kernels, one network after the other."""

    n_axes: ClassVar[int] = 4

    def __init__(self, modules: Sequence[nn.Conv2d]) -> None:
        super().__init__(modules)
        first = modules[0]
        self._where: Any = (first.stride, first.padding, first.dilation)

    def forward(self, x: Tensor) -> Tensor:
        biases = [None] * len(x) if self.bias is None else self.bias
        members = zip(x, self.weight, biases, strict=True)
        ys = torch.cat([conv2d(_last(own), _last(weight), bias, *self._where) for own, weight, bias in members])
        return ys.view(*x.shape[:2], *ys.shape[1:])

    def record(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.forward(x), x

    def backprop(self, delta: Tensor, tape: Tensor, updates: Updates, *, first: bool = False) -> Tensor:
        upstream, gradient, bias_gradient = self._gradients(delta, tape, upstream=not first)
        updates.weight(self.weight, gradient)
        if self.bias is not None:
            updates.other(self.bias, bias_gradient)
        return upstream

    def weight_gradient(self, delta: Tensor, x: Tensor) -> Tensor:
        return self._gradients(delta, x, upstream=False)[1].flatten(2)

    def _gradients(self, delta: Tensor, x: Tensor, *, upstream: bool) -> tuple[Tensor, Tensor, Tensor]:
        """Return those at the input (anything unless wanted), the weight and the bias."""
        n_biases, wanted, transposed = (delta.shape[2],), (upstream, True, True), False
        found = [
            torch.ops.aten.convolution_backward(
                _last(own), _last(image), _last(weight), n_biases, *self._where, transposed, (0, 0), 1, wanted
            )
            for own, image, weight in zip(delta, x, self.weight, strict=True)
        ]
        ups, weights, biases = zip(*found, strict=True)
        return torch.cat(ups).view_as(x) if upstream else delta, torch.stack(weights), torch.stack(biases)


class Pool2d(Stage):
    """Pooling by torch's own kernel, on the images of all networks."""

    def __init__(self, modules: Sequence[nn.Module]) -> None:
        super().__init__(modules)
        self._pool = modules[0]

    def forward(self, x: Tensor) -> Tensor:
        # channels last: 0.2 ms and not 2.2 for 32 images of 16 channels of 28 x 28, on one core
        y: Tensor = self._pool(_last(x.flatten(0, 1)))
        return y.view(*x.shape[:2], *y.shape[1:])


class Fold(Stage):
    """Rows become images."""

    n_axes: ClassVar[int] = 2

    def __init__(self, modules: Sequence[nn.Unflatten]) -> None:
        super().__init__(modules)
        self._size = torch.Size(modules[0].unflattened_size)

    def forward(self, x: Tensor) -> Tensor:
        return x.view(*x.shape[:2], *self._size)

    def record(self, x: Tensor) -> tuple[Tensor, None]:
        return self.forward(x), None

    def backprop(self, delta: Tensor, tape: None, updates: Updates, *, first: bool = False) -> Tensor:
        return delta.flatten(2)


class Flat(Stage):
    """Images become rows."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2)

    def record(self, x: Tensor) -> tuple[Tensor, torch.Size]:
        return self.forward(x), x.shape[2:]

    def backprop(self, delta: Tensor, tape: torch.Size, updates: Updates, *, first: bool = False) -> Tensor:
        return delta.reshape(*delta.shape[:2], *tape)


def has_stage(module: nn.Module) -> bool:
    """Whether the settings of `module` are those that a stage here runs; true of what is neither of these kinds."""
    if isinstance(module, nn.Conv2d):
        return module.groups == 1 and module.padding_mode == "zeros" and not isinstance(module.padding, str)
    if isinstance(module, nn.Flatten):
        return (module.start_dim, module.end_dim) == (1, -1)
    if isinstance(module, nn.Unflatten):
        return module.dim == 1
    return not getattr(module, "return_indices", False)


def _last(x: Tensor) -> Tensor:
    """Return `x` [batch, channel, row, column] with its channels last in memory."""
    if x.shape[1] > 1:
        return x.contiguous(memory_format=torch.channels_last)
    # of one channel either order is both; the strides say which one torch goes on with
    return x.as_strided(x.shape, (x[0].numel(), 1, x.shape[3], 1)) if x.is_contiguous() else x
