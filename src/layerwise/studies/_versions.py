"""With what a study was made."""

from __future__ import annotations

import platform
from importlib.metadata import version


def versions() -> dict[str, str]:
    """Return the versions of layerwise, its libraries and Python, and the kind of machine."""
    from layerwise import __version__

    found = {name: version(name) for name in ("torch", "numpy", "scikit-learn")}
    machine = f"{platform.system()} {platform.machine()}"
    return {"layerwise": __version__, **found, "python": platform.python_version(), "machine": machine}
