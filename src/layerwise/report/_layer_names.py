"""The names of layers: in the order of the network, and short enough for an axis."""

from __future__ import annotations

from collections.abc import Iterable

ENDS = {"input": "in", "output": "out"}


def in_order(layers: Iterable[str]) -> list[str]:
    """Return each layer once: `input`, the hidden ones by number, others as they come, `output`.

    Example:
        >>> in_order(["output", "hidden10", "hidden2", "input", "hidden2"])
        ['input', 'hidden2', 'hidden10', 'output']
    """
    return sorted(dict.fromkeys(layers), key=_place)


def short(layer: str) -> str:
    """Return "3" for `hidden3`, "in" and "out" for the ends, others as they are."""
    number = layer.removeprefix("hidden")
    return number if number.isdecimal() else ENDS.get(layer, layer)


def _place(layer: str) -> tuple[int, int]:
    number = layer.removeprefix("hidden")
    if number.isdecimal():
        return 1, int(number)
    return {"input": (0, 0), "output": (3, 0)}.get(layer, (2, 0))
