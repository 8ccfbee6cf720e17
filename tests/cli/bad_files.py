"""Files that are no data, or the wrong data, each made in the current folder under the name that comes back."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pandas as pd

X = np.random.default_rng(0).normal(size=(60, 3))
Y = np.arange(60) % 3
IDX = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
IMAGES = np.random.default_rng(1).integers(0, 256, (60, 4, 4))
LABELS = np.arange(60) % 10


def changed(values, row, column, value):
    """Return a copy with one cell changed."""
    copy = np.array(values, dtype=object if isinstance(value, str) else float)
    copy[row, column] = value
    return copy


def csv(x=X, y=Y):
    pd.DataFrame(x, columns=list("abc")).assign(label=y).to_csv("my.csv", index=False)
    return "my.csv"


def text(content, name="my.csv"):
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def npz(**arrays):
    np.savez("my.npz", **arrays)
    return "my.npz"


def parquet():
    pd.DataFrame(X, columns=list("abc")).assign(label=Y).to_parquet("my.parquet")
    return "my.parquet"


def cut(name):
    """Leave half of a file."""
    content = Path(name).read_bytes()
    return text(content[: len(content) // 2], name)


def spoilt(name, start, n):
    """Put zeros where something else was."""
    content = bytearray(Path(name).read_bytes())
    content[start : start + n] = bytes(n)
    return text(bytes(content), name)


def mnist(train_images=IMAGES, train_labels=LABELS, missing=0):
    """The four files in the folder `mnist`; the first lacks its last `missing` bytes, before it is zipped."""
    Path("mnist").mkdir()
    for place, array in enumerate((train_images, train_labels, IMAGES, LABELS)):
        content = _idx(array)
        packed = gzip.compress(content[: len(content) - missing] if place == 0 else content)
        Path("mnist", IDX[place]).write_bytes(packed)
    return f"mnist/{IDX[0]}"


def _idx(array):
    head = struct.pack(f">I{array.ndim}I", 0x800 + array.ndim, *array.shape)
    return head + array.astype(np.uint8).tobytes()
