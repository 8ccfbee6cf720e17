"""The table of claims, in the lecture's order."""

from __future__ import annotations

from layerwise._base import Registry
from layerwise.lecture import backprop
from layerwise.lecture._claim import Claim

CLAIMS: Registry[Claim] = Registry("claim", {one.id: one for one in (*backprop.CLAIMS,)})
"""From C1.1 to C6.4."""
