"""Initializers: of a weight in torch's layout [fan_out, fan_in], filled in place, and of whole models.

On models they return a `Change` for each parameter: what it was, what it is, and why, also where it was left alone.
"""

from layerwise.initializers._branch_scalars import re_zero_, skip_init_
from layerwise.initializers._critical import critical_
from layerwise.initializers._data_dependent import data_dependent_
from layerwise.initializers._delta_orthogonal import delta_orthogonal_
from layerwise.initializers._fixup import fixup_
from layerwise.initializers._identity import dirac_, identity_
from layerwise.initializers._initialize import initialize_
from layerwise.initializers._initializer import Initializer, Spread
from layerwise.initializers._lsuv import lsuv_
from layerwise.initializers._orthogonal import orthogonal_
from layerwise.initializers._plain import constant_, normal_, uniform_, zeros_
from layerwise.initializers._scale_branches import scale_branches_
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
    "Spread",
    "constant_",
    "critical_",
    "data_dependent_",
    "delta_orthogonal_",
    "dirac_",
    "fixup_",
    "glorot_normal_",
    "glorot_uniform_",
    "he_normal_",
    "he_uniform_",
    "identity_",
    "initialize_",
    "lecun_normal_",
    "lecun_uniform_",
    "lsuv_",
    "normal_",
    "orthogonal_",
    "re_zero_",
    "scale_branches_",
    "skip_init_",
    "sparse_",
    "torch_default_",
    "torch_default_bias_",
    "truncated_normal_",
    "uniform_",
    "variance_scaling_",
    "zeros_",
]
