"""From whatever holds numbers to float32 features, and to class numbers or values."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from layerwise._base import InvalidInput, Text, one_of
from layerwise.data._images import channels_first, shape_of
from layerwise.data._types import Array, Floats, Image, Kind, Rows, Task

# Whole numbers are labels up to so many different values, and up to 100 where each has ten rows on average.
_FEW = 20
_MANY = 100
_NUMBERS = "biuf"


def as_array(name: str, values: Any) -> Array:
    """Return `values` (array, tensor on any device, nested lists, frame) as a numpy array."""
    torch = sys.modules.get("torch")  # without torch loaded nothing can be a tensor
    if torch is not None and isinstance(values, torch.Tensor):
        tensor = values.detach().cpu()
        return np.asarray(tensor.float() if tensor.dtype == torch.bfloat16 else tensor)
    try:
        return np.asarray(values)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"`{name}` must be an array, or rows of equal length", got=Text(str(error))) from None


def as_features(values: Any) -> tuple[Floats, Kind, Image | None]:
    """Return `values` as float32 [row, feature]; "image" if they had more than two axes, else "table"; and the images'
    shape if they have channels, height and width.
    """
    array = as_array("features", values)
    if array.ndim < 2:
        raise InvalidInput(
            "`features` must have the shape [rows, features], or more axes for images",
            got=Text(f"an array of shape {array.shape}"),
            cure="A single feature is a column: `x.reshape(-1, 1)`." if array.ndim == 1 else "",
        )
    kind: Kind = "image" if array.ndim > 2 else "table"
    array = channels_first(array)
    flat = array.reshape(len(array), int(np.prod(array.shape[1:])))
    rows = pixels(flat) if kind == "image" and array.dtype == np.uint8 else to_float32("features", flat)
    return rows, kind, shape_of(array)


def pixels(values: Array) -> Floats:
    """Return bytes as float32 in [0, 1]."""
    scaled: Floats = values.astype(np.float32)
    scaled /= np.float32(255)
    return scaled


def as_targets(values: Any, task: Task | None, classes: Sequence[str] | None) -> tuple[Array, Task, tuple[str, ...]]:
    """Return class numbers [row] and class names, or float32 values [row, output] and no names, or 0 and 1
    [row, label] and the labels' names; and the task.
    """
    array = as_array("targets", values)
    if task == "multilabel" or (task is None and _is_multilabel(array)):
        labels = (f"label {k}" for k in range(array.shape[-1])) if classes is None else classes
        return to_float32("targets", array), "multilabel", tuple(map(str, labels))
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if classes is not None:
        return _class_numbers(array), "classification", tuple(map(str, classes))
    chosen = infer_task(array) if task is None else one_of("task", task, get_args(Task))
    if chosen == "classification":
        numbers, names = _number(array)
        return numbers, chosen, names
    floats = to_float32("targets", array)
    return (floats[:, None] if floats.ndim == 1 else floats), chosen, ()


def infer_task(targets: Array) -> Task:
    """Return "classification" for text, bools, and whole numbers with few different values; "multilabel" for several
    columns of 0 and 1; else "regression".
    """
    if _is_multilabel(targets):
        return "multilabel"
    if targets.ndim == 2:
        return "classification" if _is_one_hot(targets) else "regression"  # the former is refused, with the cure
    if targets.dtype.kind == "f":
        return "regression"
    if targets.dtype.kind in "iu":
        limit = max(_FEW, min(_MANY, len(targets) // 10))
        return "classification" if len(np.unique(targets)) <= limit else "regression"
    return "classification"


def _is_multilabel(targets: Array) -> bool:
    """Whether these are two columns or more of 0 and 1, both of which occur, and not one 1 in every row."""
    if targets.ndim != 2 or targets.shape[1] < 2 or targets.dtype.kind not in _NUMBERS:
        return False
    return bool(((targets == 0) | (targets == 1)).all()) and not _is_one_hot(targets) and bool(np.ptp(targets + 0))


def _is_one_hot(targets: Array) -> bool:
    return bool(((targets == 0) | (targets == 1)).all() and (targets.sum(axis=1) == 1).all())


def to_float32(name: str, array: Array) -> Floats:
    """Return numbers as float32; text and complex numbers raise. What does not fit becomes infinite."""
    if array.dtype.kind == "c":
        raise InvalidInput(f"All of `{name}` must be real numbers", got=Text("complex ones"))
    if array.dtype.kind not in _NUMBERS:
        array = _parse(name, array)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # overflow: infinities are reported with their place
        return np.ascontiguousarray(array, dtype=np.float32)


def _parse(name: str, array: Array) -> Array:
    numbers = np.empty(array.shape)
    for place, value in np.ndenumerate(array):
        try:
            numbers[place] = float(value)
        except (TypeError, ValueError):
            where = ", ".join(f"{axis} {i}" for axis, i in zip(("row", "column"), place, strict=False))
            raise InvalidInput(
                f"All of `{name}` must be numbers",
                got=Text(f"{value!r} at {where} (counted from 0)"),
                cure="Encode text as numbers, or drop these columns.",
            ) from None
    return numbers


def _number(labels: Array) -> tuple[Rows, tuple[str, ...]]:
    """Return class numbers in the sorted order of the labels, and the labels as text."""
    _check_labels_form(labels)
    if labels.dtype.kind == "f":
        labels = _whole(labels)
    names, numbers = np.unique(labels.astype(str) if labels.dtype.kind == "O" else labels, return_inverse=True)
    return numbers.astype(np.int64), tuple(map(str, names.tolist()))


def _class_numbers(labels: Array) -> Rows:
    _check_labels_form(labels)
    if labels.dtype.kind not in _NUMBERS:
        raise InvalidInput("With `classes` given, labels must be class numbers", got=labels[:1].tolist())
    return _whole(labels)


def _check_labels_form(labels: Array) -> None:
    if labels.ndim != 1:
        raise InvalidInput(
            "Class labels must have the shape [rows]",
            got=Text(f"an array of shape {labels.shape}"),
            cure='One-hot rows become labels by `y.argmax(1)`; several values to predict are task="regression", '
            'several labels at once task="multilabel".'
            if labels.ndim == 2
            else "",
        )


def _whole(labels: Array) -> Rows:
    wrong = ~(np.isfinite(labels) & (labels == np.floor(labels)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InvalidInput(
            "Class labels must be whole numbers or text",
            got=Text(f"{labels[row]} in row {row} (counted from 0; {int(wrong.sum())} such labels)"),
            cure='If the target is a number to predict, pass task="regression".',
        )
    return labels.astype(np.int64)
