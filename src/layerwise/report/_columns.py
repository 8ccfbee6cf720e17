"""Columns for a terminal of 80, with or without color."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerwise.report._printable import printable

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

WIDTH = 80
GAP = 2


def column_widths(rows: Sequence[Sequence[str]], n_names: int = 1) -> list[int]:
    """Return a width for each column; the names share what the numbers leave, and fold if it is too little."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    room = WIDTH - sum(widths[n_names:]) - GAP * (len(widths) - 1)
    names = widths[:n_names]
    longest = max(cap for cap in range(8, WIDTH) if cap == 8 or sum(min(cap, name) for name in names) <= room)
    return [min(longest, name) for name in names] + widths[n_names:]


def total_width(widths: Sequence[int]) -> int:
    """Return the width of a table with such columns."""
    return sum(widths) + GAP * (len(widths) - 1)


def lines(rows: Sequence[Sequence[str]], widths: Sequence[int], n_names: int = 1, style: str = "") -> Table:
    """Return rows for rich: the first `n_names` columns to the left, the others to the right."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, GAP, 0, 0), pad_edge=False)
    for place, width in enumerate(widths):
        table.add_column(width=width, justify="left" if place < n_names else "right", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell), style=style) for cell in row))
    return table


def text(line: str, style: str = "") -> RenderableType:
    """Return a line for rich, in which nothing is taken for markup."""
    from rich.text import Text

    return Text(printable(line), style=style)


def indented(line: str, style: str) -> RenderableType:
    """Return a line for rich, folded and set in by four columns."""
    from rich.constrain import Constrain
    from rich.padding import Padding

    return Constrain(Padding(text(line, style), (0, 0, 0, 4)), WIDTH)


def plainly(*parts: RenderableType) -> str:
    """Return what rich makes of `parts`, without color, at 80 columns."""
    import io

    from rich.console import Console

    console = Console(width=WIDTH, file=io.StringIO(), color_system=None, force_terminal=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
