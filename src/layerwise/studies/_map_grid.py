"""What a map of trainability is made of: a network for each depth and weight variance, and rows enough to train it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np

from layerwise._base import InvalidInput, child_seed, positive, positive_int
from layerwise.data import Data
from layerwise.models import Recipe

N = TypeVar("N", int, float)

MOST_TEST = 2000
"""Test rows of a large set: an accuracy then has a standard error of 1 % at most, and deep nets cost by the row."""

LEAST_PER_CLASS = 30
PARTS = 0.2  # the share of validation, and of test where no part is set apart: `Data.split`'s own


class Grid(NamedTuple):
    """The depths and the weight variances of a map, ascending."""

    depths: tuple[int, ...]
    weight_variances: tuple[float, ...]

    @classmethod
    def checked(cls, depths: Iterable[int], weight_variances: Iterable[float]) -> Grid:
        """Return the grid, if its axes hold different positive numbers."""
        return cls(
            _axis("depths", [positive_int("depths", depth) for depth in depths]),
            _axis("weight_variances", [positive("weight_variances", value) for value in weight_variances]),
        )

    def recipes(self, shared: Recipe) -> dict[tuple[int, float], Recipe]:
        """Return a recipe for each cell. The deepest come first: long jobs early keep all cores busy to the end."""
        return {
            (depth, variance): shared.replace(
                name=f"depth {depth}, weight variance {variance:g}", depth=depth, scale=math.sqrt(variance)
            )
            for depth in reversed(self.depths)
            for variance in self.weight_variances
        }


def _axis(name: str, values: Sequence[N]) -> tuple[N, ...]:
    if not values or len(set(values)) < len(values):
        raise InvalidInput(f"`{name}` must be different positive numbers, at least one", got=list(values))
    return tuple(sorted(values))


def enough(data: Data, n_train: int) -> Data:
    """Return `data` with rows drawn so that `n_train` are left to train on; all of it where there are fewer.

    A row is then seen once at most, so that the accuracy on training rows is no memory of them, as in one pass over a
    large set. Of an official test part at most 2,000 rows are kept.
    """
    share = 1 - PARTS if data.n_fixed_test else 1 - 2 * PARTS
    n_drawn = len(data.features) - data.n_fixed_test
    n_rest = min(n_drawn, math.ceil(max(n_train, LEAST_PER_CLASS * data.n_outputs) / share))
    n_test = min(data.n_fixed_test, MOST_TEST)
    draw = np.random.default_rng(child_seed(0, "map rows"))
    rest = np.sort(draw.permutation(n_drawn)[:n_rest])
    test = n_drawn + np.sort(draw.permutation(data.n_fixed_test)[:n_test])
    rows = np.concatenate([rest, test])
    return replace(data, features=data.features[rows], targets=data.targets[rows], n_fixed_test=n_test)
