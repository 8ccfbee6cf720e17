"""Find out why a deep network does not train, make it train, and prove that it did.

Names are loaded when they are first used, so `import layerwise` has no side effects and needs no torch.

Example:
    >>> import layerwise as lw
    >>> recipe = lw.PRESETS["relu_he_2015"]
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerwise import activations, data, initializers, normalizers, pretraining, records, stats, theory, tracing
    from layerwise.models import MLP, PRESETS, Conv, Optimizer, Pretraining, Recipe, Training, build, predict
    from layerwise.population import fit, stack, unstack
    from layerwise.pretraining import pretrain
    from layerwise.studies import Study, compare, trainability_map

__version__ = "0.1.0"

__all__ = [
    "MLP",
    "PRESETS",
    "Conv",
    "Optimizer",
    "Pretraining",
    "Recipe",
    "Study",
    "Training",
    "activations",
    "build",
    "compare",
    "data",
    "fit",
    "initializers",
    "normalizers",
    "predict",
    "pretrain",
    "pretraining",
    "records",
    "stack",
    "stats",
    "theory",
    "tracing",
    "trainability_map",
    "unstack",
]

_ROOMS = (
    "activations",
    "data",
    "initializers",
    "normalizers",
    "pretraining",
    "records",
    "stats",
    "theory",
    "tracing",
)
_NAMES = {
    "models": ("MLP", "PRESETS", "Conv", "Optimizer", "Pretraining", "Recipe", "Training", "build", "predict"),
    "population": ("fit", "stack", "unstack"),
    "pretraining": ("pretrain",),
    "studies": ("Study", "compare", "trainability_map"),
}
_ROOM_OF = {name: room for room, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _ROOMS:
        return import_module(f"layerwise.{name}")
    if name not in _ROOM_OF:
        raise AttributeError(_unknown(name), name=name)
    value: object = getattr(import_module(f"layerwise.{_ROOM_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _unknown(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name, __all__, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    return f"module 'layerwise' has no attribute {name!r}.{hint}"
