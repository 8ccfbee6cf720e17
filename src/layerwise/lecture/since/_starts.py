"""C6.3: initializations that look at the data, against those that follow from a formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from statistics import median
from typing import Any

import torch

from layerwise._base import child_seed
from layerwise.initializers import data_dependent_, lsuv_
from layerwise.lecture._arms import DIVERGED, arms_picture, arms_table, differences
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import errors
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.since._wins import wins
from layerwise.models import Recipe
from layerwise.population import Start, stack
from layerwise.records import Axis, Curve

FORMULAS = {"Xavier": "glorot_normal", "He": "he_normal"}
FROM_DATA: dict[str, Callable[..., Any]] = {"LSUV": lsuv_, "Krähenbühl": partial(data_dependent_, equalize=False)}
UNITS = {"ReLU": "relu", "tanh": "tanh", "sigmoid": "sigmoid"}
DEPTH, N_ROWS = 10, 256
RATES = {"sgd": (0.03, 0.1, 0.3)}


@claim(
    "C6.3",
    "Data-driven initialization",
    kind="experiment",
    statement="Since then, initializations look at the data: weights are scaled until every layer's output has "
    "variance 1.",
    prediction="Deep networks of any unit then train as well as from the formula that was made for that unit, and "
    "better than from one that was not.",
    decision_rule="Test errors after a short training each at its best learning rate, paired by seed, p < 0.05 by Holm "
    "over all comparisons of LSUV and of Krähenbühl's method with Xavier's and He's formulas, for three units. The "
    "claim holds if every comparison is won, it holds under a condition where some are, and does not if none is.",
    source="CS7015, lecture 9, last slides. Mishkin and Matas 2016, All you need is a good init; Krähenbühl, "
    "Doersch, Donahue and Darrell 2016, Data-dependent initializations of convolutional neural networks.",
)
def starts(ground: Ground) -> Outcome:
    """Train networks of ten layers from four initializations, with three units."""
    recipes = [_recipe(ground, start, unit) for unit in UNITS for start in (*FORMULAS, *FROM_DATA)]
    fitted = at_own_rates(ground, recipes, RATES, ground.n_seeds(), prepare=from_data)
    arms = {recipe.name: errors(fitted.runs, recipe.name) for recipe in recipes}
    pairs = [(_name(old, unit), _name(new, unit)) for unit in UNITS for old in FORMULAS for new in FROM_DATA]
    found = wins(differences(ground, arms, pairs))
    best, gain = found.largest
    return Outcome(
        verdict=found.verdict,
        condition=" ".join(f"With {unit}, {found.among(unit).told(_against)}" for unit in UNITS),
        finding=f"Of {len(found.found)} comparisons with a formula, initializations from data win {len(found.won)} and "
        f"lose {len(found.lost)}. With sigmoid units the median test error is "
        f"{median(arms[_name('LSUV', 'sigmoid')]):.1f}% from LSUV, which scales whole layers, and "
        f"{median(arms[_name('Krähenbühl', 'sigmoid')]):.1f}% from Krähenbühl's method, which scales and centers every "
        "unit by itself.",
        metric=f"test error, formula minus {best}, the largest gain, percentage points",
        value=gain.difference,
        low=gain.low,
        high=gain.high,
        n_seeds=gain.n,
        tables=(arms_table(f"Test error, {DEPTH} hidden layers", arms, "error, %", DIVERGED),),
        pictures=(
            arms_picture(
                "Test error of ten layers, by their first weights", arms, Axis(title="test error, percent", scale="log")
            ),
        ),
    )


@torch.no_grad()
def from_data(start: Start) -> Sequence[tuple[Curve, ...]]:
    """Initialize from its own training rows every network whose recipe is named after such a method."""
    inputs, networks = start.inputs(), start.stack.networks()
    for s, (recipe, seed) in enumerate(zip(start.recipes, start.seeds, strict=True)):
        method = FROM_DATA.get(recipe.name.partition(",")[0])
        if method is not None:
            generator = torch.Generator().manual_seed(child_seed(seed, recipe.name))
            method(networks[s], inputs[s % len(inputs)][:N_ROWS], generator=generator)
    for name, value in stack(networks).state_dict().items():
        start.stack.state_dict()[name].copy_(value)
    return [()] * len(start.seeds)


def _against(old: str, new: str) -> str:
    return f"{new.partition(',')[0]} against {old.partition(',')[0]}"


def _name(start: str, unit: str) -> str:
    return f"{start}, {unit}"


def _recipe(ground: Ground, start: str, unit: str) -> Recipe:
    width, epochs = (512, 30) if ground.full else (64, 12)
    return Recipe(name=_name(start, unit)).replace(
        depth=DEPTH, width=width, activation=UNITS[unit], initializer=FORMULAS.get(start, "orthogonal"), epochs=epochs
    )
