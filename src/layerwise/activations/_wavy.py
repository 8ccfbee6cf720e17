"""Activations that rise and fall: sine, gaussian."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from layerwise.activations._activation import Activation
from layerwise.activations._plain import Plain

_GAUSSIAN_FLAT = 3.0351224130285510  # there |z| exp(-z^2 / 2) falls to 5 % of its largest value exp(-1/2)


def _gaussian(z: Tensor) -> Tensor:
    return torch.exp(-z.square() / 2)


class Sine(Plain):
    """The sine of each entry.

    Example:
        >>> Sine()(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8415])

    References:
        Sitzmann, Martel, Bergman, Lindell, Wetzstein 2020, Implicit neural representations with periodic activation
        functions.
    """

    function = torch.sin


class Gaussian(Plain):
    """A bell around 0, `exp(-z^2 / 2)`.

    Example:
        >>> Gaussian()(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 0.6065])

    References:
        Ramasinghe, Lucey 2022, Beyond periodicity: towards a unifying framework for activations in coordinate-MLPs.
    """

    function = _gaussian


SINE = Activation(
    name="sine",
    formula="sin(z)",
    derivative="cos(z)",
    function=torch.sin,
    pull_back=lambda grad, z, _a: grad * torch.cos(z),
    module=Sine,
    range=(-1.0, 1.0),
    max_slope=1.0,
    zero_centered=True,
    citation="Sitzmann, Martel, Bergman, Lindell, Wetzstein 2020, Implicit neural representations with periodic "
    "activation functions",
    note="The paper's sin(30 z) is this one with weights 30 times as large.",
)

GAUSSIAN = Activation(
    name="gaussian",
    formula="exp(-z^2 / 2)",
    derivative="-z * exp(-z^2 / 2)",
    function=_gaussian,
    pull_back=lambda grad, z, a: grad * (-z * a),
    module=Gaussian,
    range=(0.0, 1.0),
    max_slope=math.exp(-0.5),  # at z = 1 and -1
    flat_below=-_GAUSSIAN_FLAT,
    flat_above=_GAUSSIAN_FLAT,
    parameters="sigma = 1",
    citation="Ramasinghe, Lucey 2022, Beyond periodicity: towards a unifying framework for activations in "
    "coordinate-MLPs",
    note="Some write exp(-z^2): this one with weights sqrt(2) times as large.",
)
