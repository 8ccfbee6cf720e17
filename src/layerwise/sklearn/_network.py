"""What the estimators with a network have in common: they build it, and pre-train it."""

from __future__ import annotations

from typing import Any

import torch
from sklearn.base import BaseEstimator
from torch import Tensor

from layerwise._base import child_seed, positive_int
from layerwise.models import Recipe, build
from layerwise.pretraining import Pretrained, Progress, pretrain


class Network(BaseEstimator):  # type: ignore[misc] # scikit-learn comes without types
    """A multi-layer perceptron that is pre-trained layer by layer."""

    reconstruction_errors_: list[list[float]]

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
        batch_size: int = 32,
        random_state: Any = None,
        verbose: int = 0,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.initializer = initializer
        self.objective = objective
        self.corruption_level = corruption_level
        self.pretraining_epochs = pretraining_epochs
        self.pretraining_learning_rate = pretraining_learning_rate
        self.pretraining_options = pretraining_options
        self.batch_size = batch_size
        self.random_state = random_state
        self.verbose = verbose

    def _pretrained(self, rows: Tensor, seed: int) -> Pretrained:
        """Return a new network, pre-trained on `rows`; with `objective=None` it is as it was drawn."""
        recipe = Recipe().replace(width=self._widths(), activation=self.activation, initializer=self.initializer)
        generator = torch.Generator().manual_seed(child_seed(seed, "weights"))
        network = build(recipe, rows.shape[1], 1, generator, rows.dtype)
        rate = {} if self.pretraining_learning_rate is None else {"learning_rate": self.pretraining_learning_rate}
        found = pretrain(
            network,
            rows,
            "autoencoder" if self.objective is None else self.objective,
            validation=0.0,
            seed=seed,
            inplace=True,
            progress=_tell if self.verbose else None,
            epochs=0 if self.objective is None else self.pretraining_epochs,
            batch_size=self.batch_size,
            corruption_level=self.corruption_level,
            **rate,
            **(self.pretraining_options or {}),
        )
        errors = [curve for layer in found.layers for curve in layer.curves if curve.name == "reconstruction_error"]
        self.reconstruction_errors_ = [list(curve.values) for curve in errors]
        return found

    def _widths(self) -> tuple[int, ...]:
        given = self.hidden_layer_sizes
        sizes = tuple(given) if isinstance(given, list | tuple) else (given,)
        return tuple(positive_int("hidden_layer_sizes", size) for size in sizes)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


def _tell(now: Progress) -> None:
    print(f"{now.layer}, epoch {now.epoch} of {now.n_epochs}: loss {now.train_loss:.4g}")  # noqa: T201 - asked for
