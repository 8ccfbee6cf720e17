"""What each layer is trained for, as it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor

from layerwise._base import InvalidInput, Registry
from layerwise.pretraining._layers import Layer
from layerwise.pretraining._objectives import OBJECTIVES, RBM_OBJECTIVE, Objective

NAMED: Registry[Objective] = Registry("objective", {**dict(OBJECTIVES.items()), RBM_OBJECTIVE.name: RBM_OBJECTIVE})
"""What can be asked for by name."""

ObjectiveLike = str | Objective | Callable[..., Tensor]


def asked_for(given: Any) -> list[Objective]:
    """Return the objectives that were given by name, as they are, or as functions: one for all layers, or one each."""
    several = given if isinstance(given, list | tuple) else [given]
    return [_objective(one) for one in several]


def _objective(given: Any) -> Objective:
    if isinstance(given, str):
        return NAMED[given]
    if isinstance(given, Objective):
        return given
    if not callable(given):
        raise InvalidInput("`objective` must be a name, an Objective or a function", got=given)
    name = getattr(given, "__name__", type(given).__name__)
    return Objective(name=name, loss=given, summary="", citation="")


def for_each(objectives: list[Objective], n_layers: int) -> list[Objective]:
    """Return one objective for each layer."""
    if len(objectives) == 1:
        return objectives * n_layers
    if len(objectives) != n_layers:
        raise InvalidInput(
            f"`objective` must be one, or {n_layers}: one for each layer that is pre-trained",
            got=[one.name for one in objectives],
        )
    return objectives


def chosen(layers: Sequence[Layer], otherwise: str) -> list[Layer]:
    """Return the layers to pre-train: those that can be, `otherwise="stop"` those below the first that can't."""
    stop = next((k for k, one in enumerate(layers) if one.reason), len(layers)) if otherwise == "stop" else len(layers)
    found = [layer for layer in layers[:stop] if not layer.reason]
    if not found:
        reasons = "; ".join(f"{layer.name}: {layer.reason}" for layer in layers[: stop + 1])
        raise InvalidInput("`model` must have a layer that can be pre-trained", cure=f"Left alone: {reasons}.")
    return found
