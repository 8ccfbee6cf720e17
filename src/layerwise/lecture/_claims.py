"""The table of claims, in the lecture's order."""

from __future__ import annotations

from layerwise._base import Registry
from layerwise.lecture import backprop, batchnorm, since, units, unsupervised, weights
from layerwise.lecture._claim import Claim

_MODULES = (backprop, unsupervised, units, weights, batchnorm, since)

CLAIMS: Registry[Claim] = Registry("claim", {one.id: one for module in _MODULES for one in module.CLAIMS})
"""From C1.1 to C6.4."""
