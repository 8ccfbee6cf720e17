"""The table of all initializers that a recipe can name."""

from __future__ import annotations

from layerwise._base import Registry
from layerwise.initializers import _plain, _variance_scaling
from layerwise.initializers._identity import identity_
from layerwise.initializers._initializer import Initializer
from layerwise.initializers._orthogonal import orthogonal_
from layerwise.initializers._sparse import sparse_
from layerwise.initializers._truncated import truncated_normal_

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

_ALL = (
    Initializer(name="zeros", function=_plain.zeros_, citation=_BACKPROP),
    Initializer(name="constant", function=_plain.constant_, options=("value",), citation=_BACKPROP),
    Initializer(name="normal", function=_plain.normal_, options=("std",), citation=_BACKPROP),
    Initializer(name="uniform", function=_plain.uniform_, options=("bound",), citation=_BACKPROP),
    Initializer(name="truncated_normal", function=truncated_normal_, options=("std",), citation=_JOHNSON),
    Initializer(name="lecun_normal", function=_variance_scaling.lecun_normal_, options=("gain",), citation=_LECUN),
    Initializer(name="lecun_uniform", function=_variance_scaling.lecun_uniform_, options=("gain",), citation=_LECUN),
    Initializer(name="glorot_normal", function=_variance_scaling.glorot_normal_, options=("gain",), citation=_GLOROT),
    Initializer(name="glorot_uniform", function=_variance_scaling.glorot_uniform_, options=("gain",), citation=_GLOROT),
    Initializer(name="he_normal", function=_variance_scaling.he_normal_, citation=_HE),
    Initializer(name="he_uniform", function=_variance_scaling.he_uniform_, citation=_HE),
    Initializer(name="orthogonal", function=orthogonal_, options=("gain",), citation=_SAXE),
    Initializer(name="identity", function=identity_, options=("gain",), citation=_LE),
    Initializer(name="sparse", function=sparse_, options=("std", "n_connections"), citation=_MARTENS),
    Initializer(name="torch_default", function=_variance_scaling.torch_default_, citation=_LECUN),
)

INITIALIZERS: Registry[Initializer] = Registry("initializer", {entry.name: entry for entry in _ALL})
