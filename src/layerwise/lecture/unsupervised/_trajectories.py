"""Where networks go in training: what they say about fixed rows, and their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from torch import Tensor

from layerwise.population import Snapshot, Stack, Start
from layerwise.pretraining import prepare
from layerwise.records import Curve

if TYPE_CHECKING:
    from numpy.typing import NDArray

Who: TypeAlias = tuple[str, int]
"""Arm and seed."""


class Trajectories:
    """Follows the networks of a `fit` through its `prepare` and `observe`.

    Args:
        rows: fixed inputs, [row, feature].
        whole: seeds whose parameters are kept too.

    Attributes:
        outputs: class probabilities of the rows at every reading, the first before any update, [time, row * class].
        parameters: the same of every parameter, [time, ...], by its place.
    """

    def __init__(self, rows: Tensor, whole: Sequence[int] = ()) -> None:
        self._rows, self._whole = rows, frozenset(whole)
        self._stacks: dict[tuple[tuple[str, ...], tuple[int, ...]], Stack] = {}
        self.outputs: dict[Who, list[Tensor]] = {}
        self.parameters: dict[Who, list[list[Tensor]]] = {}

    def prepare(self, start: Start) -> Sequence[tuple[Curve, ...]]:
        """Pre-train a chunk where its recipes say so, and follow it from there."""
        curves = prepare(start)
        arms = tuple(recipe.name for recipe in start.recipes)
        self._stacks[arms, start.seeds] = start.stack
        self._read(arms, start.seeds)
        return curves

    def observe(self, snapshot: Snapshot) -> None:
        """Read a chunk after an update."""
        self._read(snapshot.arms, snapshot.seeds)

    @property
    def n_rows(self) -> int:
        """Fixed rows."""
        return len(self._rows)

    @torch.no_grad()
    def _read(self, arms: tuple[str, ...], seeds: tuple[int, ...]) -> None:
        stack = self._stacks[arms, seeds]
        said = stack(self._rows.to(next(stack.parameters()).device)).softmax(-1).flatten(1).cpu()
        for s, who in enumerate(zip(arms, seeds, strict=True)):
            self.outputs.setdefault(who, []).append(said[s])
            if who[1] in self._whole:
                own = [parameter[s].detach().cpu().clone() for parameter in stack.parameters()]
                self.parameters.setdefault(who, []).append(own)

    def path(self, who: Who) -> NDArray[np.float64]:
        """Return what a network said at every reading, [time, row * class]."""
        return torch.stack(self.outputs[who]).double().numpy()


def same_arm_share(ends: NDArray[np.float64], arms: Sequence[str]) -> tuple[int, int]:
    """Return how many networks have a nearest other one of their own arm, and how many there are.

    Example:
        >>> same_arm_share(np.array([[0.0], [0.1], [5.0], [0.3]]), ["a", "a", "b", "b"])
        (3, 4)
    """
    distance = np.linalg.norm(ends[:, None] - ends[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    nearest = distance.argmin(1)
    return sum(arms[k] == arms[int(other)] for k, other in enumerate(nearest)), len(arms)
