"""The idx format of the original MNIST files, plain or gzipped."""

from __future__ import annotations

import gzip
import math
import zlib
from typing import TYPE_CHECKING

import numpy as np

from layerwise._base import InvalidInput, Text
from layerwise.data._types import Array

if TYPE_CHECKING:
    from pathlib import Path

_GZIP = b"\x1f\x8b"
_BYTES = b"\x00\x00\x08"  # two zeros, then the type: unsigned bytes; the number of axes follows
_CURE = "Copy or download it again."


def read_idx(path: Path, n_axes: int) -> Array:
    """Return the uint8 array in `path`, of `n_axes` axes (3 for images, 1 for labels).

    The first four bytes hold the type and the number of axes (2051 for images, 2049 for labels, as one number), then
    each axis has its length in four bytes, the highest first. A file that is cut short, damaged or something else
    raises `InvalidInput` with its path.
    """
    content = _unpacked(path)
    wanted = _BYTES + bytes([n_axes])
    if content[:4] != wanted:
        raise InvalidInput(
            f"The idx file '{path}' must start with the number {int.from_bytes(wanted)}",
            got=Text(str(int.from_bytes(content[:4])) if len(content) >= 4 else f"{len(content)} bytes"),
            cure="Is it another file under this name? " + _CURE,
        )
    start = 4 + 4 * n_axes
    shape = tuple(np.frombuffer(content[4:start].ljust(4 * n_axes, b"\0"), dtype=">u4").tolist())
    if len(content) != start + math.prod(shape):
        raise InvalidInput(
            f"The idx file '{path}' must hold {start + math.prod(shape)} bytes, as its first ones say",
            got=Text(f"{len(content)} bytes"),
            cure=_CURE,
        )
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(_GZIP):  # some programs unpack what they copy and leave the name as it was
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidInput(f"The file '{path}' must be a whole gzip file", got=Text(str(error)), cure=_CURE) from None
