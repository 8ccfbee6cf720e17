"""Integrals over panels that are halved until they agree with their halves."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

Array = np.ndarray[tuple[int], np.dtype[np.float64]]

N_NODES = 20
TOLERANCE = 1e-14
NUDGE = 1e-13
MAX_ROUNDS = 60  # a panel of length 1 is halved 52 times before its ends are neighboring floats


def integrate(integrands: Callable[[Tensor], Tensor], edges: Tensor) -> tuple[Tensor, Tensor]:
    """Return the integrals of several functions from the first edge to the last, and the error of each.

    Gauss-Lobatto quadrature in float64 on each panel between neighboring edges; a panel is halved as long as it
    differs from the sum of its halves by more than 1e-14 of the integral of |integrand|. So edges at kinks save time,
    and kinks that nobody names are closed in on. The error is the sum of those differences, and a floor for rounding.

    Lobatto's rule has nodes at both ends of a panel. Gauss's own has none within 0.3 % of them, and a kink that falls
    there at any of the halvings goes unseen.

    Args:
        integrands: [points] -> [functions, points], float64.
        edges: Ends of the panels in ascending order, float64.

    Returns:
        Integrals and errors, both [functions].
    """
    low, high = edges[:-1], edges[1:]
    coarse, size = _panels(integrands, low, high)
    allowed = TOLERANCE * size.sum(1, keepdim=True)
    total, error = torch.zeros_like(size[:, 0]), allowed[:, 0]
    for _ in range(MAX_ROUNDS):
        middle = (low + high) / 2
        (left, _), (right, _) = _panels(integrands, low, middle), _panels(integrands, middle, high)
        gap = (left + right - coarse).abs()
        more = (gap > allowed).any(0)
        total = total + (left + right)[:, ~more].sum(1)
        error = error + gap[:, ~more].sum(1)
        if not more.any():
            return total, error
        low, high = torch.cat([low[more], middle[more]]), torch.cat([middle[more], high[more]])
        coarse = torch.cat([left[:, more], right[:, more]], 1)
    return total + coarse.sum(1), error + gap[:, more].sum(1)


def _panels(integrands: Callable[[Tensor], Tensor], low: Tensor, high: Tensor) -> tuple[Tensor, Tensor]:
    """Return the integral of each function and of its absolute value over each panel, both [functions, panels]."""
    nodes, weights = map(torch.from_numpy, _rule())
    half = (high - low) / 2
    points = (low + half).unsqueeze(1) + half.unsqueeze(1) * nodes
    values = integrands(points.flatten()).view(-1, *points.shape)
    return (values @ weights) * half, (values.abs() @ weights) * half


@lru_cache(maxsize=1)
def _rule() -> tuple[Array, Array]:
    """Return nodes and weights of Gauss-Lobatto quadrature on (-1, 1); the ends are a hair inside.

    On the ends themselves a slope would be that of one side, which may be the neighbor's.
    """
    from scipy.special import eval_legendre, roots_jacobi

    nodes = np.concatenate([[-1.0], roots_jacobi(N_NODES - 2, 1, 1)[0], [1.0]])
    weights = 2 / (N_NODES * (N_NODES - 1) * eval_legendre(N_NODES - 1, nodes) ** 2)
    nodes[[0, -1]] *= 1 - NUDGE
    return nodes, weights
