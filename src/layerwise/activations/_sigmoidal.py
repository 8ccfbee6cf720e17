"""Activations that are smooth and flat on both sides: sigmoid, tanh, softsign, erf."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  the name torch's own texts use

from layerwise.activations._activation import FLAT_SHARE, Activation
from layerwise.activations._plain import Plain

# tanh' = 1 - tanh^2 falls to the share at tanh = sqrt(1 - share); sigmoid(z) = (1 + tanh(z / 2)) / 2 at twice that.
_TANH_FLAT = math.atanh(math.sqrt(1 - FLAT_SHARE))
_SIGMOID_FLAT = 2 * _TANH_FLAT
_SOFTSIGN_FLAT = FLAT_SHARE**-0.5 - 1

_ERF_FLAT = math.sqrt(-math.log(FLAT_SHARE))
_ERF_SLOPE = 2 / math.sqrt(math.pi)


class Erf(Plain):
    """The error function of each entry, `erf(z) = 2 Phi(sqrt(2) z) - 1`.

    Example:
        >>> Erf()(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.8427])

    References:
        Saad, Solla 1995, On-line learning in soft committee machines.
    """

    function = torch.erf


SIGMOID = Activation(
    name="sigmoid",
    formula="1 / (1 + exp(-z))",
    derivative="exp(-z) / (1 + exp(-z))^2",
    function=torch.sigmoid,
    pull_back=lambda grad, _z, a: torch.ops.aten.sigmoid_backward(grad, a),
    module=nn.Sigmoid,
    range=(0.0, 1.0),
    max_slope=0.25,
    flat_below=-_SIGMOID_FLAT,
    flat_above=_SIGMOID_FLAT,
    citation="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors",
)

TANH = Activation(
    name="tanh",
    formula="tanh(z)",
    derivative="1 - tanh(z)^2",
    function=torch.tanh,
    pull_back=lambda grad, _z, a: torch.ops.aten.tanh_backward(grad, a),
    module=nn.Tanh,
    range=(-1.0, 1.0),
    max_slope=1.0,
    zero_centered=True,
    flat_below=-_TANH_FLAT,
    flat_above=_TANH_FLAT,
    citation="LeCun, Bottou, Orr, Müller 1998, Efficient BackProp",
)

SOFTSIGN = Activation(
    name="softsign",
    formula="z / (1 + abs(z))",
    derivative="1 / (1 + abs(z))^2",
    function=F.softsign,
    pull_back=lambda grad, z, _a: grad / (1 + z.abs()).square(),  # (1 - |a|)^2 is the same, but cancels at large |z|
    module=nn.Softsign,
    range=(-1.0, 1.0),
    max_slope=1.0,
    zero_centered=True,
    kinks=(0.0,),
    flat_below=-_SOFTSIGN_FLAT,
    flat_above=_SOFTSIGN_FLAT,
    citation="Bergstra, Desjardins, Lamblin, Bengio 2009, Quadratic polynomials learn better image features",
)

ERF = Activation(
    name="erf",
    formula="erf(z)",
    derivative="2 / sqrt(pi) * exp(-z^2)",
    function=torch.erf,
    pull_back=lambda grad, z, _a: grad * (_ERF_SLOPE * torch.exp(-z.square())),
    module=Erf,
    range=(-1.0, 1.0),
    max_slope=_ERF_SLOPE,
    zero_centered=True,
    flat_below=-_ERF_FLAT,
    flat_above=_ERF_FLAT,
    citation="Saad, Solla 1995, On-line learning in soft committee machines",
    note="Its Gaussian expectations have closed forms: E f^2 = 2 / pi asin(2 q / (1 + 2 q)).",
)
