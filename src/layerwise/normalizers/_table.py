"""The table of all normalizers."""

from __future__ import annotations

from torch import nn

from layerwise._base import Registry
from layerwise.normalizers._normalizer import Normalizer

_ALL = (
    Normalizer(name="none", module=None, uses_batch=False),
    Normalizer(
        name="batch",
        module=nn.BatchNorm1d,
        uses_batch=True,
        citation="Ioffe, Szegedy 2015, Batch normalization: Accelerating deep network training by reducing internal "
        "covariate shift",
    ),
    Normalizer(
        name="layer",
        module=nn.LayerNorm,
        uses_batch=False,
        citation="Ba, Kiros, Hinton 2016, Layer normalization",
    ),
)

NORMALIZERS: Registry[Normalizer] = Registry("normalizer", {entry.name: entry for entry in _ALL})
