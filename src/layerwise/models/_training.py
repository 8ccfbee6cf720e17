"""How long, on what loss, and when to stop."""

from __future__ import annotations

from typing import Annotated

from layerwise._base import one_of, positive, positive_int
from layerwise.models._choices import Choices, NonNegative, PositiveInt, checked, optional

LOSSES: dict[str, tuple[str, ...]] = {
    "cross_entropy": ("classification",),
    "squared_error": ("classification", "regression"),
    "huber": ("regression",),
    "binary_cross_entropy": ("multilabel",),
}
"""The losses, each with the tasks of data that it is for; a task's usual one comes first."""


def usual_loss(task: str) -> str:
    """Return the loss of a task where none was chosen.

    Example:
        >>> [usual_loss(task) for task in ("classification", "regression", "multilabel")]
        ['cross_entropy', 'squared_error', 'binary_cross_entropy']
    """
    return next(loss for loss, tasks in LOSSES.items() if task in tasks)


DEFAULT_UPDATES = 700
"""On digits every preset that learns at all is past nine tenths of its final accuracy by then."""


class Training(Choices):
    """The training loop's settings.

    Attributes:
        batch_size: rows of a step; a last, shorter batch of an epoch is left out, its rows come in another epoch.
        epochs: passes over the training part; None makes as many as give about 700 updates, at least one.
        loss: cross_entropy (classes); squared_error: the mean over rows and outputs, as `torch.nn.MSELoss`, of the
            outputs against the targets, which for classes are one-hot; huber, the same but straight beyond one standard
            deviation of the targets; binary_cross_entropy (labels of which a row may have several).
        clip_norm: largest norm of a network's whole gradient; None does not clip.
        patience: evaluations of the validation part (one each epoch) without a better score after which a network
            stops and goes back to its best weights; None never stops early.
        input_noise: standard deviation of normal noise on the inputs of training batches, scaled as they are; it is not
            added where a network is scored, nor in pre-training.

    Example:
        >>> str(Training(epochs=10))
        'batch 32, 10 epochs, cross_entropy'
    """

    batch_size: PositiveInt = 32
    epochs: Annotated[int | None, checked(optional(positive_int))] = None
    loss: Annotated[str, checked(lambda n, v: one_of(n, v, tuple(LOSSES)))] = "cross_entropy"
    clip_norm: Annotated[float | None, checked(optional(positive))] = None
    patience: Annotated[int | None, checked(optional(positive_int))] = None
    input_noise: NonNegative = 0.0

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
        if self.input_noise:
            parts.append(f"input noise {self.input_noise:g}")
        return ", ".join(parts)
