"""Activations that are exponential on the left and linear on the right: elu, selu, softplus."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  the name torch's own texts use

from layerwise.activations._activation import FLAT_SHARE, Activation

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
_LOG_SHARE = math.log(FLAT_SHARE)

ELU = Activation(
    name="elu",
    function=F.elu,
    pull_back=lambda grad, z, _a: torch.ops.aten.elu_backward(
        grad, alpha=1.0, scale=1.0, input_scale=1.0, is_result=False, self_or_result=z
    ),
    module=nn.ELU,
    range=(-1.0, math.inf),
    gain=1.2451983007007064,
    max_slope=1.0,
    kinks=(0.0,),
    flat_below=_LOG_SHARE,
    citation="Clevert, Unterthiner, Hochreiter 2016, Fast and accurate deep network learning by exponential linear "
    "units",
    note="Here alpha = 1. The lecture writes alpha e^z - 1 for z <= 0; the continuous form is alpha (e^z - 1), equal "
    "only at alpha = 1. It does not have all benefits of relu: it saturates on the left (slope 2e-9 at -20).",
)
"""`z` for `z > 0` and `alpha (exp(z) - 1)` otherwise, with `alpha = 1`.

The lecture writes `alpha exp(z) - 1`, which jumps at 0 unless `alpha = 1`. It also gives it all benefits of relu; but
relu's pieces are straight, while elu saturates on the left: its slope at -20 is 2e-9.
"""

SELU = Activation(
    name="selu",
    function=torch.selu,
    pull_back=lambda grad, z, _a: torch.ops.aten.elu_backward(
        grad, alpha=SELU_ALPHA, scale=SELU_SCALE, input_scale=1.0, is_result=False, self_or_result=z
    ),
    module=nn.SELU,
    range=(-SELU_SCALE * SELU_ALPHA, math.inf),
    gain=1.0,
    max_slope=SELU_SCALE * SELU_ALPHA,
    zero_centered=True,
    kinks=(0.0,),
    flat_below=_LOG_SHARE,
    citation="Klambauer, Unterthiner, Mayr, Hochreiter 2017, Self-normalizing neural networks",
    note="Its constants make mean 0 and variance 1 a fixed point, so its gain is exactly 1.",
)

SOFTPLUS = Activation(
    name="softplus",
    function=F.softplus,
    pull_back=lambda grad, z, _a: torch.ops.aten.softplus_backward(grad, z, 1.0, 20.0),
    module=nn.Softplus,
    range=(0.0, math.inf),
    gain=1.0418668355353016,
    max_slope=1.0,
    flat_below=math.log(FLAT_SHARE / (1 - FLAT_SHARE)),
    citation="Dugas, Bengio, Bélisle, Nadeau, Garcia 2001, Incorporating second-order functional knowledge for better "
    "option pricing",
)
