"""Rectifiers that are not straight on the right: squared_relu, squareplus."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from layerwise.activations._activation import FLAT_SHARE, Activation
from layerwise.activations._plain import Plain

_WIDTH = 2.0  # sqrt(b), for b = 4
_FLAT_SINE = 1 - 2 * FLAT_SHARE  # the slope is (1 + z / sqrt(z^2 + 4)) / 2


def _squared_relu(z: Tensor) -> Tensor:
    return torch.relu(z).square()


def _squareplus(z: Tensor) -> Tensor:
    root = torch.hypot(z, z.new_tensor(_WIDTH))
    # (z + root) / 2 loses all digits on the left, where it is the difference of two large numbers
    return torch.where(z > 0, (z + root) / 2, _WIDTH**2 / 2 / (root - z.clamp(max=0)))


class SquaredReLU(Plain):
    """The square of the positive part of each entry, `max(0, z)^2`.

    Example:
        >>> SquaredReLU()(torch.tensor([-1.0, 3.0]))
        tensor([0., 9.])

    References:
        So, Mańke, Liu, Dai, Shazeer, Le 2021, Primer: searching for efficient transformers for language modeling.
    """

    function = _squared_relu


class Squareplus(Plain):
    """A smooth rectifier without exponentials, `(z + sqrt(z^2 + 4)) / 2`.

    Example:
        >>> Squareplus()(torch.tensor([-1.5, 0.0, 1.5]))
        tensor([0.5000, 1.0000, 2.0000])

    References:
        Barron 2021, Squareplus: a softplus-like algebraic rectifier.
    """

    function = _squareplus


SQUARED_RELU = Activation(
    name="squared_relu",
    formula="max(0, z)^2",
    derivative="2 * max(0, z)",
    function=_squared_relu,
    pull_back=lambda grad, z, _a: grad * (2 * torch.relu(z)),
    module=SquaredReLU,
    range=(0.0, math.inf),
    max_slope=math.inf,
    kinks=(0.0,),
    dead_below=0.0,
    citation="So, Mańke, Liu, Dai, Shazeer, Le 2021, Primer: searching for efficient transformers for language "
    "modeling",
    note="Twice the signal comes out as four times: with depth it vanishes or explodes if not normalized.",
)

SQUAREPLUS = Activation(
    name="squareplus",
    formula="(z + sqrt(z^2 + 4)) / 2",
    derivative="(1 + z / sqrt(z^2 + 4)) / 2",
    function=_squareplus,
    pull_back=lambda grad, z, a: grad * (a / torch.hypot(z, z.new_tensor(_WIDTH))),
    module=Squareplus,
    range=(0.0, math.inf),
    max_slope=1.0,
    flat_below=-_WIDTH * _FLAT_SINE / math.sqrt(1 - _FLAT_SINE**2),
    parameters="b = 4 (under the root)",
    citation="Barron 2021, Squareplus: a softplus-like algebraic rectifier",
)
