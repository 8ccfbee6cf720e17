"""The recipes of this module: sigmoid networks with and without pre-training, and what is usual today."""

from __future__ import annotations

from collections.abc import Sequence

from layerwise.lecture._ground import Ground
from layerwise.lecture._search import gentle
from layerwise.models import Recipe
from layerwise.report import listed

WITH, WITHOUT = "with pre-training", "without pre-training"
RATES = {"sgd": (0.3, 1.0, 3.0), "adam": (3e-4, 1e-3, 3e-3)}
"""Sigmoid networks on digits are best at one of those of sgd: 0.1 is too slow for the epochs they get."""


def sigmoid_recipe(ground: Ground, depth: int, *, pretrained: bool, name: str = "") -> Recipe:
    """Return a network as Erhan et al. 2010 trained it: sigmoid units, uniform weights, plain gradient descent.

    Pre-training is a stack of denoising autoencoders. Sizes are theirs where the ground is `full`.
    """
    width, epochs, before = (800, 50, 50) if ground.full else (64, 30, 10)
    recipe = Recipe(name=name or arm_name(depth, pretrained=pretrained)).replace(
        depth=depth, width=width, activation="sigmoid", initializer="torch_default", method="sgd",
        learning_rate=gentle(1.0, ground.data), epochs=epochs, pretraining_epochs=before, pretraining_rate=0.3,
    )  # fmt: skip
    return recipe.replace(pretraining="denoising") if pretrained else recipe


def modern(recipe: Recipe, name: str) -> Recipe:
    """Return the same network with ReLU, He's initialization and Adam."""
    return recipe.replace(name=name, activation="relu", initializer="he_normal", method="adam", learning_rate=1e-3)


def arm_name(depth: int, *, pretrained: bool) -> str:
    """Return what the arm of this depth is called."""
    return f"{WITH if pretrained else WITHOUT}, depth {depth}"


def at_depths(depths: Sequence[int]) -> str:
    """Return where something is so, in words.

    Example:
        >>> at_depths([2, 3, 5]), at_depths([4]), at_depths([])
        ('at depths 2, 3 and 5', 'at depth 4', 'nowhere')
    """
    return f"at depth{'s' * (len(depths) > 1)} {listed([str(one) for one in depths])}" if depths else "nowhere"
