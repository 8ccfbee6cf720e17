"""Small images side by side: what units of the first layer look for, for one."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from layerwise.data import Data
from layerwise.records import Axis, Marks, Picture, Values

ROWS, COLUMNS = 3, 6
"""Units that are shown."""


def filter_picture(title: str, network: nn.Module, data: Data, note: str = "") -> Picture | None:
    """Return the weights of the first units of the first layer, each relative to its largest; None without images.

    A unit is a square of as many cells as the image has pixels.
    """
    side = math.isqrt(data.n_features)
    if data.kind != "image" or side**2 != data.n_features:
        return None
    weight = next(p for p in network.parameters() if p.dim() == 2).detach()[: ROWS * COLUMNS]
    units = (weight / weight.abs().amax(1, keepdim=True)).view(-1, side, side)
    return Picture(
        title=title,
        x=Axis(title="units of the first hidden layer", scale="bare", low=0, high=COLUMNS * (side + 1)),
        y=Axis(title="", scale="bare", low=0, high=ROWS * (side + 1)),
        marks=(Marks(kind="cells", columns=tiled(units, COLUMNS)),),
        value=Axis(title="weight, relative to the unit's largest", low=-1.0, high=1.0),
        note=note,
        size="card",
    )


def tiled(images: Tensor, across: int) -> dict[str, Values]:
    """Return the columns of cells that draw images [image, row, column], so many across, with a gap between them.

    Example:
        >>> tiled(torch.ones(2, 1, 1), 2)
        {'x': (0.0, 2.0), 'y': (0.0, 0.0), 'x2': (1.0, 3.0), 'y2': (1.0, 1.0), 'value': (1.0, 1.0)}
    """
    side, down = images.shape[1], -(-len(images) // across)
    place, row, column = (grid.flatten() for grid in torch.meshgrid(*map(torch.arange, images.shape), indexing="ij"))
    x = place % across * (side + 1) + column
    y = (down - 1 - place // across) * (side + 1) + side - 1 - row
    values = {"x": x, "y": y, "x2": x + 1, "y2": y + 1, "value": images.flatten()}
    return {name: tuple(round(value, 3) for value in column.double().tolist()) for name, column in values.items()}
