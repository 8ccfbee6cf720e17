"""What must hold for class labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layerwise._base import InvalidInput, Text
from layerwise.data._types import Array

if TYPE_CHECKING:
    from layerwise.data._data import Data

# One row of each class for each of the three parts.
MIN_ROWS = 3
_REGRESSION = 'If the target is a number to predict, pass task="regression".'


def check_classes(data: Data) -> None:
    """Raise unless there are two classes or more, all labels are among them, and each has rows for three parts."""
    _check_labels(data)
    _check_sizes(data)


def check_classes_outside_test(data: Data) -> None:
    """Raise unless each class has rows to train and to validate beside the official test part."""
    counts = np.bincount(data.targets[: len(data.targets) - data.n_fixed_test], minlength=len(data.classes))
    smallest = int(np.argmin(counts))
    if counts[smallest] < 2:
        raise InvalidInput(
            "Every class must have at least 2 rows outside the official test part",
            got=Text(f"{_n_rows(counts[smallest])} of class {data.classes[smallest]!r}"),
            cure="Drop the class, or set n_fixed_test=0 to have all rows drawn anew.",
        )


def _check_labels(data: Data) -> None:
    n_classes, labels = len(data.classes), data.targets
    if n_classes < 2 or (labels == labels[0]).all():
        only = data.classes[int(labels[0])] if 0 <= labels[0] < n_classes else str(labels[0])
        raise InvalidInput(
            "There must be at least two classes", got=Text(f"one only, {only!r}"), cure="Is the target column right?"
        )
    outside = (labels < 0) | (labels >= n_classes)
    if outside.any():
        row = int(np.argmax(outside))
        raise InvalidInput(
            f"Labels must be class numbers from 0 to {n_classes - 1}, as there are {n_classes} classes",
            got=Text(f"{labels[row]} in row {row} (counted from 0; {int(outside.sum())} labels are outside)"),
            cure="Without `classes`, any labels are numbered for you.",
        )


def _check_sizes(data: Data) -> None:
    n_classes, n_rows = len(data.classes), len(data.targets)
    if n_rows < n_classes:
        raise InvalidInput(
            "There must be more rows than classes", got=Text(f"{n_rows} rows and {n_classes} classes"), cure=_REGRESSION
        )
    counts = np.bincount(data.targets, minlength=n_classes)
    smallest = int(np.argmin(counts))
    if counts[smallest] < MIN_ROWS:
        raise InvalidInput(
            f"Every class must have at least {MIN_ROWS} rows, one for each of training, validation and test",
            got=Text(f"{_n_rows(counts[smallest])} of class {data.classes[smallest]!r}{_others(counts)}"),
            cure=f"Drop rare classes or merge them. {_REGRESSION}",
        )


def _others(counts: Array) -> str:
    n_others = int((counts < MIN_ROWS).sum()) - 1
    return f" (and too few of {n_others} other classes)" if n_others else ""


def _n_rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"
