"""The phase diagram: which phase at which variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from layerwise._base import non_negative, positive
from layerwise.activations.quadrature import Array
from layerwise.theory._critical import line_bias
from layerwise.theory._depth import Phase, phase_of
from layerwise.theory._resolve import ActivationLike, resolve
from layerwise.theory._sweep import Sweep, sweep


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseDiagram:
    """Phases over a grid of variances, and the critical line through it.

    Attributes:
        weight_variances, bias_variances: The axes.
        phases: `phases[i][j]` at weight variance i and bias variance j: `ordered`, `critical` or `chaotic`.
        unbounded: In the same places, whether q runs to infinity.
        line: The weight variances of the critical line at each bias variance: none, one or more.
    """

    weight_variances: tuple[float, ...]
    bias_variances: tuple[float, ...]
    phases: tuple[tuple[Phase, ...], ...]
    unbounded: tuple[tuple[bool, ...], ...]
    line: tuple[tuple[float, ...], ...]


def phase_diagram(
    activation: ActivationLike, weight_variances: Sequence[float], bias_variances: Sequence[float], *, q0: float = 1.0
) -> PhaseDiagram:
    """Return the phase for each pair of variances, for inputs with mean square `q0`, and the critical line.

    For drawing: q* is interpolated between eight values to a decade, which moves borders by well under a percent.

    Raises:
        InvalidInput: If a number is out of its range, or the activation is none that theory can take.

    Example:
        >>> diagram = phase_diagram("tanh", [1.0, 2.0], [0.0, 0.05])
        >>> diagram.phases[0], diagram.phases[1]
        (('critical', 'ordered'), ('chaotic', 'chaotic'))

    References:
        Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, Exponential expressivity in deep neural networks through
        transient chaos.
    """
    grid = sweep(resolve(activation))
    weights = tuple(positive("weight_variances", value) for value in weight_variances)
    biases = tuple(non_negative("bias_variances", value) for value in bias_variances)
    q0 = non_negative("q0", q0)
    cells = [[_cell(grid, weight, bias, q0) for bias in biases] for weight in weights]
    return PhaseDiagram(
        weight_variances=weights,
        bias_variances=biases,
        phases=tuple(tuple(phase_of(chi) for chi, _ in row) for row in cells),
        unbounded=tuple(tuple(unbounded for _, unbounded in row) for row in cells),
        line=_line(grid, biases),
    )


def _cell(grid: Sweep, weight: float, bias: float, q0: float) -> tuple[float, bool]:
    """Return chi_1 where q ends, and whether that is infinity."""
    excess = grid.excess(weight, bias)
    start = int(np.searchsorted(grid.q, weight * q0 + bias).clip(0, grid.q.size - 1))
    firm = np.flatnonzero(excess)
    if not firm.size:
        return weight * float(grid.slope_square[start]), False
    start = int(firm[np.argmin(np.abs(firm - start))])
    upwards = bool(excess[start] > 0)
    way = firm[firm >= start] if upwards else firm[firm <= start][::-1]
    turned = np.flatnonzero(np.sign(excess[way]) != np.sign(excess[start]))
    if not turned.size:
        return weight * float(grid.slope_square[-1 if upwards else 0]), upwards
    return weight * _between(grid, excess, int(way[turned[0]]), int(way[turned[0] - 1])), False


def _between(grid: Sweep, excess: Array, i: int, j: int) -> float:
    share = excess[i] / (excess[i] - excess[j])
    return float(grid.slope_square[i] + share * (grid.slope_square[j] - grid.slope_square[i]))


def _line(grid: Sweep, biases: tuple[float, ...]) -> tuple[tuple[float, ...], ...]:
    firm = grid.slope_square > 0
    along, weight = line_bias(grid)[firm], 1 / grid.slope_square[firm]
    return tuple(tuple(sorted(_crossings(along - bias, weight))) for bias in biases)


def _crossings(off: Array, weight: Array) -> set[float]:
    """Return `weight` where `off` passes through 0, straight between the points, to 6 digits."""
    found = [w for o, w in zip(off, weight, strict=True) if o == 0]
    turns = np.flatnonzero(off[1:] * off[:-1] < 0)
    found += [weight[i] + off[i] / (off[i] - off[i + 1]) * (weight[i + 1] - weight[i]) for i in turns]
    return {float(f"{w:.6g}") for w in found}
