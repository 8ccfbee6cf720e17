"""Who shares a batch with whom. The layout follows from the recipes and a chunk size, never from cores or free memory,
so that a run's bits do not depend on the machine's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from layerwise._base import positive_int

if TYPE_CHECKING:
    from layerwise.models import Inputs, Recipe

# Microseconds a network-step on one core, with 2, 4, 8 and 16 members: 64-64x3-10 155, 94, 66, 52 (and 50 with 32);
# 784-100x3-10 504, 460, 460, 496; 64-64x100-10 3843, 2773, 2362, 2023. So small networks gain from company up to 16,
# and deep ones as much as others: what matters is what a layer of all of them takes, since a step goes layer by layer.
MAX_MEMBERS = 16
LAYER_SET = 2 * 2**20
# On CUDA a chunk fills the device instead; its limit is memory, and this keeps the largest chunk well below any card's.
MAX_MEMBERS_CUDA = 512
WORKING_SET_CUDA = 8 * 2**30

_STATES = {"sgd": 0, "momentum": 1, "nesterov": 1, "rmsprop": 1, "adam": 2, "adamw": 2, "muon": 1}


class Member(NamedTuple):
    """One network of a population: its recipe and the root of all that is random in it."""

    recipe: Recipe
    seed: int


def n_parameters(recipe: Recipe, inputs: Inputs, n_outputs: int) -> int:
    """Return the number of weights and biases (normalizers' own are left out: they are few)."""
    layers = recipe.architecture.layers(inputs, n_outputs)
    return sum((layer.fan_in + 1) * layer.preactivations for layer in layers)


def member_bytes(recipe: Recipe, inputs: Inputs, n_outputs: int, item: int = 4) -> int:
    """Return the bytes that training one member takes: parameters, the optimizer's state, and a batch of activations.

    Example:
        >>> from layerwise.models import Recipe
        >>> member_bytes(Recipe().replace(depth=3, width=64), 64, 10)
        137000
    """
    shape = recipe.architecture
    states = 1 + _STATES[recipe.optimizer.method] + (recipe.training.clip_norm is not None)
    per_unit = 1 + 2 * (shape.normalizer != "none") + bool(shape.dropout)
    *hidden, _ = shape.layers(inputs, n_outputs)
    kept = sum(layer.places * (per_unit * layer.units + 2 * layer.preactivations) for layer in hidden)
    pooled = sum(2 * layer.places * layer.units // layer.pool**2 for layer in hidden if layer.pool > 1)
    n_inputs = hidden[0].reads * hidden[0].places
    activations = recipe.training.batch_size * (n_inputs + kept + pooled + 2 * n_outputs)
    return item * (states * n_parameters(recipe, inputs, n_outputs) + activations)


def chunk_size(recipe: Recipe, inputs: Inputs, n_outputs: int, device_type: str = "cpu") -> int:
    """Return how many members of this recipe's structure are trained as one batch.

    Example:
        >>> from layerwise.models import Recipe
        >>> chunk_size(Recipe().replace(depth=3, width=500), 784, 10)
        1
    """
    layers = recipe.architecture.layers(inputs, n_outputs)
    most, budget = MAX_MEMBERS, LAYER_SET * len(layers)
    if device_type == "cuda":
        most, budget = MAX_MEMBERS_CUDA, WORKING_SET_CUDA
    return max(1, min(most, budget // member_bytes(recipe, inputs, n_outputs)))


def chunks(
    members: Sequence[Member], inputs: Inputs, n_outputs: int, device_type: str, size: int | None = None
) -> list[list[int]]:
    """Return the places in `members` of each chunk: members of one structure together, in the order given.

    The chunks of all structures take turns, so that an early end leaves something of each.
    """
    groups: dict[Recipe, list[int]] = {}
    group_of: dict[int, list[int]] = {}  # by recipe: a structure is slow to find, and to hash
    for place, member in enumerate(members):
        if id(member.recipe) not in group_of:
            group_of[id(member.recipe)] = groups.setdefault(member.recipe.structure(), [])
        group_of[id(member.recipe)].append(place)
    cut: list[tuple[int, list[int]]] = []
    for structure, places in groups.items():
        most = chunk_size(structure, inputs, n_outputs, device_type) if size is None else size
        cut += enumerate(_even(places, positive_int("chunk_size", most)))
    return [chunk for _, chunk in sorted(cut, key=lambda part: part[0])]


def _even(places: list[int], most: int) -> list[list[int]]:
    """Cut into as few parts of at most `most` as there must be, whose sizes differ by one at the most."""
    n_parts = -(-len(places) // most)
    bounds = [len(places) * part // n_parts for part in range(n_parts + 1)]
    return [places[start:end] for start, end in pairwise(bounds)]
