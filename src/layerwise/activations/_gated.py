"""Activations that multiply the pre-activation by a gate of itself: gelu, silu.

Both dip below zero, so their slope passes through 0 near -0.75 (gelu) and -1.28 (silu). Units there are not saturated:
only the left tail counts as flat.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  the name torch's own texts use

from layerwise.activations._activation import Activation

GELU = Activation(
    name="gelu",
    function=F.gelu,
    pull_back=lambda grad, z, _a: torch.ops.aten.gelu_backward(grad, z, approximate="none"),
    module=nn.GELU,
    range=(-0.16997120747990369, math.inf),
    gain=(1 / 3 + 1 / (2 * math.pi * math.sqrt(3))) ** -0.5,
    max_slope=1.128904145185155,  # at z = sqrt(2)
    flat_below=-2.2785606938035556,
    citation="Hendrycks, Gimpel 2016, Gaussian error linear units",
    note="The exact form z Phi(z), with the error function; the gain of the tanh approximation is 1.53358.",
)

SILU = Activation(
    name="silu",
    function=F.silu,
    pull_back=lambda grad, z, _a: torch.ops.aten.silu_backward(grad, z),
    module=nn.SiLU,
    range=(-0.2784645427610738, math.inf),
    gain=1.6765324703310909,
    max_slope=1.0998393201288668,  # at z = 2.3994
    flat_below=-3.9298973160966493,
    citation="Elfwing, Uchibe, Doya 2018, Sigmoid-weighted linear units for neural network function approximation in "
    "reinforcement learning",
    note="Also called swish (Ramachandran, Zoph, Le 2017).",
)
