"""`layerwise presets`: the recipes there are."""

from __future__ import annotations

import textwrap


def presets() -> None:
    """List the presets: what each consists of, and where it comes from."""
    from layerwise.models import PRESETS

    for recipe in PRESETS.values():
        print(_wrapped(str(recipe), ""))
        print(_wrapped(recipe.source, "    "))


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(text, 80, initial_indent=indent, subsequent_indent="    ", break_on_hyphens=False)
