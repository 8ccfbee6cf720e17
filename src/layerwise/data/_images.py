"""The shape of rows that are images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from layerwise._base import InvalidInput, Text
from layerwise.data._types import Array, Image

if TYPE_CHECKING:
    from layerwise.data._data import Data

_CHANNELS = (1, 3)


def channels_first(images: Array) -> Array:
    """Return images [row, height, width, channel] with their 1 or 3 channels before height and width; others as is."""
    if images.ndim == 4 and images.shape[-1] in _CHANNELS and images.shape[1] not in _CHANNELS:
        return images.transpose(0, 3, 1, 2)
    return images


def shape_of(images: Array) -> Image | None:
    """Return channels, height and width of [row, height, width] or [row, channel, height, width]; None for others."""
    if images.ndim not in {3, 4}:
        return None
    channels = images.shape[1] if images.ndim == 4 else 1
    return int(channels), int(images.shape[-2]), int(images.shape[-1])


def square(n_features: int) -> Image | None:
    """Return the shape of flattened square images of 1 or 3 channels; None where no square fits.

    Example:
        >>> square(784), square(3072), square(50)
        ((1, 28, 28), (3, 32, 32), None)
    """
    for channels in _CHANNELS:
        side = math.isqrt(n_features // channels)
        if channels * side**2 == n_features:
            return channels, side, side
    return None


def check_image(data: Data) -> None:
    """Raise `InvalidInput` unless `data.image` is None, or the shape of rows of images."""
    image, n_features = data.image, data.features.shape[1]
    if image is None:
        return
    if len(image) != 3 or min(image) < 1 or math.prod(image) != n_features:
        raise InvalidInput(
            "`image` must be (channels, height, width), whose product is the number of features",
            got=Text(f"{image} for {n_features} features"),
        )
    if data.kind != "image":
        raise InvalidInput("`image` goes with the kind 'image' only", got=data.kind, cure="Leave it out.")
