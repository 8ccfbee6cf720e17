"""A ground on which every experiment is over in a second: few rows, few seeds, few epochs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from layerwise.data import digits
from layerwise.lecture._ground import Ground
from layerwise.models import Recipe


@dataclass(frozen=True)
class Brief(Ground):
    """Trains as `Ground` does, for three epochs."""

    def fit(self, recipes, seeds, **options):
        several = [recipes] if isinstance(recipes, Recipe) else recipes
        return super().fit([one.replace(epochs=3, pretraining_epochs=1) for one in several], seeds, **options)


def brief_ground() -> Brief:
    whole = digits()
    return Brief(replace(whole, features=whole.features[:130], targets=whole.targets[:130]), seeds=2)
