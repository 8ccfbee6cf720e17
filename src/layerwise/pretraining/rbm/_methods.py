"""The ways to run the negative phase."""

from __future__ import annotations

from layerwise.pretraining.rbm._chains import Chains, FromData, Persistent
from layerwise.pretraining.rbm._tempered import Tempered

CHAINS: dict[str, type[Chains]] = {"cd": FromData, "pcd": Persistent, "tempering": Tempered}
