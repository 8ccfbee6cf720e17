"""The table of all initializers that a recipe can name."""

from __future__ import annotations

import math

from layerwise._base import Registry
from layerwise.initializers import _plain, _variance_scaling
from layerwise.initializers._identity import identity_
from layerwise.initializers._initializer import Initializer, Spread
from layerwise.initializers._orthogonal import orthogonal_
from layerwise.initializers._sparse import sparse_
from layerwise.initializers._truncated import CUT, TRUNCATED_STD, truncated_normal_

_LECUN = "LeCun, Bottou, Orr, Müller 1998, Efficient BackProp"
_GLOROT = "Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks"
_HE = "He, Zhang, Ren, Sun 2015, Delving deep into rectifiers"
_SAXE = (
    "Saxe, McClelland, Ganguli 2014, Exact solutions to the nonlinear dynamics of learning in deep linear neural "
    "networks"
)
_BACKPROP = "Rumelhart, Hinton, Williams 1986, Learning representations by back-propagating errors"
_JOHNSON = "Johnson, Kotz, Balakrishnan 1994, Continuous univariate distributions, volume 1"
_LE = "Le, Jaitly, Hinton 2015, A simple way to initialize recurrent networks of rectified linear units"
_MARTENS = "Martens 2010, Deep learning via Hessian-free optimization"


def _normal(variance: float) -> Spread:
    return Spread(variance)


def _uniform(variance: float) -> Spread:
    return Spread(variance, bound=math.sqrt(3 * variance))


def _constant(value: float) -> Spread:
    return Spread(value**2, bound=abs(value), mean=value)


_ALL = (
    Initializer(
        name="zeros", formula="0", function=_plain.zeros_, spread=lambda i, o: _constant(0.0), citation=_BACKPROP
    ),
    Initializer(
        name="constant",
        formula="value^2",
        function=_plain.constant_,
        spread=lambda i, o, value: _constant(value),
        options=("value",),
        citation=_BACKPROP,
    ),
    Initializer(
        name="normal",
        formula="std^2",
        function=_plain.normal_,
        spread=lambda i, o, std: _normal(std**2),
        options=("std",),
        citation=_BACKPROP,
    ),
    Initializer(
        name="uniform",
        formula="bound^2 / 3",
        function=_plain.uniform_,
        spread=lambda i, o, bound: _uniform(bound**2 / 3),
        options=("bound",),
        citation=_BACKPROP,
    ),
    Initializer(
        name="truncated_normal",
        formula="std^2",
        function=truncated_normal_,
        spread=lambda i, o, std: Spread(std**2, bound=CUT / TRUNCATED_STD * std),
        options=("std",),
        citation=_JOHNSON,
    ),
    Initializer(
        name="lecun_normal",
        formula="gain^2 / fan_in",
        function=_variance_scaling.lecun_normal_,
        spread=lambda i, o, gain: _normal(gain**2 / i),
        options=("gain",),
        citation=_LECUN,
    ),
    Initializer(
        name="lecun_uniform",
        formula="gain^2 / fan_in",
        function=_variance_scaling.lecun_uniform_,
        spread=lambda i, o, gain: _uniform(gain**2 / i),
        options=("gain",),
        citation=_LECUN,
    ),
    Initializer(
        name="glorot_normal",
        formula="2 * gain^2 / (fan_in + fan_out)",
        function=_variance_scaling.glorot_normal_,
        spread=lambda i, o, gain: _normal(2 * gain**2 / (i + o)),
        options=("gain",),
        citation=_GLOROT,
    ),
    Initializer(
        name="glorot_uniform",
        formula="2 * gain^2 / (fan_in + fan_out)",
        function=_variance_scaling.glorot_uniform_,
        spread=lambda i, o, gain: _uniform(2 * gain**2 / (i + o)),
        options=("gain",),
        citation=_GLOROT,
    ),
    Initializer(
        name="he_normal",
        formula="2 / fan_in",
        function=_variance_scaling.he_normal_,
        spread=lambda i, o: _normal(2 / i),
        citation=_HE,
    ),
    Initializer(
        name="he_uniform",
        formula="2 / fan_in",
        function=_variance_scaling.he_uniform_,
        spread=lambda i, o: _uniform(2 / i),
        citation=_HE,
    ),
    Initializer(
        name="orthogonal",
        formula="gain^2 / max(fan_in, fan_out)",
        function=orthogonal_,
        spread=lambda i, o, gain: Spread(gain**2 / max(i, o), bound=abs(gain)),
        options=("gain",),
        citation=_SAXE,
    ),
    Initializer(
        name="identity",
        formula="gain^2 / max(fan_in, fan_out)",
        function=identity_,
        spread=lambda i, o, gain: Spread(gain**2 / max(i, o), bound=abs(gain), mean=gain / max(i, o)),
        options=("gain",),
        citation=_LE,
    ),
    Initializer(
        name="sparse",
        formula="std^2 * n_connections / fan_in",  # of at least so many inputs
        function=sparse_,
        spread=lambda i, o, std, n_connections: Spread(std**2 * min(n_connections / i, 1)),
        options=("std", "n_connections"),
        citation=_MARTENS,
    ),
    Initializer(
        name="torch_default",
        formula="1 / (3 * fan_in)",
        function=_variance_scaling.torch_default_,
        spread=lambda i, o: _uniform(1 / (3 * i)),
        citation=_LECUN,
    ),
)

INITIALIZERS: Registry[Initializer] = Registry("initializer", {entry.name: entry for entry in _ALL})
