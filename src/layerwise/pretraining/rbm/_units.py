"""The kinds of units."""

from __future__ import annotations

from layerwise._base import Registry
from layerwise.pretraining.rbm._bernoulli import Bernoulli
from layerwise.pretraining.rbm._gaussian import Gaussian
from layerwise.pretraining.rbm._rectified import Rectified
from layerwise.pretraining.rbm._unit import Unit

UNITS: Registry[Unit] = Registry("kind of unit", {unit.name: unit for unit in (Bernoulli(), Gaussian(), Rectified())})
"""The kinds by name; a `Gaussian(...)` with settings of its own is handed in as it is."""


def as_unit(unit: str | Unit) -> Unit:
    """Return the unit of this name, or the unit itself."""
    return unit if isinstance(unit, Unit) else UNITS[unit]
