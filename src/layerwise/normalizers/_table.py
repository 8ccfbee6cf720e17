"""The table of all normalizers that a recipe can name."""

from __future__ import annotations

from torch import nn

from layerwise._base import Registry
from layerwise.activations import moments
from layerwise.normalizers._dyt import DyT
from layerwise.normalizers._ghost import GHOST_SIZE, GhostBatchNorm
from layerwise.normalizers._group import GROUP_SIZE, group_norm
from layerwise.normalizers._normalizer import Normalizer
from layerwise.normalizers._renorm import BatchRenorm
from layerwise.theory import batch_norm_gradient_growth


def _rms_norm(n_units: int) -> nn.RMSNorm:
    # the eps of layer and batch normalization, so that they differ in what they are compared for
    return nn.RMSNorm(n_units, eps=1e-5)


def _chi_1(activation: str) -> float:
    # every example keeps q = 1 by itself, so that batches play no part: E f'^2 / E f^2
    return moments(activation).chi_1


_ALL = (
    Normalizer(name="none", module=None),
    Normalizer(
        name="batch",
        module=nn.BatchNorm1d,
        formula="gamma * (x - mean) / sqrt(var + eps) + beta",
        over="the batch",
        uses_batch=True,
        gradient_growth=batch_norm_gradient_growth,
        citation="Ioffe, Szegedy 2015, Batch normalization: Accelerating deep network training by reducing internal "
        "covariate shift",
    ),
    Normalizer(
        name="ghost_batch",
        module=GhostBatchNorm,
        formula="gamma * (x - mean) / sqrt(var + eps) + beta",
        over=f"{GHOST_SIZE} or more of the batch",
        uses_batch=True,
        citation="Hoffer, Hubara, Soudry 2017, Train longer, generalize better: closing the generalization gap in "
        "large batch training of neural networks",
    ),
    Normalizer(
        name="batch_renorm",
        module=BatchRenorm,
        formula="gamma * (r * (x - mean) / sqrt(var + eps) + d) + beta",
        over="the batch",
        uses_batch=True,
        citation="Ioffe 2017, Batch renormalization: Towards reducing minibatch dependence in batch-normalized models",
    ),
    Normalizer(
        name="layer",
        module=nn.LayerNorm,
        formula="gamma * (x - mean) / sqrt(var + eps) + beta",
        over="the units",
        gradient_growth=_chi_1,
        citation="Ba, Kiros, Hinton 2016, Layer normalization",
    ),
    Normalizer(
        name="rms",
        module=_rms_norm,
        formula="gamma * x / sqrt(mean_square + eps)",
        over="the units",
        gradient_growth=_chi_1,
        citation="Zhang, Sennrich 2019, Root mean square layer normalization",
    ),
    Normalizer(
        name="group",
        module=group_norm,
        formula="gamma * (x - mean) / sqrt(var + eps) + beta",
        over=f"{GROUP_SIZE} or more of the units",
        citation="Wu, He 2018, Group normalization",
    ),
    Normalizer(
        name="dyt",
        module=DyT,
        formula="gamma * tanh(alpha * x) + beta",
        citation="Zhu, Chen, He, LeCun, Liu 2025, Transformers without normalization",
    ),
)

NORMALIZERS: Registry[Normalizer] = Registry("normalizer", {entry.name: entry for entry in _ALL})

NOT_A_LAYER = {
    "instance": "Instance normalization takes its statistics over the places of one channel of one example; a dense "
    "unit has one place, so that all would become 0. Use 'layer' or 'group'.",
    "weight_norm": "It acts on weights and is no layer: use `layerwise.normalizers.weight_norm_(model)`.",
    "weight_standardization": "It acts on weights and is no layer: use "
    "`layerwise.normalizers.standardize_weights_(model)`.",
}
"""Normalizers that a recipe's dense layers can't have, and what to do instead."""
