"""Activations that are flat on both sides: sigmoid, tanh, softsign."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  the name torch's own texts use

from layerwise.activations._activation import FLAT_SHARE, Activation

# tanh' = 1 - tanh^2 falls to the share at tanh = sqrt(1 - share); sigmoid(z) = (1 + tanh(z / 2)) / 2 at twice that.
_TANH_FLAT = math.atanh(math.sqrt(1 - FLAT_SHARE))
_SIGMOID_FLAT = 2 * _TANH_FLAT
_SOFTSIGN_FLAT = FLAT_SHARE**-0.5 - 1

SIGMOID = Activation(
    name="sigmoid",
    function=torch.sigmoid,
    pull_back=lambda grad, _z, a: torch.ops.aten.sigmoid_backward(grad, a),
    module=nn.Sigmoid,
    range=(0.0, 1.0),
    gain=1.8462285453386054,
    max_slope=0.25,
    flat_below=-_SIGMOID_FLAT,
    flat_above=_SIGMOID_FLAT,
    citation="Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors",
)

TANH = Activation(
    name="tanh",
    function=torch.tanh,
    pull_back=lambda grad, _z, a: torch.ops.aten.tanh_backward(grad, a),
    module=nn.Tanh,
    range=(-1.0, 1.0),
    gain=1.5925374197228315,
    max_slope=1.0,
    zero_centered=True,
    flat_below=-_TANH_FLAT,
    flat_above=_TANH_FLAT,
    citation="LeCun, Bottou, Orr, Müller 1998, Efficient BackProp",
)

SOFTSIGN = Activation(
    name="softsign",
    function=F.softsign,
    pull_back=lambda grad, z, _a: grad / (1 + z.abs()).square(),  # (1 - |a|)^2 is the same, but cancels at large |z|
    module=nn.Softsign,
    range=(-1.0, 1.0),
    gain=2.3375333631085393,
    max_slope=1.0,
    zero_centered=True,
    kinks=(0.0,),
    flat_below=-_SOFTSIGN_FLAT,
    flat_above=_SOFTSIGN_FLAT,
    citation="Bergstra, Desjardins, Lamblin, Bengio 2009, Quadratic polynomials learn better image features",
)
