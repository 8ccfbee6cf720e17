"""The transformer."""

from __future__ import annotations

from typing import Any, Self

import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted, validate_data

from layerwise._base import InvalidInput
from layerwise.sklearn._network import Network
from layerwise.sklearn._random_state import seed_from, source
from layerwise.sklearn._rows import CHECKS, FIT_CHECKS, dense, mapped


class LayerwiseEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, Network):  # type: ignore[misc] # as Network
    """Codes of a deep network that is pre-trained layer by layer, and the way back from them.

    Rows may be a data frame or sparse (`fit` makes them dense) and are taken as they are: put a scaler before it. It
    computes in float32.

    Args:
        hidden_layer_sizes, activation, initializer, objective, corruption_level, pretraining_epochs,
            pretraining_learning_rate, pretraining_options, batch_size, random_state, verbose: As in
            `LayerwiseClassifier`. The last size is that of the codes.

    Attributes:
        network_: The deep autoencoder, an `nn.Sequential`: the encoder, then the decoders from the topmost down.
        reconstruction_errors_: For each hidden layer, its error before the first epoch and after each.
        n_features_in_, feature_names_in_: Of the rows that it was fitted on.

    Example:
        >>> from sklearn.datasets import load_digits
        >>> X = load_digits().data[:200] / 16
        >>> encoder = LayerwiseEncoder((32, 8), pretraining_epochs=5, random_state=0).fit(X)
        >>> codes = encoder.transform(X)
        >>> codes.shape, encoder.inverse_transform(codes).shape
        ((200, 8), (200, 64))

    References:
        Bengio, Lamblin, Popovici, Larochelle 2007, Greedy layer-wise training of deep networks. Hinton, Salakhutdinov
        2006, Reducing the dimensionality of data with neural networks.
    """

    network_: torch.nn.Sequential

    def fit(self, X: Any, y: Any = None) -> Self:  # noqa: N803 - scikit-learn's name
        """Pre-train on `X` and return itself; `y` is not read."""
        rows = dense(validate_data(self, X, **FIT_CHECKS))
        self.network_ = self._pretrained(rows, seed_from(source(self.random_state))).unroll().eval()
        return self

    def transform(self, X: Any) -> Any:  # noqa: N803
        """Return the codes of the topmost layer, [row, code]."""
        check_is_fitted(self)
        return mapped(self, X, self.network_[0])

    def inverse_transform(self, X: Any) -> Any:  # noqa: N803
        """Return what the decoders make of codes, [row, feature]."""
        check_is_fitted(self)
        codes = check_array(X, **CHECKS)
        if codes.shape[1] != self._n_features_out:
            raise InvalidInput(f"Codes must have {self._n_features_out} columns", got=codes.shape[1])
        with torch.no_grad():
            return self.network_[1:](dense(codes)).numpy()

    @property
    def _n_features_out(self) -> int:
        return self._widths()[-1]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
