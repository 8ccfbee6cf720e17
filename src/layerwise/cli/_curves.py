"""An activation and its slope as two drawings side by side."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from layerwise.activations import Activation

REACH = 5.0  # the curves are drawn from -5 to 5


def curves(entry: Activation) -> list[str]:
    """Return the drawings' lines, of at most 80 characters, or one that says why there are none."""
    try:
        "┤⠿".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return [f"(No curves: {sys.stdout.encoding} has no signs to draw them with.)"]
    import torch

    from layerwise.activations.drawing import WIDTH, sketch

    z = torch.linspace(-REACH, REACH, WIDTH, dtype=torch.float64, requires_grad=True)
    value = _section(entry, z)
    (slope,) = torch.autograd.grad(value.sum(), z)
    titles = _TITLES.get(entry.pieces_default, ("f(z)", "f'(z)"))
    drawn = [
        sketch(title, numbers.tolist(), -REACH, REACH) for title, numbers in zip(titles, (value, slope), strict=True)
    ]
    return [f"{left}   {right}".rstrip() for left, right in zip(*drawn, strict=True)]


_TITLES = {2: ("f at z1 = 1 and z2 = z", "its slope in z"), 0.5: ("the first unit of z", "its slope")}


def _section(entry: Activation, z: Tensor) -> Tensor:
    """Return a unit's output for each `z`; where it has two pre-activations, the first one is held at 1."""
    import torch

    if entry.pieces_default == 1:
        return entry.function(z)
    held = torch.ones(len(z), int(entry.pieces_default), dtype=z.dtype)[:, 1:]
    return entry.function(torch.cat([held, z.unsqueeze(-1)], -1))[:, 0]
