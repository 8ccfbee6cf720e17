"""Where the rows come from that layers are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from layerwise.pretraining._examples import Examples
from layerwise.pretraining._layers import Plan
from layerwise.pretraining._settings import LayerSettings

if TYPE_CHECKING:
    from torch import Tensor

    from layerwise.pretraining._layer_training import LayerTraining
    from layerwise.pretraining.rbm._batches import Batches


class Codes(Protocol):
    """What one layer reads.

    Attributes:
        some: Codes at hand, with their labels: all that the layer is trained on, or the first ones of a stream.
        judged: What errors are read on.
    """

    some: Examples
    judged: Examples

    def epoch(self, training: LayerTraining) -> Tensor:
        """Train through one epoch, the one after those that `training` has made; return its mean loss, [member]."""

    def for_machine(self, training: LayerTraining) -> Tensor | Batches:
        """Return what an RBM is trained on, which makes its own steps: all rows, [row, visible], or what reads them."""


class Supply(Protocol):
    """Rows of the network's input, and the codes that it makes of them.

    Attributes:
        some: Rows at hand, at least 4.
        n_rows: Rows of an epoch, the most of any layer.
    """

    some: Examples
    n_rows: int

    def settle(self, settings: Sequence[LayerSettings]) -> list[LayerSettings]:
        """Return the settings of all layers with what follows from the data: number of classes, and of epochs.

        Called once, before there are any codes.
        """

    def told(self) -> list[Tensor]:
        """Return what tells these rows from others, for a checkpoint."""

    def codes(self, plan: Plan, place: int, settings: LayerSettings) -> Codes:
        """Return what the network, as it is now, makes of the rows at the call `place`."""

    def close(self) -> None:
        """Leave everything as it was found."""
