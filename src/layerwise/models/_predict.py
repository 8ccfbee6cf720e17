"""What theory expects of a recipe's network, or of anybody's, beside what one run of it shows."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from layerwise._base import InvalidInput, child_seed, positive_int
from layerwise.data import load
from layerwise.models._build import build
from layerwise.models._presets import preset
from layerwise.models._recipe import Recipe
from layerwise.theory import Forecast, forecast

ROWS = 256
"""Rows of the batch that is run: enough for means over them to be steady to a few per cent."""


def predict(what: Recipe | str | nn.Module, data: Any, *, seed: int = 0, rows: int = ROWS) -> Forecast:
    """Return, for each layer, the signal and the gradient that theory predicts and that one run shows.

    Args:
        what: A recipe, the name of a preset, or a module.
        data: For a recipe, whatever `layerwise.data.load` takes; for a module, a batch: a tensor, a tuple of positional
            inputs, or a mapping of keywords.
        seed: Of a recipe's split and initial draw, and of the random gradient at the output.
        rows: So many rows of the training part make the batch of a recipe.

    Raises:
        InvalidInput: If `what` is none of these, or a value breaks a rule.

    Example:
        >>> made = predict("sigmoid_1986", "digits")
        >>> first = made.layers[0]
        >>> len(made.layers), first.measured_gradient_rms < 1e-10, first.predicted_gradient_rms < 1e-10
        (9, True, True)

    References:
        Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation.
    """
    if isinstance(what, nn.Module):
        return forecast(what, data, seed=seed)
    recipe = preset(what) if isinstance(what, str) else what
    if not isinstance(recipe, Recipe):
        raise InvalidInput(
            "A prediction must be for a recipe, the name of a preset, or a module", got=type(what).__name__
        )
    ground = load(data)
    split = ground.split(seed)
    chosen = split.train[: positive_int("rows", rows)]
    x = torch.as_tensor(split.scaled(ground, chosen), dtype=torch.get_default_dtype())
    generator = torch.Generator().manual_seed(child_seed(seed, "weights"))
    return forecast(build(recipe, ground.inputs, ground.n_outputs, generator), x, seed=seed)
