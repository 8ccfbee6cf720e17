"""NumPy's .npz files."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING

import numpy as np

from layerwise._base import InvalidInput, Text
from layerwise.data._data import Data
from layerwise.data._types import Array, Task

if TYPE_CHECKING:
    from pathlib import Path

_PAIRS = (("x", "y"), ("features", "targets"), ("data", "target"), ("x_train", "y_train"))


def read_npz(path: Path) -> dict[str, Array]:
    """Return the arrays in `path`. Pickled objects are never read; a damaged file raises `InvalidInput`."""
    try:
        with path.open("rb") as stream:  # numpy leaves what it opened itself open if it is no zip file
            file = np.load(stream, allow_pickle=False)
            if isinstance(file, np.ndarray):
                return {}  # one array of no name: what `np.save` writes
            return {key: file[key] for key in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise InvalidInput(
            f"The file '{path}' must be a whole .npz file of plain arrays",
            got=Text(str(error) or type(error).__name__),
            cure="Copy it again, or write it with `np.savez(path, X=..., y=...)`; object arrays are not read.",
        ) from None


def data_from_npz(path: Path, name: str, task: Task | None) -> Data:
    """Return `Data` from X and y (or features and targets, or x_train ... y_test, whose test part is kept)."""
    arrays = read_npz(path)
    by_name = {key.lower(): array for key, array in arrays.items()}
    for x, y in _PAIRS:
        if x in by_name and y in by_name:
            features, targets, n_test = _with_test(by_name, x, y)
            return Data.create(name, features, targets, task=task, n_fixed_test=n_test, source=str(path))
    raise InvalidInput(
        f"The file '{path}' must have arrays X and y (or features and targets, or x_train and y_train)",
        got=Text(f"the arrays {', '.join(arrays) or 'with no names at all'}"),
        cure="Write it with `np.savez(path, X=..., y=...)`.",
    )


def _with_test(arrays: dict[str, Array], x: str, y: str) -> tuple[Array, Array, int]:
    if x != "x_train" or not {"x_test", "y_test"} <= arrays.keys():
        return arrays[x], arrays[y], 0
    parts = [(arrays["x_train"], arrays["x_test"]), (arrays["y_train"], arrays["y_test"])]
    try:
        features, targets = (np.concatenate(pair) for pair in parts)
    except ValueError as error:
        raise InvalidInput("Training and test rows must have the same form", got=Text(str(error))) from None
    for key in ("train", "test"):
        if len(arrays[f"x_{key}"]) != len(arrays[f"y_{key}"]):
            raise InvalidInput(
                f"x_{key} and y_{key} must have as many rows",
                got=Text(f"{len(arrays[f'x_{key}'])} and {len(arrays[f'y_{key}'])}"),
            )
    return features, targets, len(arrays["y_test"])
