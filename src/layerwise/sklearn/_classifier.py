"""The classifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from layerwise.sklearn._labelled import Labelled
from layerwise.sklearn._rows import FIT_CHECKS, mapped


class LayerwiseClassifier(ClassifierMixin, Labelled):  # type: ignore[misc] # scikit-learn comes without types
    """A deep network that is pre-trained layer by layer on all rows, then fine-tuned on those with a label.

    Rows may be a data frame or sparse (`fit` makes them dense); labels may be of any type. Inputs are taken as they
    are: put a scaler before it, such as `MinMaxScaler`. It computes in float32.

    Args:
        hidden_layer_sizes: Units of each hidden layer, or one int for a single layer.
        activation: A name of `layerwise.activations.ACTIVATIONS` that makes one unit of one pre-activation.
        initializer: A name of `layerwise.initializers.INITIALIZERS`.
        objective: What a layer is pre-trained for, as in `layerwise.pretraining.pretrain`: a name, an `Objective`, or a
            list with one for each layer. None: no pre-training.
        corruption_level: Noise of the objective `denoising`: the share of the inputs that is set to 0.
        pretraining_epochs: Passes over all rows for each layer.
        pretraining_learning_rate: Step size, there; None: that of `pretrain` for the objective, 0.001 for autoencoders.
        pretraining_options: Further settings of `layerwise.pretraining.LayerSettings`, by name.
        epochs: Passes over the labelled rows with which the whole network is fine-tuned; at most so many.
        learning_rate: Step size of Adam, there.
        batch_size: Rows of a step, in both.
        validation_fraction: Share of the labelled rows that is kept to choose the best epoch; 0: the last one counts.
        patience: Epochs without a better validation score after which it stops, if there is a validation part.
        unlabeled: The label of rows without one, such as -1: they are used for pre-training alone, and left out
            by `score` (scorers that a search is given by name know nothing of it). None: all rows have a label.
        random_state: An int, or a `RandomState`, for the same results each time; None draws a seed from the system.
        verbose: Whether each epoch of the pre-training prints a line.

    Attributes:
        classes_: The labels, sorted.
        network_: The network, an `nn.Sequential` that gives logits, [row, class].
        reconstruction_errors_: For each hidden layer, its error before the first epoch and after each.
        loss_curve_: Cross-entropy in each epoch of fine-tuning.
        validation_scores_: Accuracy on the validation part after each epoch.
        n_features_in_, feature_names_in_: Of the rows that it was fitted on.

    Example:
        >>> import numpy as np
        >>> X = np.random.default_rng(0).normal(size=(60, 2))
        >>> y = np.where(X[:, 0] > 0, "right", "left")
        >>> y[20:] = "?"
        >>> model = LayerwiseClassifier((16,), unlabeled="?", random_state=0).fit(X, y)
        >>> model.predict([[-1.0, 0.0], [1.0, 0.0]]).tolist()
        ['left', 'right']

    References:
        Bengio, Lamblin, Popovici, Larochelle 2007, Greedy layer-wise training of deep networks. Vincent, Larochelle,
        Lajoie, Bengio, Manzagol 2010, Stacked denoising autoencoders.
    """

    classes_: Any

    def fit(self, X: Any, y: Any) -> Self:  # noqa: N803 - scikit-learn's name
        """Pre-train on `X`, fine-tune on the rows whose label in `y` is not `unlabeled`, and return itself."""
        rows, y = validate_data(self, X, y, **FIT_CHECKS)
        y = column_or_1d(y, warn=True)
        labelled = self._has_label(y)
        check_classification_targets(y[labelled])
        self.classes_, codes = np.unique(y[labelled], return_inverse=True)
        self._train(rows, labelled, codes)
        return self

    def predict(self, X: Any) -> Any:  # noqa: N803
        """Return the most probable label of each row."""
        best = self.predict_log_proba(X).argmax(axis=1)
        return self.classes_[best]

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        """Return the probability of each class, [row, class], in the order of `classes_`."""
        return np.exp(self.predict_log_proba(X))

    def predict_log_proba(self, X: Any) -> Any:  # noqa: N803
        """Return the logarithm of the probability of each class, [row, class]."""
        check_is_fitted(self)
        return mapped(self, X, torch.nn.Sequential(self.network_, torch.nn.LogSoftmax(dim=1)))

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:  # noqa: N803
        """Return the mean accuracy over the rows of `X` that have a label."""
        found: float = super().score(X, *self._graded(y, sample_weight))
        return found
