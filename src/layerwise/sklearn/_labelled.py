"""What classifier and regressor have in common: rows without labels, and fine-tuning."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from layerwise._base import InvalidInput
from layerwise.sklearn._network import Network
from layerwise.sklearn._random_state import seed_from, source
from layerwise.sklearn._rows import dense


class Labelled(Network):
    """A network that is pre-trained on all rows and fine-tuned on those with labels."""

    network_: torch.nn.Sequential
    loss_curve_: list[float]
    validation_scores_: list[float]

    def __init__(
        self,
        hidden_layer_sizes: Any = (100, 100),
        *,
        activation: str = "relu",
        initializer: str = "he_normal",
        objective: Any = "denoising",
        corruption_level: Any = 0.25,
        pretraining_epochs: Any = 50,
        pretraining_learning_rate: Any = None,
        pretraining_options: dict[str, Any] | None = None,
        epochs: int = 100,
        learning_rate: float = 0.001,
        batch_size: int = 32,
        validation_fraction: float = 0.0,
        patience: int = 10,
        unlabeled: Any = None,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation=activation,
            initializer=initializer,
            objective=objective,
            corruption_level=corruption_level,
            pretraining_epochs=pretraining_epochs,
            pretraining_learning_rate=pretraining_learning_rate,
            pretraining_options=pretraining_options,
            batch_size=batch_size,
            random_state=random_state,
            verbose=verbose,
        )
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.unlabeled = unlabeled

    def _graded(self, y: Any, sample_weight: Any) -> tuple[Any, Any]:
        """Return labels and weights for a score: rows without a label have the weight 0."""
        labelled = self._has_label(y)
        if labelled.all():
            return y, sample_weight
        return self._filled(y, labelled), labelled * (1.0 if sample_weight is None else np.asarray(sample_weight))

    def _has_label(self, y: Any) -> Any:
        """Return which rows have a label, [row]; of several targets, a row lacks its label where all of them do."""
        values = np.asarray(y)
        if self.unlabeled is None:
            return np.ones(len(values), dtype=bool)
        missing = values != values if _is_nan(self.unlabeled) else values == self.unlabeled  # noqa: PLR0124
        labelled = ~np.asarray(missing).reshape(len(values), -1).all(axis=1)
        if not labelled.any():
            raise InvalidInput("`y` must have labels beside that of `unlabeled`", got=self.unlabeled)
        return labelled

    def _filled(self, y: Any, labelled: Any) -> Any:
        """Return `y` with any label at all where there is none, so that checks for numbers pass."""
        if labelled.all():
            return y
        values = np.array(y)
        values[~labelled] = values[labelled][0]
        return values

    def _train(self, rows: Any, labelled: Any, targets: Any) -> None:
        """Pre-train on all `rows`, then fine-tune on those `labelled`."""
        seed = seed_from(source(self.random_state))
        x = dense(rows)
        tuned = self._pretrained(x, seed).fine_tune(
            x[torch.from_numpy(labelled)],
            torch.from_numpy(targets),
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            validation=self.validation_fraction,
            patience=self.patience if self.validation_fraction else None,
            seed=seed,
        )
        self.network_ = tuned.model
        curves = {curve.name: list(curve.values) for curve in tuned.curves}
        self.loss_curve_ = curves.pop("train_loss")
        self.validation_scores_ = next(iter(curves.values()), [])


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and bool(np.isnan(value))
