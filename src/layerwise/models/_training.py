"""How long, on what loss, and when to stop."""

from __future__ import annotations

from typing import Annotated

from layerwise._base import one_of, positive, positive_int
from layerwise.models._choices import Choices, PositiveInt, checked, optional

LOSSES = ("cross_entropy", "squared_error")

DEFAULT_UPDATES = 700
"""On digits every preset that learns at all is past nine tenths of its final accuracy by then."""


class Training(Choices):
    """The training loop's settings.

    Attributes:
        batch_size: rows of a step; a last, shorter batch of an epoch is left out, its rows come in another epoch.
        epochs: passes over the training part; None makes as many as give about 700 updates, at least one.
        loss: cross_entropy (labels), or squared_error: the mean over rows and outputs, as `torch.nn.MSELoss`, of the
            outputs against the targets, which for labels are one-hot.
        clip_norm: largest norm of a network's whole gradient; None does not clip.
        patience: evaluations of the validation part (one each epoch) without a better score after which a network
            stops and goes back to its best weights; None never stops early.

    Example:
        >>> str(Training(epochs=10))
        'batch 32, 10 epochs, cross_entropy'
    """

    batch_size: PositiveInt = 32
    epochs: Annotated[int | None, checked(optional(positive_int))] = None
    loss: Annotated[str, checked(lambda n, v: one_of(n, v, LOSSES))] = "cross_entropy"
    clip_norm: Annotated[float | None, checked(optional(positive))] = None
    patience: Annotated[int | None, checked(optional(positive_int))] = None

    def n_epochs(self, n_batches: int) -> int:
        """Return the epochs to train where one has `n_batches` batches.

        Example:
            >>> Training().n_epochs(33), Training().n_epochs(1500), Training(epochs=3).n_epochs(33)
            (21, 1, 3)
        """
        return self.epochs or max(1, round(DEFAULT_UPDATES / n_batches))

    def __str__(self) -> str:
        length = "about 700 updates" if self.epochs is None else f"{self.epochs} epochs"
        parts = [f"batch {self.batch_size}", length, self.loss]
        if self.clip_norm is not None:
            parts.append(f"clip {self.clip_norm:g}")
        if self.patience is not None:
            parts.append(f"patience {self.patience}")
        return ", ".join(parts)
