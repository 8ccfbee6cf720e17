"""Activations that are exponential on one side and linear on the other: elu, celu, selu, softplus, log_sigmoid."""

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
    formula="z if z > 0 else exp(z) - 1",
    derivative="1 if z > 0 else exp(z)",
    function=F.elu,
    pull_back=lambda grad, z, _a: torch.ops.aten.elu_backward(
        grad, alpha=1.0, scale=1.0, input_scale=1.0, is_result=False, self_or_result=z
    ),
    module=nn.ELU,
    range=(-1.0, math.inf),
    max_slope=1.0,
    kinks=(0.0,),
    flat_below=_LOG_SHARE,
    parameters="alpha = 1",
    citation="Clevert, Unterthiner, Hochreiter 2016, Fast and accurate deep network learning by exponential linear "
    "units",
    note="Here alpha = 1. The lecture writes alpha e^z - 1 for z <= 0; the continuous form is alpha (e^z - 1), equal "
    "only at alpha = 1. It does not have all benefits of relu: it saturates on the left (slope 2e-9 at -20).",
)
"""`z` for `z > 0` and `alpha (exp(z) - 1)` otherwise, with `alpha = 1`.

The lecture writes `alpha exp(z) - 1`, which jumps at 0 unless `alpha = 1`. It also gives it all benefits of relu; but
relu's pieces are straight, while elu saturates on the left: its slope at -20 is 2e-9.
"""

CELU = Activation(
    name="celu",
    formula="z if z > 0 else exp(z) - 1",
    derivative="1 if z > 0 else exp(z)",
    function=F.celu,
    pull_back=ELU.pull_back,
    module=nn.CELU,
    range=(-1.0, math.inf),
    max_slope=1.0,
    kinks=(0.0,),
    flat_below=_LOG_SHARE,
    parameters="alpha = 1",
    citation="Barron 2017, Continuously differentiable exponential linear units",
    note="In general alpha (exp(z / alpha) - 1) for z <= 0, whose slope has no jump; at alpha = 1 it is elu itself.",
)

SELU = Activation(
    name="selu",
    formula="1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * (exp(z) - 1))",
    derivative="1.0507009873554805 * (1 if z > 0 else 1.6732632423543772 * exp(z))",
    function=torch.selu,
    pull_back=lambda grad, z, _a: torch.ops.aten.elu_backward(
        grad, alpha=SELU_ALPHA, scale=SELU_SCALE, input_scale=1.0, is_result=False, self_or_result=z
    ),
    module=nn.SELU,
    range=(-SELU_SCALE * SELU_ALPHA, math.inf),
    max_slope=SELU_SCALE * SELU_ALPHA,
    zero_centered=True,
    kinks=(0.0,),
    flat_below=_LOG_SHARE,
    parameters="lambda = 1.0507009873554805, alpha = 1.6732632423543772",
    citation="Klambauer, Unterthiner, Mayr, Hochreiter 2017, Self-normalizing neural networks",
    note="Its constants make mean 0 and variance 1 a fixed point, so its gain is 1. (nn.init.calculate_gain says 3/4.)",
)

SOFTPLUS = Activation(
    name="softplus",
    formula="log(1 + exp(z))",
    derivative="1 / (1 + exp(-z))",
    function=F.softplus,
    pull_back=lambda grad, z, _a: torch.ops.aten.softplus_backward(grad, z, 1.0, 20.0),
    module=nn.Softplus,
    range=(0.0, math.inf),
    max_slope=1.0,
    flat_below=math.log(FLAT_SHARE / (1 - FLAT_SHARE)),
    citation="Dugas, Bengio, Bélisle, Nadeau, Garcia 2001, Incorporating second-order functional knowledge for better "
    "option pricing",
)

LOG_SIGMOID = Activation(
    name="log_sigmoid",
    formula="-log(1 + exp(-z))",
    derivative="1 / (1 + exp(z))",
    function=F.logsigmoid,
    pull_back=lambda grad, z, _a: grad * torch.sigmoid(-z),
    module=nn.LogSigmoid,
    range=(-math.inf, 0.0),
    max_slope=1.0,
    flat_above=math.log((1 - FLAT_SHARE) / FLAT_SHARE),
    citation="Paszke and others 2019, PyTorch: an imperative style, high-performance deep learning library",
    note="It is -softplus(-z). It belongs into losses: the logarithm of a probability.",
)
