"""Activations that multiply the pre-activation by a gate of itself: gelu, gelu_tanh, silu, mish, hardswish.

All dip below zero, so their slope passes through 0: near -0.75 (gelu), -1.28 (silu), -1.19 (mish), at -1.5 (hardswish).
Units there are not saturated: only the left tail counts as flat.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  the name torch's own texts use

from layerwise.activations._activation import Activation

GELU = Activation(
    name="gelu",
    formula="z * Phi(z)",
    derivative="Phi(z) + z * exp(-z^2 / 2) / sqrt(2 * pi)",
    function=F.gelu,
    pull_back=lambda grad, z, _a: torch.ops.aten.gelu_backward(grad, z, approximate="none"),
    module=nn.GELU,
    range=(-0.16997120747990369, math.inf),
    max_slope=1.128904145185155,  # at z = sqrt(2)
    flat_below=-2.2785606938035556,
    citation="Hendrycks, Gimpel 2016, Gaussian error linear units",
    note="The exact form z Phi(z), with the error function; gelu_tanh is its approximation.",
)

_SCALE = "sqrt(2 / pi)"
_INNER = f"{_SCALE} * (z + 0.044715 * z^3)"

GELU_TANH = Activation(
    name="gelu_tanh",
    formula=f"z / 2 * (1 + tanh({_INNER}))",
    derivative=f"(1 + tanh({_INNER})) / 2 + z / 2 * (1 - tanh({_INNER})^2) * {_SCALE} * (1 + 0.134145 * z^2)",
    function=lambda z: F.gelu(z, approximate="tanh"),
    pull_back=lambda grad, z, _a: torch.ops.aten.gelu_backward(grad, z, approximate="tanh"),
    module=lambda: nn.GELU(approximate="tanh"),
    range=(-0.17004075057125405, math.inf),
    max_slope=1.1289930686587718,  # at z = 1.4185
    flat_below=-2.2857000662662843,
    citation="Hendrycks, Gimpel 2016, Gaussian error linear units",
    note="The approximation of gelu that GPT-2 uses; they differ by less than 5e-4.",
)

SILU = Activation(
    name="silu",
    formula="z / (1 + exp(-z))",
    derivative="(1 + exp(-z) + z * exp(-z)) / (1 + exp(-z))^2",
    function=F.silu,
    pull_back=lambda grad, z, _a: torch.ops.aten.silu_backward(grad, z),
    module=nn.SiLU,
    range=(-0.2784645427610738, math.inf),
    max_slope=1.0998393201288668,  # at z = 2.3994
    flat_below=-3.9298973160966493,
    citation="Elfwing, Uchibe, Doya 2018, Sigmoid-weighted linear units for neural network function approximation in "
    "reinforcement learning",
    note="Also called swish (Ramachandran, Zoph, Le 2017), and found under that name too.",
)

_OMEGA = "exp(z) * (4 * (z + 1) + 4 * exp(2 * z) + exp(3 * z) + exp(z) * (4 * z + 6))"

MISH = Activation(
    name="mish",
    formula="z * tanh(log(1 + exp(z)))",
    derivative=f"{_OMEGA} / (2 * exp(z) + exp(2 * z) + 2)^2",
    function=F.mish,
    pull_back=lambda grad, z, _a: torch.ops.aten.mish_backward(grad, z),
    module=nn.Mish,
    range=(-0.3088434130172504, math.inf),
    max_slope=1.0884981612517279,  # at z = 1.4906
    flat_below=-3.981251494912804,
    citation="Misra 2020, Mish: a self regularized non-monotonic activation function",
)

HARDSWISH = Activation(
    name="hardswish",
    formula="z * min(max(z + 3, 0), 6) / 6",
    derivative="0 if z <= -3 else z / 3 + 0.5 if z < 3 else 1",
    function=F.hardswish,
    pull_back=lambda grad, z, _a: torch.ops.aten.hardswish_backward(grad, z),
    module=nn.Hardswish,
    range=(-0.375, math.inf),
    max_slope=1.5,  # just left of 3
    kinks=(-3.0, 3.0),
    dead_below=-3.0,
    citation="Howard and others 2019, Searching for MobileNetV3",
)
