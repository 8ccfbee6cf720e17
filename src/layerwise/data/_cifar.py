"""CIFAR-10: Python batches, binary batches or one .npz, or from OpenML."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from layerwise._base import InvalidInput, Text
from layerwise.data._arrays import pixels
from layerwise.data._data import Data
from layerwise.data._folders import candidates, fetch, from_folders, not_found
from layerwise.data._images import channels_first
from layerwise.data._npz import read_npz
from layerwise.data._pickle import read_pickle
from layerwise.data._types import Array

_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_N_PIXELS = 3 * 32 * 32
_WANTED = (
    "data_batch_1 ... data_batch_5 and test_batch (Python version), the same with .bin (binary version), "
    "or one .npz file with x_train, y_train, x_test, y_test"
)
_KEYS = ("x_train", "y_train", "x_test", "y_test")
Batch = tuple[Array, Array]


def cifar10(folder: str | os.PathLike[str] | None = None) -> Data:
    """Return CIFAR-10: pictures of 32 x 32 pixels in [0, 1], flattened as color, row, column; ten classes.

    The official test part comes last. Read from the Python or binary batches (as many of the five as there are), or
    from one .npz file, in `folder`, `folder`/cifar10 or their subfolders of the original names. Without `folder`:
    in cifar10 under the folder in the environment's LAYERWISE_DATA, under ./data and under ../shared/data; else from
    OpenML through scikit-learn, which keeps a copy and knows of no official test part. Pickles are read without
    running anything in them. `InvalidInput` if the set is nowhere, or if a file is damaged.

    References:
        Krizhevsky, A. (2009). Learning multiple layers of features from tiny images. Technical report, University of
        Toronto.
    """
    folders = candidates("cifar10", folder, "cifar-10-batches-py")
    found = from_folders(folders, _read)
    if found is not None:
        return found
    if folder is not None:
        raise not_found("cifar10", folders, _WANTED)
    try:
        images, labels = fetch("CIFAR_10")
    except OSError as error:
        raise not_found("cifar10", folders, _WANTED, str(error)) from None
    return _data([(images, labels.astype(np.int64))], 0, "OpenML, CIFAR_10 version 1")


def _read(folder: Path) -> Data | None:
    for inner, pattern, suffix, read in _LAYOUTS:
        place = folder / inner
        train, test = sorted(place.glob(pattern)), place / f"test_batch{suffix}"
        if train and test.is_file():
            batches = [read(path) for path in (*train, test)]
            return _data(batches, len(batches[-1][1]), f"{len(batches)} batches in {place}")
    return _read_npz(folder)


def _read_npz(folder: Path) -> Data | None:
    paths = sorted(folder.glob("*.npz"))
    if len(paths) > 1:
        raise InvalidInput(
            f"The folder '{folder}' must have one .npz file", got=[p.name for p in paths], cure="Move the others away."
        )
    if not paths:
        return None
    x_train, y_train, x_test, y_test = _arrays(paths[0])
    return _data([(x_train, y_train), (x_test, y_test)], len(y_test), paths[0].name)


def _arrays(path: Path) -> list[Array]:
    arrays = read_npz(path)
    missing = [key for key in _KEYS if key not in arrays]
    if missing:
        raise InvalidInput(f"The file '{path}' must have the arrays {', '.join(_KEYS)}", got=list(arrays))
    return [_flat(arrays[key]) if key.startswith("x") else arrays[key].ravel() for key in _KEYS]


def _flat(images: Array) -> Array:
    """Colors come first, as in the original batches; most .npz files have them last."""
    return channels_first(images).reshape(len(images), -1)


def _pickled(path: Path) -> Batch:
    found = read_pickle(path)
    if b"data" not in found or b"labels" not in found:
        raise InvalidInput(f"The file '{path}' must have the entries data and labels", got=list(found))
    return np.asarray(found[b"data"]), np.asarray(found[b"labels"])


def _binary(path: Path) -> Batch:
    content = np.frombuffer(path.read_bytes(), dtype=np.uint8)
    if content.size == 0 or content.size % (1 + _N_PIXELS):
        raise InvalidInput(
            f"The file '{path}' must be made of records of {1 + _N_PIXELS} bytes",
            got=Text(f"{content.size} bytes"),
            cure="Copy or download it again.",
        )
    records = content.reshape(-1, 1 + _N_PIXELS)
    return records[:, 1:], records[:, 0]


_LAYOUTS: tuple[tuple[str, str, str, Callable[[Path], Batch]], ...] = (
    ("cifar-10-batches-py", "data_batch_[1-5]", "", _pickled),
    (".", "data_batch_[1-5]", "", _pickled),
    ("cifar-10-batches-bin", "data_batch_[1-5].bin", ".bin", _binary),
    (".", "data_batch_[1-5].bin", ".bin", _binary),
)


def _data(batches: Sequence[Batch], n_test: int, source: str) -> Data:
    for images, labels in batches:
        if images.dtype != np.uint8 or images.shape != (len(labels), _N_PIXELS):
            raise InvalidInput(
                f"CIFAR-10 pictures must be {_N_PIXELS} bytes each, with a label each",
                got=Text(f"a {images.dtype} array of shape {images.shape} and {len(labels)} labels"),
            )
    rows = pixels(np.concatenate([images for images, _ in batches]))
    labels = np.concatenate([labels for _, labels in batches])
    return Data.create("cifar10", rows, labels, kind="image", classes=_CLASSES, n_fixed_test=n_test, source=source)
