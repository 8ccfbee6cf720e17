"""A chain of convolutions, then dense layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from layerwise._base import InvalidInput, Text, positive_int
from layerwise.activations import ACTIVATIONS
from layerwise.models._architecture import Architecture
from layerwise.models._choices import PositiveInt, checked
from layerwise.models._layer import Inputs, Layer, dense_layers
from layerwise.normalizers import ON_CHANNELS

_BY_CHANNEL = ("maxout", "crelu")
"""Activations with more or fewer pre-activations than units that can take them from the channels of an image."""


def _sizes(least: int) -> Callable[[str, Any], tuple[int, ...]]:
    def sizes(name: str, value: Any) -> tuple[int, ...]:
        found = [] if value == "none" else value if isinstance(value, list | tuple) else [value]
        if len(found) < least:
            raise InvalidInput(f"`{name}` must be a positive int, or one for each layer", got=value)
        return tuple(positive_int(name, size) for size in found)

    return sizes


def _odd(name: str, value: Any) -> int:
    size = positive_int(name, value)
    if size % 2 == 0:
        cure = "Its middle then lies on a pixel, and images keep their size."
        raise InvalidInput(f"`{name}` must be odd", got=value, cure=cure)
    return size


class Conv(Architecture):
    """A convolutional network: convolutions, each with its pooling, then dense layers and a linear output layer.

    Convolutions are padded with zeros, so that only pooling makes an image smaller. What the layers are made of is
    described with `Architecture`.

    Attributes:
        channels: what each convolution gives, one number a convolution.
        kernel: rows and columns of every kernel, odd.
        pool: of so many rows and columns the largest value goes on, after every convolution; 1 does not pool.
        dense: units of each hidden dense layer behind the convolutions; () or "none" for none.

    Example:
        >>> Conv(channels=(8, 16), dense=32, activation="tanh").widths
        (8, 16, 32)

    References:
        LeCun, Bottou, Bengio, Haffner 1998, Gradient-based learning applied to document recognition.
    """

    SIZES: ClassVar[str] = "`channels` and `dense`"

    kind: Literal["conv"] = "conv"
    channels: Annotated[tuple[int, ...], checked(_sizes(1))] = (16, 32)
    kernel: Annotated[int, checked(_odd)] = 3
    pool: PositiveInt = 2
    dense: Annotated[tuple[int, ...], checked(_sizes(0))] = (64,)

    @model_validator(mode="after")
    def _activation_of_channels(self) -> Conv:
        if ACTIVATIONS[self.activation].pieces_default != 1 and self.activation not in _BY_CHANNEL:
            raise InvalidInput(
                "`activation` must be one for channels where `kind` is 'conv'",
                got=self.activation,
                cure="It takes the gates from the last axis, which in images are columns; 'maxout' and 'crelu' can do "
                "with channels.",
            )
        return self

    @model_validator(mode="after")
    def _initializer_of_kernels(self) -> Conv:
        if self.initializer == "identity":
            cure = "It is for square matrices; 'orthogonal' keeps lengths as well."
            raise InvalidInput(
                "`initializer` must be one for kernels where `kind` is 'conv'", got="identity", cure=cure
            )
        return self

    @model_validator(mode="after")
    def _normalizer_of_channels(self) -> Conv:
        known = ("none", *(kind for kind in ON_CHANNELS if kind != "instance"))  # dense layers have it as well
        if self.normalizer not in known:
            raise InvalidInput(
                f"`normalizer` must be one of {', '.join(map(repr, known))} where `kind` is 'conv'",
                got=self.normalizer,
                cure="The others normalize dense units; 'group' is layer normalization for up to 31 channels.",
            )
        return self

    @property
    def depth(self) -> int:
        """Hidden layers, convolutions and dense ones."""
        return len(self.widths)

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each convolution, then units of each hidden dense layer."""
        return (*self.channels, *self.dense)

    def layers(self, inputs: Inputs, n_outputs: int) -> tuple[Layer, ...]:
        """Return every layer's numbers where the network reads `inputs`, the output layer last."""
        n, found = len(self.channels), []
        reads, rows, columns = _image(inputs)
        for z, units in zip(self.preactivations[:n], self.channels, strict=True):
            found.append(Layer(reads, z, units, self.kernel, (rows, columns), self.pool))
            reads, rows, columns = units, rows // self.pool, columns // self.pool
        if not rows * columns:
            raise InvalidInput(
                f"Images must have at least {self.pool**n} rows and columns for {n} poolings by {self.pool}",
                got=Text("{1} rows and {2} columns".format(*_image(inputs))),
                cure="Use fewer `channels`, or a smaller `pool`.",
            )
        return (*found, *dense_layers(reads * rows * columns, self.preactivations[n:], self.dense, n_outputs))

    def __str__(self) -> str:
        parts = [f"{'-'.join(map(str, self.channels))} {self.kernel}x{self.kernel}"]
        parts += [f"pool {self.pool}"] if self.pool > 1 else []
        parts += [f"dense {'-'.join(map(str, self.dense))}"] if self.dense else []
        return self._described(f"Conv {', '.join(parts)},")


def _image(inputs: Inputs) -> tuple[int, int, int]:
    if isinstance(inputs, int):
        raise InvalidInput(
            "The data must be images where `kind` is 'conv'",
            got=Text(f"rows of {inputs} features"),
            cure="Give an array with more than two axes, or say how rows are folded: "
            "`Data.create(..., image=(channels, rows, columns))`.",
        )
    return inputs
