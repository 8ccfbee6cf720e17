"""One hidden layer of many networks, as it is handed to whatever trains it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from layerwise.population import LayerPlan, Stack
from layerwise.pretraining._settings import LayerSettings

if TYPE_CHECKING:
    import torch
    from torch import Tensor


class Job(NamedTuple):
    """What the training of one layer needs.

    Attributes:
        stack: The networks, to be changed in place.
        layer: One of their hidden layers.
        codes: What it reads, [seed, row, unit], or [1, row, unit] for all.
        targets: Labels of the rows, as in `Examples`; None where the objective reads none.
        settings: How it is trained.
        sources: Where order and noise come from, one for each member.
        tick: To be called after each epoch.
    """

    stack: Stack
    layer: LayerPlan
    codes: Tensor
    targets: Tensor | None
    settings: LayerSettings
    sources: Sequence[torch.Generator]
    tick: Callable[[], None]
