"""Normalizers: layers that set mean and variance of the signal, and what is done with them on whole models."""

from layerwise.normalizers._calibrate import ON_CHANNELS, new_normalizer
from layerwise.normalizers._dyt import DyT
from layerwise.normalizers._fold import fold
from layerwise.normalizers._ghost import GhostBatchNorm
from layerwise.normalizers._group import group_count, group_norm
from layerwise.normalizers._normalizer import Normalizer
from layerwise.normalizers._recalibrate import recalibrate
from layerwise.normalizers._recovery import recovering
from layerwise.normalizers._renorm import BatchRenorm
from layerwise.normalizers._surgery import Calibrated, convert, insert
from layerwise.normalizers._table import NORMALIZERS, NOT_A_LAYER
from layerwise.normalizers._weights import Standardized, standardize_weights_, weight_norm_

__all__ = [
    "NORMALIZERS",
    "NOT_A_LAYER",
    "ON_CHANNELS",
    "BatchRenorm",
    "Calibrated",
    "DyT",
    "GhostBatchNorm",
    "Normalizer",
    "Standardized",
    "convert",
    "fold",
    "group_count",
    "group_norm",
    "insert",
    "new_normalizer",
    "recalibrate",
    "recovering",
    "standardize_weights_",
    "weight_norm_",
]
