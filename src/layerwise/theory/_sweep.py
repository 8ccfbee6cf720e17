"""The means of one activation over twenty-eight decades of q, computed once: where roots are looked for."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from layerwise.activations.quadrature import Array, Function, means

ROUNDING = 1e-13
"""Relative differences under this are rounding."""


@dataclass(frozen=True)
class Sweep:
    """`E f^2` and `E f'^2` at each `q`, eight to a decade."""

    q: Array
    square: Array
    slope_square: Array

    def excess(self, weight: float, bias: float) -> Array:
        """Return the relative growth `(weight E f^2 + bias) / q - 1`, with rounding set to 0."""
        growth = (weight * self.square + bias) / self.q - 1
        return np.where(np.abs(growth) < ROUNDING, 0.0, growth)


@functools.lru_cache(maxsize=16)
def sweep(function: Function) -> Sweep:
    """Return the sweep of `function`."""
    grid = np.logspace(-14, 14, 225)
    found = [means(function, q) for q in grid]
    return Sweep(grid, np.array([m.square for m in found]), np.array([m.slope_square for m in found]))


def brackets(values: Array, grid: Array) -> list[tuple[float, float]]:
    """Return the neighbours in `grid` between which `values` changes sign; zeros are passed over."""
    firm = np.flatnonzero(values)
    turns = np.flatnonzero(np.sign(values[firm[1:]]) != np.sign(values[firm[:-1]]))
    return [(float(grid[firm[i]]), float(grid[firm[i + 1]])) for i in turns]
