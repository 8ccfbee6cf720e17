"""A recipe by what somebody types: the name of a preset, or a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerwise.models import Recipe


def named_recipe(name: str) -> Recipe:
    """Return the preset of that name, or what the file of that name holds."""
    from layerwise.models import PRESETS, read_recipe

    is_file = name not in PRESETS and (Path(name).suffix or Path(name).exists())
    return read_recipe(name) if is_file else PRESETS[name]
