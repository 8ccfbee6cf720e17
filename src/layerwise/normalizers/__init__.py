"""Normalizers: layers that set mean and variance of the signal."""

from layerwise.normalizers._normalizer import Normalizer
from layerwise.normalizers._table import NORMALIZERS

__all__ = ["NORMALIZERS", "Normalizer"]
