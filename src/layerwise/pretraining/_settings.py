"""How one layer is pre-trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from layerwise._base import InvalidInput, at_least, fraction, non_negative, one_of, positive, positive_int
from layerwise.pretraining._autocast import AUTOCASTS

METHODS = ("adam", "sgd")
RECONSTRUCTIONS = ("auto", "cross_entropy", "squared_error")


@dataclass(frozen=True, kw_only=True)
class LayerSettings:
    """The settings of one layer's pre-training.

    Attributes:
        epochs: Passes over the codes; 0 leaves the layer as it is. Of a stream, the parts that `steps` are cut into.
        steps: Batches that the layer is trained on, for a stream alone; None: as many as `epochs` passes have.
        learning_rate: Of `method`. (Where none is given, an RBM gets 0.1, or 0.001 if its hidden units have no bounds.)
        method: `adam`, or `sgd` with `momentum`.
        momentum: Of sgd.
        batch_size: Rows of a step; a last, shorter batch counts too.
        accumulate: Batches whose mean gradient makes one step: that of the batch of all their rows, in the memory of
            one. A last, shorter group counts too. (Batch norm, and the `kl` of `sparse`, see each batch alone.)
        autocast: None, or `bfloat16`: what the layer's products and convolutions are rounded to while it trains.
            Weights, the optimizer's state and losses stay float32, and codes and errors are computed in float32.
        patience: Epochs without a better loss on the validation part after which it stops and goes back to the best;
            None never stops early.
        tied: Whether the decoder's weight is the encoder's, transposed.
        reconstruction: `cross_entropy` of inputs in [0, 1], `squared_error`, or `auto`: the first where all inputs are
            in [0, 1].
        corruption, corruption_level: Noise of the objective `denoising`.
        emphasis: Weights of the errors where the input was touched, and where it was not.
        penalty: Weight of the penalty of `contractive` and `sparse`.
        sparsity: The share of the time that a unit of `sparse` shall be on.
        sparsity_penalty: `kl` or `l1`.
        n_classes: Of the labels of `supervised`; None: one more than the largest label (of a stream, in its first
            batches).
    """

    epochs: int = 10
    steps: int | None = None
    learning_rate: float = 1e-3
    method: str = "adam"
    momentum: float = 0.0
    batch_size: int = 100
    accumulate: int = 1
    autocast: str | None = None
    patience: int | None = None
    tied: bool = True
    reconstruction: str = "auto"
    corruption: str = "masking"
    corruption_level: float = 0.25
    emphasis: tuple[float, float] = (1.0, 1.0)
    penalty: float = 0.1
    sparsity: float = 0.05
    sparsity_penalty: str = "kl"
    n_classes: int | None = None

    def __post_init__(self) -> None:
        at_least("epochs", self.epochs, 0)
        if self.steps is not None:
            positive_int("steps", self.steps)
        positive("learning_rate", self.learning_rate)
        one_of("method", self.method, METHODS)
        fraction("momentum", self.momentum)
        positive_int("batch_size", self.batch_size)
        positive_int("accumulate", self.accumulate)
        one_of("autocast", self.autocast, AUTOCASTS)
        if self.patience is not None:
            positive_int("patience", self.patience)
        one_of("reconstruction", self.reconstruction, RECONSTRUCTIONS)
        non_negative("corruption_level", self.corruption_level)
        for weight in self.emphasis:
            non_negative("emphasis", weight)
        non_negative("penalty", self.penalty)
        if not 0 < self.sparsity < 1:
            raise InvalidInput("`sparsity` must be a number between 0 and 1", got=self.sparsity)
        one_of("sparsity_penalty", self.sparsity_penalty, ("kl", "l1"))
        if self.n_classes is not None:
            at_least("n_classes", self.n_classes, 2)


def settings_for(n_layers: int, options: Mapping[str, Any]) -> list[LayerSettings]:
    """Return the settings of each layer: an option is one value for all, or a list with one for each.

    Raises:
        InvalidInput: If an option is not known, breaks its rule, or has another number of values than there are layers.

    Example:
        >>> [one.epochs for one in settings_for(2, {"epochs": [5, 10], "learning_rate": 0.1})]
        [5, 10]
    """
    known = [field.name for field in fields(LayerSettings)]
    for name, value in options.items():
        if name not in known:
            raise InvalidInput(f"`{name}` is not an option of pre-training", cure=f"Known: {', '.join(known)}.")
        if isinstance(value, list) and len(value) != n_layers:
            raise InvalidInput(
                f"`{name}` must be one value, or a list of {n_layers}, one for each layer that is pre-trained",
                got=value,
            )
    rows = [{name: _at(value, k) for name, value in options.items()} for k in range(n_layers)]
    return [LayerSettings(**row) for row in rows]


def _at(value: Any, k: int) -> Any:
    return value[k] if isinstance(value, list) else value
