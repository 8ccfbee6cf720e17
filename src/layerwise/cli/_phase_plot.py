"""The phase diagram as text."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerwise.theory import PhaseDiagram

_COLUMNS, _ROWS = 69, 16
_MARKS = {"ordered": ".", "critical": "*", "chaotic": ":"}
_LEGEND = "  . ordered  : chaotic  ^ q grows without end  * critical line  X this network"


def phase_plot(
    activation: str, weight_variance: float, bias_variance: float, *, highest: float, q0: float = 1.0
) -> str:
    """Return lines of at most 80 characters: weight variance upwards, bias variance to the right, X the network."""
    from layerwise.theory import phase_diagram

    right, step = 2 * bias_variance or 0.1, _round_step(1.5 * highest / _ROWS)
    biases = [right * j / (_COLUMNS - 1) for j in range(_COLUMNS)]
    weights = [step * (i + 1) for i in range(_ROWS)]
    diagram = phase_diagram(activation, weights, biases, q0=q0)
    picture = [[_mark(diagram, i, j) for j in range(_COLUMNS)] for i in range(_ROWS)]
    for j, line in enumerate(diagram.line):
        for weight in line:
            _put(picture, round(weight / step) - 1, j, "*")
    _put(picture, max(0, round(weight_variance / step) - 1), round(bias_variance / right * (_COLUMNS - 1)), "X")
    return "\n".join(_framed(picture, weights, right))


def _round_step(least: float) -> float:
    """Return the next of 1, 2, 5 times a power of 10."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(digit * power for digit in (1, 2, 5, 10) if digit * power >= least)


def _mark(diagram: PhaseDiagram, i: int, j: int) -> str:
    return "^" if diagram.unbounded[i][j] else _MARKS[diagram.phases[i][j]]


def _put(picture: list[list[str]], row: int, column: int, mark: str) -> None:
    if 0 <= row < len(picture):
        picture[row][column] = mark


def _framed(picture: list[list[str]], weights: list[float], right: float) -> list[str]:
    rows = [
        f"{weights[i]:8.3g} |{''.join(row)}" if i % 5 == 4 else f"{'':8} |{''.join(row)}"
        for i, row in enumerate(picture)
    ]
    middle = f"{right / 2:.3g}"
    axis = f"0{middle:^{_COLUMNS - 1 - len(f'{right:.3g}')}}{right:.3g}"
    return [
        "  weight variance",
        *reversed(rows),
        f"{'':8} +{'-' * _COLUMNS}",
        f"{'':10}{axis}",
        f"{'bias variance':^89}".rstrip(),
        _LEGEND,
    ]
