"""The regressor."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from layerwise.sklearn._labelled import Labelled
from layerwise.sklearn._rows import FIT_CHECKS, mapped


class LayerwiseRegressor(RegressorMixin, Labelled):  # type: ignore[misc] # scikit-learn comes without types
    """A deep network for one or several targets, pre-trained layer by layer on all rows, fine-tuned on those with them.

    Targets are brought to mean 0 and variance 1 for the training, so the learning rate does not depend on their unit;
    inputs are taken as they are. It is trained in float32
    and predicts in float64.

    Args:
        hidden_layer_sizes, activation, initializer, objective, corruption_level, pretraining_epochs,
            pretraining_learning_rate, pretraining_options, epochs, learning_rate, batch_size, validation_fraction,
            patience, random_state, verbose: As in `LayerwiseClassifier`.
        unlabeled: The target of rows without one, such as `float("nan")`: they are used for pre-training alone. None:
            all rows have a target.

    Attributes:
        network_: The network, an `nn.Sequential` that gives the standardized targets, [row, target].
        target_mean_, target_scale_: Mean and standard deviation of the targets, [target], or numbers for a single one.
        reconstruction_errors_: For each hidden layer, its error before the first epoch and after each.
        loss_curve_: Mean squared error of the standardized targets in each epoch of fine-tuning.
        validation_scores_: Minus that error, on the validation part after each epoch.
        n_features_in_, feature_names_in_: Of the rows that it was fitted on.

    Example:
        >>> import numpy as np
        >>> X = np.random.default_rng(0).normal(size=(200, 3))
        >>> y = 1000 * X[:, 0]
        >>> model = LayerwiseRegressor((32,), random_state=0).fit(X, y)
        >>> bool(model.score(X, y) > 0.9)
        True

    References:
        Bengio, Lamblin, Popovici, Larochelle 2007, Greedy layer-wise training of deep networks.
    """

    target_mean_: Any
    target_scale_: Any

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's name
        """Pre-train on `X`, fine-tune on the rows whose target in `y` is not `unlabeled`, and return itself."""
        if y is None or self.unlabeled is None:
            rows, y = validate_data(self, X, y, multi_output=True, y_numeric=True, **FIT_CHECKS)
            labelled = self._has_label(y)
        else:
            labelled = self._has_label(y)
            filled = self._filled(y, labelled)
            rows, y = validate_data(self, X, filled, multi_output=True, y_numeric=True, **FIT_CHECKS)
        known = y[labelled]
        self.target_mean_, spread = known.mean(axis=0), known.std(axis=0)
        self.target_scale_ = np.where(spread > 0, spread, 1.0)
        self._train(rows, labelled, ((known - self.target_mean_) / self.target_scale_).astype(np.float32))
        self.network_.double()  # so that a prediction hardly depends on which rows are predicted with it
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return the targets of each row: [row], or [row, target] if they were given so."""
        check_is_fitted(self)
        found = mapped(self, X, lambda rows: self.network_(rows.double()))
        found = found if np.ndim(self.target_mean_) else found[:, 0]
        return found * self.target_scale_ + self.target_mean_

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Return R² over the rows of `X` that have a target."""
        found: float = super().score(X, *self._graded(y, sample_weight))
        return found

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
