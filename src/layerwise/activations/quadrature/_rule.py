"""Rules of quadrature on panels, and the density they are weighed with."""

from __future__ import annotations

import math
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]

N_NODES = 16
GAUSS = np.polynomial.legendre.leggauss(N_NODES)
_NUDGE = 1e-13


@cache
def lobatto() -> tuple[Array, Array]:
    """Return nodes and weights of Gauss-Lobatto quadrature on (-1, 1); the ends are a hair inside.

    It has nodes at both ends of a panel, for looking for kinks. Gauss's own has none within 0.5 % of them, and what is
    there goes unseen; but it is one digit better. On the ends themselves a slope would be that of one side, which may
    be the neighbor's.
    """
    from scipy.special import eval_legendre, roots_jacobi

    nodes = np.concatenate([[-1.0], roots_jacobi(N_NODES - 2, 1, 1)[0], [1.0]])
    weights = 2 / (N_NODES * (N_NODES - 1) * eval_legendre(N_NODES - 1, nodes) ** 2)
    nodes[[0, -1]] *= 1 - _NUDGE
    return nodes, weights


def on_panels(edges: Array, nodes: Array, weights: Array) -> tuple[Array, Array]:
    """Return nodes and weights of the rule on every panel between neighbors on the last axis of `edges`."""
    half = np.diff(edges) / 2
    middle = edges[..., :-1] + half
    shape = (*edges.shape[:-1], -1)
    place = (middle[..., None] + half[..., None] * nodes).reshape(shape)
    return place, (half[..., None] * weights).reshape(shape)


def density(z: Array) -> Array:
    """Return the density of the unit Gaussian."""
    result: Array = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return result
