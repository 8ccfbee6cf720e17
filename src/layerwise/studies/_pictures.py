"""Rows that are images: their shape, some of them, and the weights of units as images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from layerwise.data import Array, Data, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_PICTURES = 12
MOST_FILTERS = 64

Numbers = tuple[tuple[int, ...], ...]


def image_shape(data: Data) -> tuple[int, int, int] | None:
    """Return height, width and channels of the images; None where rows are none, or can't be drawn."""
    channels, *size = data.image or (0, 0, 0)
    return (size[0], size[1], channels) if channels in (1, 3) else None


def chosen_rows(data: Data, targets: Array) -> Rows:
    """Return the numbers of the rows to show: the first of each class, or the first few."""
    found = np.unique(targets, return_index=True)[1] if data.classes else np.arange(len(targets))
    return found[:MOST_PICTURES]


def as_bytes(rows: NDArray[Any]) -> Numbers:
    """Return rows in [0, 1] as whole numbers from 0 to 255; what lies outside is cut off.

    Example:
        >>> as_bytes(np.array([[0.0, 0.5, 1.2]]))
        ((0, 128, 255),)
    """
    return _whole(255 * np.clip(rows, 0, 1))


def as_filters(weights: NDArray[Any]) -> Numbers:
    """Return the first units' weights [unit, feature]: 128 is 0, and each unit's largest weight is 127 away from it.

    Example:
        >>> as_filters(np.array([[-0.5, 0.0, 0.25]]))
        ((1, 128, 192),)
    """
    shown = weights[:MOST_FILTERS]
    largest = np.abs(shown).max(1, keepdims=True)
    return _whole(128 + 127 * shown / np.where(largest > 0, largest, 1))


def _whole(rows: NDArray[Any]) -> Numbers:
    return tuple(tuple(row) for row in np.rint(rows).astype(int).tolist())
