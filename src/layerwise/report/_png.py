"""Small images for a page that loads nothing: bytes to PNG to an address that holds the image itself."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

_COLOR_TYPES = {1: 0, 3: 2}  # gray, and red, green and blue
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def image_address(values: Sequence[int], shape: tuple[int, int, int]) -> str:
    """Return `values` from 0 to 255 as an image, a "data:" address.

    Args:
        values: Channel by channel, each row by row.
        shape: Height, width and channels: 1 (gray) or 3 (red, green, blue).

    Example:
        >>> image_address([0, 255], (1, 2, 1))[:22]
        'data:image/png;base64,'
    """
    return f"data:image/png;base64,{base64.b64encode(png(values, shape)).decode()}"


def png(values: Sequence[int], shape: tuple[int, int, int]) -> bytes:
    """Return `values` as a PNG file of 8 bits a channel."""
    height, width, channels = shape
    planes = [values[c * height * width : (c + 1) * height * width] for c in range(channels)]
    pixels = bytes(value for pixel in zip(*planes, strict=True) for value in pixel)
    ends = range(0, len(pixels), width * channels)
    lines = b"".join(b"\0" + pixels[k : k + width * channels] for k in ends)  # each begins with its filter: none
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOR_TYPES[channels], 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
