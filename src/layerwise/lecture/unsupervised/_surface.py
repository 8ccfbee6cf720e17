"""The loss as a surface over the parameters of one network: along lines, and on planes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn import functional

if TYPE_CHECKING:
    from numpy.typing import NDArray

Parameters = Sequence[Tensor]
Loss = Callable[[list[Tensor]], Tensor]
"""From parameters with a leading axis of points to the loss at each of them."""


def loss_of(network: nn.Module, x: Tensor, y: Tensor) -> Loss:
    """Return the cross-entropy of `network` on fixed rows as a function of its parameters.

    Example:
        >>> losses = loss_of(nn.Linear(1, 2, bias=False), torch.ones(1, 1), torch.tensor([0]))
        >>> [round(float(one), 4) for one in losses([torch.tensor([[[0.0], [0.0]], [[9.0], [0.0]]])])]
        [0.6931, 0.0001]
    """
    names = [name for name, _ in network.named_parameters()]

    def one(*own: Tensor) -> Tensor:
        outputs = functional_call(network, dict(zip(names, own, strict=True)), (x,))
        return functional.cross_entropy(outputs, y)

    def many(points: list[Tensor]) -> Tensor:
        with torch.no_grad():
            found: Tensor = vmap(one, chunk_size=50)(*points)
        return found

    return many


def filter_normalized(parameters: Parameters, generator: torch.Generator) -> list[Tensor]:
    """Return a random direction in which every unit's weights are as long as its own; biases stay.

    References:
        Li, Xu, Taylor, Studer, Goldstein 2018, Visualizing the loss landscape of neural nets.
    """
    found = []
    for parameter in parameters:
        if parameter.dim() < 2:
            found.append(torch.zeros_like(parameter))
            continue
        drawn = torch.randn(parameter.shape, generator=generator)
        found.append(drawn * parameter.norm(dim=1, keepdim=True) / drawn.norm(dim=1, keepdim=True))
    return found


def on_plane(
    loss: Loss,
    center: Parameters,
    directions: tuple[Parameters, Parameters],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the loss at center + x first + y second, [y, x]."""
    b, a = (torch.from_numpy(grid).float().flatten() for grid in np.meshgrid(y, x, indexing="ij"))
    points = [_at(*own, a, b) for own in zip(center, *directions, strict=True)]
    return loss(points).double().numpy().reshape(len(y), len(x))


def along_line(loss: Loss, start: Parameters, end: Parameters, n: int = 21) -> NDArray[np.float64]:
    """Return the loss at n points of the straight line from `start` to `end`."""
    t = torch.linspace(0, 1, n)
    points = [_at(a, b - a, torch.zeros_like(a), t, t) for a, b in zip(start, end, strict=True)]
    return loss(points).double().numpy()


def _at(center: Tensor, first: Tensor, second: Tensor, a: Tensor, b: Tensor) -> Tensor:
    shape = (-1, *(1,) * center.dim())
    return center + a.view(shape) * first + b.view(shape) * second
