"""Initializers: fill a weight of torch's layout [fan_out, fan_in] in place and return it."""

from layerwise.initializers._delta_orthogonal import delta_orthogonal_
from layerwise.initializers._identity import dirac_, identity_
from layerwise.initializers._initializer import Initializer
from layerwise.initializers._orthogonal import orthogonal_
from layerwise.initializers._plain import constant_, normal_, uniform_, zeros_
from layerwise.initializers._sparse import sparse_
from layerwise.initializers._table import INITIALIZERS
from layerwise.initializers._truncated import truncated_normal_
from layerwise.initializers._variance_scaling import (
    glorot_normal_,
    glorot_uniform_,
    he_normal_,
    he_uniform_,
    lecun_normal_,
    lecun_uniform_,
    torch_default_,
    torch_default_bias_,
    variance_scaling_,
)

__all__ = [
    "INITIALIZERS",
    "Initializer",
    "constant_",
    "delta_orthogonal_",
    "dirac_",
    "glorot_normal_",
    "glorot_uniform_",
    "he_normal_",
    "he_uniform_",
    "identity_",
    "lecun_normal_",
    "lecun_uniform_",
    "normal_",
    "orthogonal_",
    "sparse_",
    "torch_default_",
    "torch_default_bias_",
    "truncated_normal_",
    "uniform_",
    "variance_scaling_",
    "zeros_",
]
