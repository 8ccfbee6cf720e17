"""What is known about a normalizer, in words: for the command line and for the documentation."""

from __future__ import annotations

from layerwise.normalizers._calibrate import ON_CHANNELS
from layerwise.normalizers._normalizer import Normalizer

UNITS = 64
"""Those of the layer that is shown."""

_NAMES = {"weight": "gamma", "bias": "beta"}  # torch's, the formulas'


def row(entry: Normalizer) -> dict[str, str]:
    """Return one entry's cells, heading to text.

    Example:
        >>> from layerwise.normalizers import NORMALIZERS
        >>> list(row(NORMALIZERS["rms"]).values())
        ['rms', 'the units', 'no', 'gamma', 'dense']
    """
    return {
        "name": entry.name,
        "statistics over": entry.over or "-",
        "batch": "yes" if entry.uses_batch else "no",
        "learned": ", ".join(_learned(entry)) or "-",
        "layers": _layers(entry),
    }


def facts(entry: Normalizer) -> dict[str, str]:
    """Return all that is known about one entry, label to text; what does not apply is empty."""
    if entry.module is None:
        return {"in short": "No layer is added."}
    return {
        "y": entry.formula,
        "statistics over": entry.over or "nothing",
        "learned": ", ".join(f"{name} {values}" for name, values in _learned(entry).items()),
        "batch": "an example's output depends on the others, in training" if entry.uses_batch else "plays no part",
        "in evaluation": "running statistics stand for the batch's" if entry.uses_batch else "the same as in training",
        "layers": _layers(entry),
        "growth": _growth(entry),
        "module": repr(entry.module(UNITS)),
        "source": entry.citation,
    }


def _learned(entry: Normalizer) -> dict[str, str]:
    """Return the learned numbers: the name in the formula to how many there are and where they start."""
    parameters = {} if entry.module is None else dict(entry.module(UNITS).named_parameters())
    return {
        _NAMES.get(name, name): f"({'one for each unit' if len(p) == UNITS else 'one'}, from {p[0].item():g})"
        for name, p in parameters.items()
    }


def _layers(entry: Normalizer) -> str:
    if entry.module is None:
        return "-"
    return "dense, conv" if entry.name in ON_CHANNELS else "dense"


def _growth(entry: Normalizer) -> str:
    if entry.gradient_growth is None:
        return ""
    growth = ", ".join(f"{name} {entry.gradient_growth(name):.6g}" for name in ("relu", "tanh"))
    return f"{growth}: factor by which the squared gradient grows per layer at the start of a deep network"
