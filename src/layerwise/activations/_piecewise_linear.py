"""Activations that are straight but for a bend at 0: linear, relu, leaky_relu, prelu, rrelu; none smooth and flat."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  the name torch's own texts use

from layerwise.activations._activation import Activation

LEAK = 0.01
PRELU_START = 0.25

LINEAR = Activation(
    name="linear",
    formula="z",
    derivative="1",
    function=lambda z: z,
    pull_back=lambda grad, _z, _a: grad,
    module=nn.Identity,
    range=(-math.inf, math.inf),
    max_slope=1.0,
    zero_centered=True,
    citation="Saxe, McClelland, Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear "
    "neural networks",
    note="A deep network of linear layers computes one linear map. Also found under the name identity.",
)

RELU = Activation(
    name="relu",
    formula="max(0, z)",
    derivative="1 if z > 0 else 0",
    function=torch.relu,
    pull_back=lambda grad, z, _a: torch.ops.aten.threshold_backward(grad, z, 0),
    module=nn.ReLU,
    range=(0.0, math.inf),
    max_slope=1.0,
    kinks=(0.0,),
    dead_below=0.0,
    citation="Nair, Hinton 2010, Rectified linear units improve restricted Boltzmann machines",
    note="Two of them make a piecewise-linear sigmoid, but the lecture's max(0, z + 1) - max(0, z - 1) runs from 0 to "
    "2: half of it approximates the sigmoid.",
)
"""`max(0, z)`; torch takes the slope 0 at the kink.

The lecture builds a sigmoid from two of them as `max(0, z + 1) - max(0, z - 1)`. That sum runs from 0 to 2; half of it,
`(max(0, z + 1) - max(0, z - 1)) / 2`, runs from 0 to 1 and approximates the sigmoid.
"""

LEAKY_RELU = Activation(
    name="leaky_relu",
    formula="z if z > 0 else 0.01 * z",
    derivative="1 if z > 0 else 0.01",
    parameters="alpha = 0.01",
    function=lambda z: F.leaky_relu(z, LEAK),
    pull_back=lambda grad, z, _a: torch.ops.aten.leaky_relu_backward(grad, z, LEAK, self_is_result=False),
    module=lambda: nn.LeakyReLU(LEAK),
    range=(-math.inf, math.inf),
    max_slope=1.0,
    kinks=(0.0,),
    citation="Maas, Hannun, Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
    note="The lecture calls it close to zero centered. Hardly: its mean on a unit Gaussian is 0.395, relu's is 0.399.",
)
"""`max(0.01 z, z)`; torch takes the slope 0.01 at the kink.

The lecture calls it close to zero centered. Its mean on a unit Gaussian is `0.99 / sqrt(2 pi) = 0.395`; that of relu is
0.399. So it keeps units alive, but it hardly centers them.
"""

PRELU = Activation(
    name="prelu",
    formula="z if z > 0 else 0.25 * z",
    derivative="1 if z > 0 else 0.25",
    parameters="alpha, learned, from 0.25; one, or one per channel: nn.PReLU(num_parameters)",
    function=lambda z: F.leaky_relu(z, PRELU_START),
    pull_back=None,
    module=lambda num_parameters=1, init=PRELU_START: nn.PReLU(num_parameters, init),
    range=(-math.inf, math.inf),
    max_slope=1.0,
    kinks=(0.0,),
    citation="He, Zhang, Ren, Sun 2015, Delving deep into rectifiers",
    note="Its left slope alpha is learnt, from 0.25; function, gain and max_slope are those at the start. "
    "The lecture writes max(alpha z, z), which is PReLU only for alpha <= 1.",
)
"""`z` for `z > 0` and `alpha z` otherwise, where `alpha` is a parameter that starts at 0.25.

The lecture writes `max(alpha z, z)`. The two agree for `alpha <= 1` only; beyond that the maximum bends the other side.
`function`, `gain` and `max_slope` describe the start, before `alpha` moves.
"""

RRELU_LOW, RRELU_HIGH = 1 / 8, 1 / 3
_RRELU_MEAN = (RRELU_LOW + RRELU_HIGH) / 2

RRELU = Activation(
    name="rrelu",
    formula="z if z > 0 else 11 / 48 * z",
    derivative="1 if z > 0 else 11 / 48",
    function=lambda z: F.leaky_relu(z, _RRELU_MEAN),
    pull_back=lambda grad, z, _a: torch.ops.aten.leaky_relu_backward(grad, z, _RRELU_MEAN, self_is_result=False),
    module=nn.RReLU,
    range=(-math.inf, math.inf),
    max_slope=1.0,
    kinks=(0.0,),
    parameters="left slope drawn uniformly from 1/8 to 1/3 for each entry in training, their mean 11/48 in eval mode",
    citation="Xu, Wang, Chen, Li 2015, Empirical evaluation of rectified activations in convolutional network",
    note="All but the module describes eval mode. torch's module draws from the global generator; in a population each "
    "network draws from its own. In training, E f^2 is larger by 0.0018.",
)
"""`z` for `z > 0` and `alpha z` otherwise, `alpha` uniform on (1/8, 1/3) in training and 11/48 in eval mode.

In training `E f^2 = (1 + E alpha^2) / 2`, with `E alpha^2 = (11/48)^2 + (5/24)^2 / 12`.
"""
