"""What the filters of a linear layer or a convolution are laid over: patches of its input."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from layerwise.tracing import Operation


def patches(operation: Operation, n_most: int, generator: torch.Generator) -> Tensor:
    """Return up to `n_most` patches of the input, [group, patch, entry], drawn without replacement.

    A filter's output is the product of its flattened weight with a patch. Of a linear layer a patch is an input.

    Args:
        operation: `linear`, or `conv1d` to `conv3d`.
        n_most: How many; all patches there are if those are fewer.
        generator: Of the CPU.
    """
    if operation.call.operation == "linear":
        rows: Tensor = operation.arguments[0]
        rows = rows.flatten(0, -2)
        return rows[_drawn(len(rows), n_most, generator).to(rows.device)][None]
    return _of_convolution(operation, n_most, generator)


def _of_convolution(operation: Operation, n_most: int, generator: torch.Generator) -> Tensor:
    x, weight = operation.arguments[:2]
    kernel = weight.shape[2:]
    places = operation.output.shape[-len(kernel) :]
    x = x.reshape(-1, *x.shape[-len(kernel) - 1 :])  # without a batch axis, one example
    stride, dilation = (_sides(operation, name, len(kernel)) for name in ("stride", "dilation"))
    x = functional.pad(x, _padding(operation, kernel, dilation))
    index = _drawn(len(x) * places.numel(), n_most, generator).to(x.device)
    at = torch.unravel_index(index, (len(x), *places))
    rows = x.movedim(1, -1)[(at[0].view(-1, *[1] * len(kernel)), *_windows(at[1:], kernel, stride, dilation))]
    groups = rows.movedim(-1, 1).reshape(len(index), x.shape[1] // weight.shape[1], -1)
    return groups.transpose(0, 1)


def _windows(
    at: tuple[Tensor, ...], kernel: torch.Size, stride: tuple[int, ...], dilation: tuple[int, ...]
) -> list[Tensor]:
    """Return the index along each spatial axis, to be broadcast to [patch, *kernel]."""
    found = []
    for axis, (place, side) in enumerate(zip(at, kernel, strict=True)):
        window = place[:, None] * stride[axis] + torch.arange(side, device=place.device) * dilation[axis]
        found.append(window.view(-1, *[side if k == axis else 1 for k in range(len(kernel))]))
    return found


def _drawn(n: int, n_most: int, generator: torch.Generator) -> Tensor:
    return torch.arange(n) if n <= n_most else torch.randperm(n, generator=generator)[:n_most]


_PLACES = {"stride": 3, "padding": 4, "dilation": 5}


def _option(operation: Operation, name: str) -> Any:
    place = _PLACES[name]
    if len(operation.arguments) > place:
        return operation.arguments[place]
    return operation.keywords.get(name, 0 if name == "padding" else 1)


def _sides(operation: Operation, name: str, n_axes: int) -> tuple[int, ...]:
    value = _option(operation, name)
    sides = tuple(value) if isinstance(value, tuple | list) else (value,)
    return sides if len(sides) == n_axes else sides * n_axes


def _padding(operation: Operation, kernel: torch.Size, dilation: tuple[int, ...]) -> list[int]:
    """Return what `pad` takes: both sides of each axis, the last axis first."""
    value = _option(operation, "padding")
    if value == "same":  # an odd one out goes to the far side
        totals = [step * (side - 1) for step, side in zip(dilation, kernel, strict=True)]
        both = [(total // 2, total - total // 2) for total in totals]
    elif value == "valid":
        both = [(0, 0)] * len(kernel)
    else:
        both = [(side, side) for side in _sides(operation, "padding", len(kernel))]
    return [side for pair in reversed(both) for side in pair]
