"""What may happen to the networks of a chunk between their initial draw and their first step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from layerwise.population._stack import Stack
from layerwise.records import Curve

if TYPE_CHECKING:
    from torch import Tensor

    from layerwise.models import Recipe


class Start(NamedTuple):
    """A chunk before its first step: what `fit(prepare=...)` is called with.

    Attributes:
        stack: the networks, to be changed in place.
        recipes, seeds: of the members; the recipes share a structure.
        inputs: returns the members' training inputs, scaled, [seed, row, feature]; [1, row, feature] where all members
            see the same. They are made when it is called.
        targets: returns what the members are to learn about these rows: classes, int64 [seed, row], or values that the
            recipe's loss compares with, [seed, row, output]; [1, ...] where all members see the same.
        tick: to be called with the number of updates that each member has made since the last call; raises where the
            work is to stop.
    """

    stack: Stack
    recipes: tuple[Recipe, ...]
    seeds: tuple[int, ...]
    inputs: Callable[[], Tensor]
    targets: Callable[[], Tensor]
    tick: Callable[[int], None]


Prepare: TypeAlias = Callable[[Start], Sequence[tuple[Curve, ...]]]
"""Changes the networks in place and returns curves for the run of each member. What a member becomes must depend on its
own recipe and seed alone; one whose preparation failed gets weights that are not finite, so that its run has diverged.
"""
