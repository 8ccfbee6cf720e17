"""The arms of a study: presets, presets with changes, whole recipes, and grids over any of their choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

from layerwise._base import InvalidInput
from layerwise.models import Recipe, preset


def as_recipes(arms: Any) -> tuple[Recipe, ...]:
    """Return what `arms` lists as recipes: names of presets, choices by their flat names, whole recipes.

    Raises:
        InvalidInput: an arm is none of these, or breaks a rule; its `place` says which.

    Example:
        >>> [recipe.name for recipe in as_recipes(["relu_he_2015", {"preset": "tanh_large", "depth": 3}])]
        ['relu_he_2015', 'tanh_large']
    """
    if isinstance(arms, str | Mapping | Recipe):
        arms = [arms]
    if not isinstance(arms, Sequence):
        raise InvalidInput("`arms` must be a list", got=arms)
    found = []
    for place, arm in enumerate(arms):
        try:
            found.append(_as_recipe(arm))
        except InvalidInput as error:
            error.place = (place, *error.place)
            raise
    return tuple(found)


def _as_recipe(arm: Any) -> Recipe:
    if isinstance(arm, Recipe):
        return arm
    if isinstance(arm, str):
        return preset(arm)
    if not isinstance(arm, Mapping) or not all(isinstance(key, str) for key in arm):
        raise InvalidInput("An arm must be the name of a preset, a recipe, or its choices by name", got=arm)
    if "architecture" in arm:
        return Recipe.model_validate(dict(arm))
    choices = dict(arm)
    start = preset(choices.pop("preset")) if "preset" in choices else Recipe()
    return start.replace(**choices)


def cross(arms: Sequence[Recipe], grid: Mapping[str, Sequence[Any]]) -> tuple[Recipe, ...]:
    """Return every arm at every point of the grid, named for what varies: `relu_he_2015 depth=5`.

    Example:
        >>> [recipe.name for recipe in cross([Recipe(name="a")], {"depth": [2, 5], "width": [8]})]
        ['a depth=2', 'a depth=5']
    """
    varied = [name for name, values in grid.items() if len(values) > 1]
    points = [dict(zip(grid, point, strict=True)) for point in product(*grid.values())]
    return tuple(arm.replace(name=_name(arm, point, varied), **point) for arm in arms for point in points)


def _name(arm: Recipe, point: Mapping[str, Any], varied: Sequence[str]) -> str:
    return " ".join([arm.name, *(f"{name}={_short(point[name])}" for name in varied)]).strip()


def _short(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
