"""Rows that layers are trained on, and their labels."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from layerwise._base import InvalidInput, Text
from layerwise.data import Data, load
from layerwise.pretraining._aside import Aside
from layerwise.pretraining._fine_tune import as_targets
from layerwise.pretraining._settings import LayerSettings

LEAST = 4
"""Rows without which nothing is trained: three show which numbers in a network's calls are numbers of rows."""


class Examples(NamedTuple):
    """Rows, and what is known of them.

    Attributes:
        x: [row, ...], or with members [seed, row, ...].
        y: Classes, int64 [..., row, 1], or targets, [..., row, output]; None without labels.
    """

    x: Tensor
    y: Tensor | None = None

    def first(self, n: int | None) -> Examples:
        """Return the first `n` rows; None: all."""
        return Examples(self.x[:n], None if self.y is None else self.y[:n])


def read_examples(given: Any, like: Tensor, *, with_labels: bool) -> Examples:
    """Return the rows of `given` as tensors beside `like`, and their labels if these are wanted.

    Args:
        given: Rows alone (a tensor, an array, a frame), or with labels: a pair (x, y), a Dataset of pairs, or
            whatever else `layerwise.data.load` takes.
        like: Gives device and dtype.
        with_labels: Whether labels are wanted; if not, those that are there are left aside.

    Raises:
        InvalidInput: If there are fewer than 4 rows, labels are wanted and missing, or something is not finite.

    Example:
        >>> both = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
        >>> read_examples(both, torch.zeros(0), with_labels=True).y.flatten()
        tensor([0, 0, 1, 1])
    """
    x, y = _parts(given)
    rows = as_tensor(x)
    if rows.ndim < 2 or len(rows) < LEAST:
        raise InvalidInput(
            "`unlabelled` must hold at least 4 rows, one an example", got=Text(f"shape {list(rows.shape)}")
        )
    return examples(rows, y, like, "`unlabelled`", with_labels=with_labels)


def examples(x: Tensor, y: Any, like: Tensor, what: str, *, with_labels: bool) -> Examples:
    """Return rows and labels beside `like`; `what` names them in messages."""
    rows = _finite(x.to(like.device, like.dtype), what)
    if not with_labels:
        return Examples(rows)
    if y is None:
        raise InvalidInput(
            f"{what} must come with labels where an objective is 'supervised'",
            got=Text("rows alone"),
            cure="Give a pair (x, y), a Dataset or a stream of such pairs, or choose another objective.",
        )
    labels = as_tensor(y)
    if len(labels) != len(rows):
        raise InvalidInput(
            f"{what} must have as many labels as rows", got=Text(f"{len(rows)} rows and {len(labels)} labels")
        )
    targets = _finite(as_targets(labels, like), f"The labels of {what}")
    return Examples(rows, targets if targets.is_floating_point() else targets[:, None])


def as_tensor(values: Any) -> Tensor:
    """Return a tensor as it is, anything else as numpy reads it."""
    return values if isinstance(values, Tensor) else torch.as_tensor(np.asarray(values))


def with_classes(settings: LayerSettings, y: Tensor | None) -> LayerSettings:
    """Return the settings with the number of classes: as given, or else one more than the largest of the labels `y`.

    Raises:
        InvalidInput: If a label is larger than the given number allows, or all are 0.
    """
    if y is None or y.is_floating_point():
        return settings
    seen, given = int(y.max()) + 1, settings.n_classes
    if given is not None and given < seen:
        raise InvalidInput(
            "`n_classes` must be more than the largest label", got=Text(f"{given}, with label {seen - 1}")
        )
    if given is None and seen == 1:
        raise InvalidInput("Labels must be of at least two classes", got=Text("0 for every row"))
    return replace(settings, n_classes=given or seen)


def split(item: Any, what: str) -> tuple[Any, Any]:
    """Return rows and labels of a batch, or of one example: `x`, `(x,)` or `(x, y)`; no labels are None."""
    if not isinstance(item, tuple | list):
        return item, None
    if len(item) not in (1, 2):
        raise InvalidInput(f"{what} must be x, or a pair (x, y)", got=Text(f"{len(item)} parts"))
    return item[0], item[1] if len(item) == 2 else None


def _parts(given: Any) -> tuple[Any, Any]:
    if isinstance(given, tuple | list) and len(given) == 2:  # two rows alone would be too few
        return given[0], given[1]
    if isinstance(given, str | os.PathLike | Data):
        data = load(given)
        return data.features, data.targets
    if isinstance(given, Dataset):
        with Aside(0).drawing():  # it may draw, to augment its rows
            return _joined([split(given[k], "Each item of a data set") for k in range(len(given))])  # type: ignore[arg-type]
    return given, None


def _joined(pairs: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    """Return the items of a data set, one below the other."""
    x, y = ([torch.as_tensor(one[k]) for one in pairs if one[k] is not None] for k in (0, 1))
    return torch.stack(x) if x else [], torch.stack(y) if y else None


def _finite(values: Tensor, what: str) -> Tensor:
    if not values.isfinite().all():
        raise InvalidInput(
            f"{what} must be finite", got=Text("not a number, or infinite"), cure="Fill or drop such rows."
        )
    return values
