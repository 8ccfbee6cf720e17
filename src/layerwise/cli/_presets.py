"""`layerwise presets`: the recipes there are."""

from __future__ import annotations


def presets() -> None:
    """List the presets: what each consists of, and where it comes from."""
    from layerwise.models import PRESETS

    for recipe in PRESETS.values():
        print(f"{recipe}\n    {recipe.source}")
