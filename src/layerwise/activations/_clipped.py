"""Activations that are straight between two bends and constant beyond: hardtanh, hard_sigmoid, relu6."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812  the name torch's own texts use

from layerwise.activations._activation import Activation

HARDTANH = Activation(
    name="hardtanh",
    formula="min(max(z, -1), 1)",
    derivative="1 if -1 < z < 1 else 0",
    function=F.hardtanh,
    pull_back=lambda grad, z, _a: torch.ops.aten.hardtanh_backward(grad, z, -1, 1),
    module=nn.Hardtanh,
    range=(-1.0, 1.0),
    max_slope=1.0,
    zero_centered=True,
    kinks=(-1.0, 1.0),
    dead_below=-1.0,
    dead_above=1.0,
    citation="Collobert 2004, Large scale machine learning (thesis, Paris 6)",
)

HARD_SIGMOID = Activation(
    name="hard_sigmoid",
    formula="min(max(z + 3, 0), 6) / 6",
    derivative="1 / 6 if -3 < z < 3 else 0",
    function=F.hardsigmoid,
    pull_back=lambda grad, z, _a: torch.ops.aten.hardsigmoid_backward(grad, z),
    module=nn.Hardsigmoid,
    range=(0.0, 1.0),
    max_slope=1 / 6,
    kinks=(-3.0, 3.0),
    dead_below=-3.0,
    dead_above=3.0,
    citation="Courbariaux, Bengio, David 2015, BinaryConnect: training deep neural networks with binary weights during "
    "propagations",
    note="torch's, of slope 1/6 (its backward pass has float32's 1/6, 3e-8 off). That of the paper has the slope 1/2, "
    "that of Keras before version 3 the slope 1/5.",
)

RELU6 = Activation(
    name="relu6",
    formula="min(max(z, 0), 6)",
    derivative="1 if 0 < z < 6 else 0",
    function=F.relu6,
    pull_back=lambda grad, z, _a: torch.ops.aten.hardtanh_backward(grad, z, 0, 6),
    module=nn.ReLU6,
    range=(0.0, 6.0),
    max_slope=1.0,
    kinks=(0.0, 6.0),
    dead_below=0.0,
    dead_above=6.0,
    citation="Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
)
