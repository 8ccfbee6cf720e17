"""The drawing of a curve shows what is there."""

from __future__ import annotations

import pytest

from layerwise.activations.drawing import COLUMNS, HEIGHT, ROWS, WIDTH, sketch


def dots(lines):
    """Return where the dots are: columns from the left, heights from below."""
    bits = {0: (0, 3), 1: (0, 2), 2: (0, 1), 3: (1, 3), 4: (1, 2), 5: (1, 1), 6: (0, 0), 7: (1, 0)}
    found = set()
    for row, line in enumerate(lines[1:-1]):
        for column, sign in enumerate(line[8:]):
            marks = [bit for bit in range(8) if (ord(sign) - 0x2800) >> bit & 1]
            found |= {(2 * column + bits[bit][0], 4 * (ROWS - 1 - row) + bits[bit][1]) for bit in marks}
    return found


def test_a_drawing_goes_through_its_values():
    lines = sketch("f", [i / (WIDTH - 1) for i in range(WIDTH)], -1, 1)
    assert len(lines) == ROWS + 2
    assert {len(line) for line in lines} == {8 + COLUMNS}
    assert {(x, round(x / (WIDTH - 1) * (HEIGHT - 1))) for x in range(WIDTH)} <= dots(lines)
    assert (0, HEIGHT - 1) not in dots(lines)


def test_a_drawing_names_its_axes():
    lines = sketch("f", [-2.0] * (WIDTH // 2) + [6.0] * (WIDTH // 2), -5, 5)
    assert lines[0].strip() == "f"
    assert lines[1].startswith("      6┤")
    assert lines[ROWS].startswith("     -2┤")
    assert [line[6] for line in lines[2:ROWS] if line[7] == "┤"] == ["0"]
    assert lines[-1].split() == ["-5", "0", "5"]


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_a_constant_is_drawn(value):
    assert len(dots(sketch("f", [value] * WIDTH, -5, 5))) >= WIDTH
