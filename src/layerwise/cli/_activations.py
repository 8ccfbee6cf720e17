"""`layerwise activations [NAME]`: all activations, or one with its numbers and its curves."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from torch import Tensor

    from layerwise.activations import Activation

WIDTH = 80
REACH = 5.0  # the curves are drawn from -5 to 5
_HEADER = (
    ("", "", "zero-", "", "", "", "max"),
    ("name", "range", "centered", "flat", "dead side", "gain", "slope"),
)


def activations(
    name: Annotated[str | None, typer.Argument(help="An activation, such as gelu; all of them if left out.")] = None,
) -> None:
    """List the activations, or print the numbers and draw the curves of one."""
    from layerwise.activations import ACTIVATIONS

    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # names of authors have signs that a terminal may lack
    print("\n".join(_table() if name is None else _one(ACTIVATIONS[name])))


def _table() -> list[str]:
    from layerwise.activations import ACTIVATIONS
    from layerwise.activations._facts import row

    rows = [*_HEADER, *map(row, ACTIVATIONS.values())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
    lines.insert(len(_HEADER), "-" * (sum(widths) + 2 * (len(widths) - 1)))
    explained = (
        "flat: a smooth side where the slope stays under 5 % of its largest value; dead side: where it is exactly 0; "
        "gain: E[f(z)^2]^(-1/2) for a unit Gaussian z. `layerwise activations gelu` says more of one."
    )
    return [*lines, "", *textwrap.wrap(explained, WIDTH)]


def _one(entry: Activation) -> list[str]:
    from layerwise.activations._facts import facts

    found = facts(entry)
    indent = max(map(len, found)) + 2
    lines = [entry.name]
    for label, text in found.items():
        lines += textwrap.wrap(
            text,
            WIDTH,
            initial_indent=label.ljust(indent),
            subsequent_indent=" " * indent,
            break_on_hyphens=False,
        )
    return [*lines, "", *_drawing(entry)]


def _drawing(entry: Activation) -> list[str]:
    try:
        "┤⠿".encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return [f"(No curves: {sys.stdout.encoding} has no signs to draw them with.)"]
    import torch

    from layerwise.activations._sketch import WIDTH as DOTS
    from layerwise.activations._sketch import sketch

    z = torch.linspace(-REACH, REACH, DOTS, dtype=torch.float64)
    (slope,) = torch.autograd.grad(_section(entry)(z.requires_grad_()).sum(), z)
    value = _section(entry)(z.detach())
    pairs = zip(
        sketch("f(z)" if entry.pieces_default == 1 else "f at z1 = 1 and z2 = z", value.tolist(), -REACH, REACH),
        sketch("f'(z)" if entry.pieces_default == 1 else "its slope in z", slope.tolist(), -REACH, REACH),
        strict=True,
    )
    return [f"{left}   {right}".rstrip() for left, right in pairs]


def _section(entry: Activation) -> Callable[[Tensor], Tensor]:
    """Return `f` of one pre-activation; where a unit has two, the first one is held at 1."""
    import torch

    if entry.pieces_default == 1:
        return entry.function
    return lambda z: entry.function(torch.stack([torch.ones_like(z), z], -1)).squeeze(-1)
