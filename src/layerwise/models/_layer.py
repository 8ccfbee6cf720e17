"""The numbers of one layer: what a network is built from, and its memory counted by."""

from __future__ import annotations

import math
from typing import NamedTuple, TypeAlias

Inputs: TypeAlias = int | tuple[int, int, int]
"""What a network reads: so many columns, or images with so many channels, rows and columns."""


class Layer(NamedTuple):
    """The numbers of one layer, dense or convolutional, for those that it reads.

    Attributes:
        reads: columns, or channels.
        preactivations: what has weights of its own: `pieces` a unit for maxout, 2 if gated, 1/2 for crelu.
        units: columns, or channels, that the activation gives.
        kernel: rows and columns of a convolution's kernel.
        grid: rows and columns of the image of pre-activations; None in a dense layer.
        pool: rows and columns of which the largest value goes on.
    """

    reads: int
    preactivations: int
    units: int
    kernel: int = 1
    grid: tuple[int, int] | None = None
    pool: int = 1

    @property
    def fan_in(self) -> int:
        """Weights of one pre-activation."""
        return self.reads * self.kernel**2

    @property
    def places(self) -> int:
        """Places of an image at which each pre-activation is computed; 1 in a dense layer."""
        return math.prod(self.grid or ())


def n_columns(inputs: Inputs) -> int:
    """Return how many numbers `inputs` are.

    Example:
        >>> n_columns(64), n_columns((3, 32, 32))
        (64, 3072)
    """
    return math.prod(inputs) if isinstance(inputs, tuple) else inputs


def dense_layers(
    reads: int, preactivations: tuple[int, ...], units: tuple[int, ...], n_outputs: int
) -> tuple[Layer, ...]:
    """Return hidden dense layers and the output layer behind `reads` columns.

    Example:
        >>> [layer.fan_in for layer in dense_layers(5, (4,), (4,), 2)]
        [5, 4]
    """
    read = (reads, *units)
    return tuple(map(Layer, read, (*preactivations, n_outputs), (*units, n_outputs)))
