"""MNIST and Fashion-MNIST, from their four original files or from OpenML."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from layerwise._base import InvalidInput, Text
from layerwise.data._arrays import pixels
from layerwise.data._data import Data
from layerwise.data._folders import candidates, fetch, from_folders, not_found
from layerwise.data._idx import read_idx
from layerwise.data._types import Array

_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_N_TEST = 10_000
_DIGITS = tuple("0123456789")
_CLOTHES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def mnist(folder: str | os.PathLike[str] | None = None) -> Data:
    """Return 70,000 handwritten digits of 28 x 28 pixels in [0, 1]; the last 10,000 are the official test part.

    Read from the four original idx files, gzipped or not, in `folder`, `folder`/mnist or `folder`/MNIST/raw. Without
    `folder`: in mnist or MNIST/raw under the folder in the environment's LAYERWISE_DATA, under ./data and under
    ../shared/data; else from OpenML through scikit-learn, which keeps a copy. `InvalidInput` if none has it, or if a
    file is damaged.

    References:
        LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning applied to document
        recognition. Proceedings of the IEEE 86.
    """
    return _load("mnist", folder, "MNIST/raw", "mnist_784", _DIGITS)


def fashion_mnist(folder: str | os.PathLike[str] | None = None) -> Data:
    """Return 70,000 pictures of clothes, in the form of MNIST and found as `mnist` is (torchvision: FashionMNIST/raw).

    References:
        Xiao, H., Rasul, K. and Vollgraf, R. (2017). Fashion-MNIST: a novel image dataset for benchmarking machine
        learning algorithms. arXiv:1708.07747.
    """
    return _load("fashion-mnist", folder, "FashionMNIST/raw", "Fashion-MNIST", _CLOTHES)


def _load(
    name: str, folder: str | os.PathLike[str] | None, nested: str, openml_name: str, classes: tuple[str, ...]
) -> Data:
    folders = candidates(name, folder, nested)
    found = from_folders(folders, lambda place: _read(place, name, classes))
    if found is not None:
        return found
    wanted = f"{', '.join(_FILES)}, each with or without .gz"
    if folder is not None:
        raise not_found(name, folders, wanted)
    try:
        images, labels = fetch(openml_name)
    except OSError as error:
        raise not_found(name, folders, wanted, str(error)) from None
    return _data(name, images, labels.astype(np.int64), classes, _N_TEST, f"OpenML, {openml_name} version 1")


def _read(folder: Path, name: str, classes: tuple[str, ...]) -> Data | None:
    paths = [_existing(folder, file) for file in _FILES]
    if not all(paths):
        return None
    train_x, train_y, test_x, test_y = (read_idx(path, 3 - 2 * (i % 2)) for i, path in enumerate(filter(None, paths)))
    _check_pairs(paths[1], train_x, train_y)
    _check_pairs(paths[3], test_x, test_y)
    images, labels = np.concatenate([train_x, test_x]), np.concatenate([train_y, test_y])
    return _data(name, images, labels, classes, len(test_x), f"idx files in {folder}")


def _check_pairs(path: Path | None, images: Array, labels: Array) -> None:
    if len(images) != len(labels):
        raise InvalidInput(
            f"The file '{path}' must hold a label for each image",
            got=Text(f"{len(labels)} labels and {len(images)} images"),
            cure="Copy or download the set again.",
        )


def _existing(folder: Path, file: str) -> Path | None:
    return next((path for path in (folder / file, folder / f"{file}.gz") if path.is_file()), None)


def _data(name: str, images: Array, labels: Array, classes: tuple[str, ...], n_test: int, source: str) -> Data:
    return Data.create(name, pixels(images), labels, kind="image", classes=classes, n_fixed_test=n_test, source=source)
