"""Pickles that may hold numbers and text, and nothing that runs."""

from __future__ import annotations

import codecs
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from layerwise._base import InvalidInput, Text

if TYPE_CHECKING:
    from pathlib import Path

# What a pickled array is rebuilt with, by numpy's own account; old files name it by its old place.
_RECONSTRUCT = np.empty(0).__reduce__()[0]
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): codecs.encode,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is not allowed") from None


def read_pickle(path: Path) -> dict[bytes, Any]:
    """Return the dictionary in `path`, as Python 2 wrote it. Anything but plain values and arrays is refused unread."""
    try:
        with path.open("rb") as file:
            found = _Reader(file, encoding="bytes").load()
    except Exception as error:  # noqa: BLE001 - damaged pickles raise nearly anything
        raise _bad(path, str(error) or type(error).__name__) from None
    if not isinstance(found, dict):
        raise _bad(path, f"a {type(found).__name__}")
    return found


def _bad(path: Path, got: str) -> InvalidInput:
    return InvalidInput(
        f"The file '{path}' must be a pickled dictionary of arrays", got=Text(got), cure="Copy or download it again."
    )
