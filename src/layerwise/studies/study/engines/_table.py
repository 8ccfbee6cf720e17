"""The engines that have a name."""

from __future__ import annotations

from collections.abc import Callable

from layerwise._base import Registry
from layerwise.studies.study.engines._engine import Engine
from layerwise.studies.study.engines._joblib import Joblib
from layerwise.studies.study.engines._local import Local
from layerwise.studies.study.engines._ray import Ray

ENGINES: Registry[Callable[[], Engine]] = Registry("engine", {"local": Local, "joblib": Joblib, "ray": Ray})


def as_engine(engine: str | Engine) -> Engine:
    """Return the engine of that name, or the one given.

    Example:
        >>> as_engine("local")
        Local(n_workers=None, name='local', here=True)
    """
    return ENGINES[engine]() if isinstance(engine, str) else engine
