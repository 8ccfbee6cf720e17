"""A curve drawn with the dots of Braille signs, two across and four down in each."""

from __future__ import annotations

from collections.abc import Sequence

COLUMNS, ROWS = 30, 10
WIDTH, HEIGHT = 2 * COLUMNS, 4 * ROWS
"""Dots across and down: `sketch` wants one value for each dot across."""

_BLANK = 0x2800
_BITS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_LABEL = 7
_AXIS_STEP = 3  # the lines through 0 are dotted, so that a curve beside them is seen


def sketch(title: str, values: Sequence[float], low: float, high: float) -> list[str]:
    """Return the lines of a drawing of `WIDTH` values between `low` and `high`; 0 is always in sight.

    Each line has 38 signs: the label of the axis, the axis, and 30 Braille signs.

    Example:
        >>> for line in sketch("f(z)", [abs(i - 29.5) for i in range(WIDTH)], -1, 1)[1:4]: print(line)
           29.5┤⠳⡄⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡁⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⢠⠞
               │⠀⠙⢦⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠄⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⡴⠋⠀
               │⠀⠀⠈⠳⡄⠀⠀⠀⠀⠀⠀⠀⠀⠀⠀⠂⠀⠀⠀⠀⠀⠀⠀⠀⠀⢠⠞⠁⠀⠀
    """
    bottom, top = min(0.0, *values), max(0.0, *values)
    top = top if top > bottom else bottom + 1
    heights = [round((value - bottom) / (top - bottom) * (HEIGHT - 1)) for value in values]
    zero = round(-bottom / (top - bottom) * (HEIGHT - 1))
    middle = round(-low / (high - low) * (WIDTH - 1))
    dots = _curve(heights)
    dots |= {(x, zero) for x in range(0, WIDTH, _AXIS_STEP)} | {(middle, y) for y in range(0, HEIGHT, _AXIS_STEP)}
    labels = {ROWS - 1 - zero // 4: 0.0, 0: top} | ({ROWS - 1: bottom} if bottom else {})
    lines = [_line(labels.get(row), dots, row) for row in range(ROWS)]
    return [f"{title:^{COLUMNS}}".rjust(_LABEL + 1 + COLUMNS), *lines, _scale(low, high, middle)]


def _curve(heights: list[int]) -> set[tuple[int, int]]:
    """Return the dots of the curve, a steep piece filled from the middle between neighbors on."""
    dots = set()
    for x, height in enumerate(heights):
        near = [height, *((height + heights[i]) // 2 for i in (x - 1, x + 1) if 0 <= i < len(heights))]
        dots |= {(x, y) for y in range(min(near), max(near) + 1)}
    return dots


def _line(label: float | None, dots: set[tuple[int, int]], row: int) -> str:
    signs = (_sign(dots, column, row) for column in range(COLUMNS))
    text, axis = ("", "│") if label is None else (f"{label:.3g}", "┤")
    return f"{text:>{_LABEL}}{axis}{''.join(signs)}"


def _sign(dots: set[tuple[int, int]], column: int, row: int) -> str:
    bits = (_BITS[i][j] for i in (0, 1) for j in range(4) if (2 * column + i, HEIGHT - 1 - 4 * row - j) in dots)
    return chr(_BLANK + sum(bits))


def _scale(low: float, high: float, middle: int) -> str:
    line = list(" " * (_LABEL + 1 + COLUMNS))
    ends = {_LABEL + 1: f"{low:g}", _LABEL + 1 + middle // 2: "0", len(line) - len(f"{high:g}"): f"{high:g}"}
    for start, text in ends.items():
        line[start : start + len(text)] = text
    return "".join(line)
