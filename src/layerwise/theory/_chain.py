"""A feed-forward chain of weight layers, as theory wants to know it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from layerwise._base import InvalidInput, Text, non_negative, positive_int
from layerwise.theory._layer import correlation, kept
from layerwise.theory._resolve import ActivationLike


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLayer:
    """One layer of random weights, and what follows them: a normalizer, an activation, dropout.

    Attributes:
        fan_in: How many inputs each pre-activation sums over.
        fan_out: To how many pre-activations each input goes: the width of a dense layer; for a convolution its channels
            times the kernel's places, over those the stride leaves out.
        weight_variance: `sigma_w^2 = fan_in Var(w)`; 2 for He's weights.
        bias_variance: `sigma_b^2 = Var(b)`.
        normalizer: Its name in `NORMALIZERS`, or None: between weights and activation.
        activation: A name, an `Activation`, a function of a tensor, or None where none follows.
        keep: Share of the activation's outputs that dropout keeps.
        unknown: What else stands before the next layer, in words ("max pooling"), if theory is not to pass it; or None.

    Raises:
        InvalidInput: If a number is out of its range.
    """

    fan_in: int
    fan_out: int
    weight_variance: float
    bias_variance: float = 0.0
    normalizer: str | None = None
    activation: ActivationLike | None = None
    keep: float = 1.0
    unknown: str | None = None

    def __post_init__(self) -> None:
        positive_int("fan_in", self.fan_in)
        positive_int("fan_out", self.fan_out)
        non_negative("weight_variance", self.weight_variance)
        non_negative("bias_variance", self.bias_variance)
        kept("keep", self.keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Layers from the first to the last, and what comes in.

    Attributes:
        layers: At least one.
        input_square: Mean square of an input's entries.
        input_correlation: Correlation of two inputs, -1 to 1: their product over `input_square`.

    Raises:
        InvalidInput: If there is no layer, or a number is out of its range.

    Example:
        >>> chain = Chain.dense([784, 300, 100, 10], activation="relu", weight_variance=2.0)
        >>> [(layer.fan_in, layer.fan_out, layer.activation) for layer in chain.layers]
        [(784, 300, 'relu'), (300, 100, 'relu'), (100, 10, None)]
    """

    layers: tuple[ChainLayer, ...]
    input_square: float = 1.0
    input_correlation: float = 0.0

    def __post_init__(self) -> None:
        if not self.layers:
            raise InvalidInput("`layers` must be at least one `ChainLayer`", got=Text("none"))
        non_negative("input_square", self.input_square)
        correlation("input_correlation", self.input_correlation)

    @classmethod
    def dense(
        cls,
        widths: Sequence[int],
        *,
        activation: ActivationLike,
        weight_variance: float,
        bias_variance: float = 0.0,
        normalizer: str | None = None,
        keep: float = 1.0,
        input_square: float = 1.0,
        input_correlation: float = 0.0,
    ) -> Chain:
        """Return dense layers between `widths`, that of the input first; only weights and biases follow the last."""
        hidden = ChainLayer(
            fan_in=1,
            fan_out=1,
            weight_variance=weight_variance,
            bias_variance=bias_variance,
            normalizer=normalizer,
            activation=activation,
            keep=keep,
        )
        layers = [replace(hidden, fan_in=fan_in, fan_out=fan_out) for fan_in, fan_out in pairwise(widths)]
        layers[-1:] = [replace(layer, normalizer=None, activation=None, keep=1.0) for layer in layers[-1:]]
        return cls(layers=tuple(layers), input_square=input_square, input_correlation=input_correlation)
