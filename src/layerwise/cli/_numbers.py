"""Numbers on the command line, with commas between."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

N = TypeVar("N", int, float)


def numbers(name: str, text: str, kind: Callable[[str], N]) -> list[N]:
    """Return the numbers that `text` lists: of "256,128" 256 and 128.

    Raises:
        InvalidInput: a part is no such number.

    Example:
        >>> numbers("width", "256,128", int)
        [256, 128]
    """
    from layerwise._base import InvalidInput

    try:
        return [kind(part) for part in text.split(",")]
    except ValueError:
        what = "an int, or ints" if kind is int else "a number, or numbers"
        raise InvalidInput(f"`{name}` must be {what} with commas between", got=text) from None
