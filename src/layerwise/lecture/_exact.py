"""Exact claims: both sides computed, with their difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from layerwise.records import Table

ROUNDING = 1e-12
"""Two ways to one number in float64 agree to this, relative to the larger of the number and 1."""


class Sides(NamedTuple):
    """Two computations of one quantity: numbers or tensors of one shape, whose entries are about as large as `size`."""

    what: str
    left: Tensor | float
    right: Tensor | float
    size: float = 1.0

    @property
    def difference(self) -> float:
        """The largest difference of two entries, relative to the larger of `size` and the right entry's size."""
        left, right = (torch.as_tensor(side, dtype=torch.float64) for side in (self.left, self.right))
        return float(((left - right).abs() / right.abs().clamp(min=self.size)).max())


def sides_table(title: str, sides: Sequence[Sides], names: tuple[str, str], note: str = "") -> Table:
    """Return a table with both sides of each row, a norm where a side has many entries, and their difference.

    Example:
        >>> table = sides_table("Squares", [Sides("3 x 3", 9.0, 9.0)], ("by hand", "by machine"))
        >>> table.columns, table.rows
        (('quantity', 'by hand', 'by machine', 'difference'), (('3 x 3', '9', '9', '0'),))
    """
    if any(torch.as_tensor(one.left).numel() > 1 for one in sides):
        note = f"{note} Norm: of all entries together; difference: the largest of a single entry.".strip()
    rows = tuple((one.what, said(one.left), said(one.right), f"{one.difference:.2g}") for one in sides)
    return Table(title=title, columns=("quantity", *names, "difference"), rows=rows, note=note)


def largest(sides: Sequence[Sides]) -> float:
    """Return the largest difference of all."""
    return max(one.difference for one in sides)


def said(side: Tensor | float) -> str:
    """Return a number in ten digits; of a tensor with several entries, its norm."""
    value = torch.as_tensor(side, dtype=torch.float64)
    return f"{float(value):.10g}" if value.numel() == 1 else f"norm {float(value.norm()):.10g}"
