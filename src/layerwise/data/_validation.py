"""What must hold for any data before a network sees it. Each check says what is wrong, how much of it, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from layerwise._base import InvalidInput, Text, at_least, one_of
from layerwise.data._class_checks import MIN_ROWS, check_classes, check_classes_outside_test
from layerwise.data._images import check_image
from layerwise.data._types import Array, Kind, Task

if TYPE_CHECKING:
    from layerwise.data._data import Data


def validate(data: Data) -> None:
    """Raise `InvalidInput` at the first rule that `data` breaks."""
    one_of("task", data.task, get_args(Task))
    one_of("kind", data.kind, get_args(Kind))
    _check_features_form(data.features)
    _check_lengths(data)
    check_image(data)
    check_finite("features", data.features)
    if data.task == "classification":
        check_classes(data)
    else:
        _check_values(data)
    _check_variation(data.features)
    _check_fixed_test(data)


def check_finite(name: str, values: Array) -> None:
    """Raise if any of `values` is NaN or infinite, saying how many and where the first one is."""
    wrong = ~np.isfinite(values)
    if not wrong.any():
        return
    place = np.unravel_index(int(np.argmax(wrong)), values.shape)
    where = ", ".join(f"{axis} {i}" for axis, i in zip(("row", "column"), map(int, place), strict=False))
    raise InvalidInput(
        f"All of `{name}` must be finite numbers within the range of float32",
        got=Text(f"{values[place]} at {where} (counted from 0; {int(wrong.sum())} of {values.size} are not finite)"),
        cure="Fill these values in, or drop their rows or columns.",
    )


def _check_features_form(features: Array) -> None:
    if not isinstance(features, np.ndarray) or features.ndim != 2 or features.dtype != np.float32:
        raise InvalidInput(
            "`features` must be a float32 array of shape [rows, features]",
            got=_form(features),
            cure="`Data.create` makes one from anything that holds numbers.",
        )
    for axis, what in enumerate(("row", "feature")):
        if features.shape[axis] == 0:
            raise InvalidInput(f"Data must have at least one {what}", got=_form(features))


def _check_lengths(data: Data) -> None:
    dtype, axes = ("int64", "[rows]") if data.task == "classification" else ("float32", "[rows, outputs]")
    targets = data.targets
    if not isinstance(targets, np.ndarray) or targets.dtype != dtype or targets.ndim != len(axes.split()):
        raise InvalidInput(f"`targets` must be of type {dtype} and shape {axes} for {data.task}", got=_form(targets))
    if len(targets) != len(data.features):
        raise InvalidInput(
            "`features` and `targets` must have one row each for every example",
            got=Text(f"{len(data.features)} rows of features and {len(targets)} targets"),
        )


def _check_values(data: Data) -> None:
    check_finite("targets", data.targets)
    _check_names(data)
    if data.targets.shape[1] == 0:
        raise InvalidInput("There must be at least one output to predict", got=_form(data.targets))
    if len(data.targets) < MIN_ROWS:
        raise InvalidInput(
            f"There must be at least {MIN_ROWS} rows, one for each of training, validation and test",
            got=len(data.targets),
        )
    constant = np.flatnonzero((data.targets == data.targets[0]).all(axis=0))
    if constant.size:
        raise InvalidInput(
            "Every target column must vary, or there is nothing to learn",
            got=Text(f"{data.targets[0, constant[0]]} in every row of column {constant[0]} (counted from 0)"),
            cure="Is the target column right?",
        )


def _check_names(data: Data) -> None:
    if data.task == "regression" and data.classes:
        raise InvalidInput("`classes` must be empty for regression", got=data.classes)
    if data.task != "multilabel":
        return
    if len(data.classes) != data.targets.shape[1]:
        raise InvalidInput(f"`classes` must name all {data.targets.shape[1]} labels", got=data.classes)
    wrong = (data.targets != 0) & (data.targets != 1)
    if wrong.any():
        row, column = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
        raise InvalidInput(
            "Labels of which a row may have several must be 0 or 1",
            got=Text(f"{data.targets[row, column]} at row {row}, column {column} (counted from 0)"),
            cure='Numbers to predict are task="regression".',
        )


def _check_variation(features: Array) -> None:
    if (features == features[0]).all():
        raise InvalidInput(
            "At least one feature must vary from row to row",
            got=Text(f"{len(features)} rows that are all the same"),
            cure="Are the feature columns right?",
        )


def _check_fixed_test(data: Data) -> None:
    n_test, n_rows = at_least("n_fixed_test", data.n_fixed_test, 0), len(data.features)
    if n_test == 0:
        return
    if n_test > n_rows - 2:
        raise InvalidInput(f"`n_fixed_test` must leave at least 2 of {n_rows} rows to train and validate", got=n_test)
    if data.task == "classification":
        check_classes_outside_test(data)


def _form(value: object) -> Text:
    if isinstance(value, np.ndarray):
        return Text(f"a {value.dtype} array of shape {value.shape}")
    return Text(f"a {type(value).__name__}")
