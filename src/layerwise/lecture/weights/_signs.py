"""Linear networks so small that all their weights can be walked."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor


class Case(NamedTuple):
    """A linear network small enough that every pattern of signs of its weights can be walked."""

    n: int
    layers: int
    size: float

    def enumerated(self, x: Tensor) -> float:
        """Return E s_k^2 of one unit of the last layer over all weights of +-size, each as likely."""
        shapes = [(self.n, self.n)] * (self.layers - 1) + [(1, self.n)]
        counts = [rows * columns for rows, columns in shapes]
        signs = torch.tensor(list(product((-self.size, self.size), repeat=sum(counts))), dtype=torch.float64)
        h = x.expand(len(signs), self.n)
        for weights, shape in zip(signs.split(counts, 1), shapes, strict=True):
            h = torch.einsum("sij,sj->si", weights.view(-1, *shape), h)
        return float(h.square().mean())

    def formula(self, x: Tensor) -> float:
        """Return [n Var(w)]^k times the mean square of the input, which for inputs of mean 0 is Var(x)."""
        return (self.n * self.size**2) ** self.layers * float(x.square().mean())
