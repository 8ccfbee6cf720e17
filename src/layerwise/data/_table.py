"""A table with named columns: which one is the target, and are the others numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from layerwise._base import InvalidInput, Text, UnknownName
from layerwise.data._data import Data
from layerwise.data._types import Array, Task

if TYPE_CHECKING:
    import pandas as pd

# Names by which a target is known without being told.
TARGET_NAMES = ("target", "label", "class", "y")
_SHOWN = 12


def data_from_table(frame: pd.DataFrame, name: str, target: str | int | None, task: Task | None, source: str) -> Data:
    """Return `Data` with the column `target` to predict and all others as features.

    `target` is a name, or a position (-1: the last). Without it the one column called target, label, class or y is
    taken. Missing values and text in a feature column raise `InvalidInput` with column and row.
    """
    if len(frame) == 0:
        raise InvalidInput(f"'{source}' must have rows below its header", got=Text(f"only {_list(frame.columns)}"))
    column = _target_column(list(frame.columns), target)
    _check_missing(frame)
    others = [i for i in range(frame.shape[1]) if i != column]
    if not others:
        raise InvalidInput(f"'{source}' must have at least one feature column", got=Text(_list(frame.columns)))
    features = np.stack([_numbers(frame.columns[i], frame.iloc[:, i]) for i in others], axis=1)
    return Data.create(name, features, _labels_or_values(frame.iloc[:, column]), task=task, source=source)


def _target_column(columns: list[Any], target: str | int | None) -> int:
    if target is None:
        return _default_column(columns)
    if target in columns and not isinstance(target, bool):
        return columns.index(target)
    position = _position(target)
    if position is not None and -len(columns) <= position < len(columns):
        return position % len(columns)
    raise UnknownName(
        f"There is no column {target!r}",
        got=Text(_list(columns)),
        cure="`target` is the name of a column, or its position (-1: the last).",
    )


def _position(target: str | int) -> int | None:
    """A position may come as text, from a command line; names of columns go before."""
    if isinstance(target, str):
        return int(target) if re.fullmatch(r"-?[0-9]{1,9}", target) else None
    return target if isinstance(target, int) and not isinstance(target, bool) else None


def _default_column(columns: list[Any]) -> int:
    found = [i for i, column in enumerate(columns) if str(column).strip().lower() in TARGET_NAMES]
    if len(found) == 1:
        return found[0]
    raise InvalidInput(
        f"Without `target`, exactly one column must be called {', '.join(TARGET_NAMES[:-1])} or {TARGET_NAMES[-1]}",
        got=Text(_list(columns)),
        cure="Say which column is to be predicted, for instance target=-1 for the last.",
    )


def _check_missing(frame: pd.DataFrame) -> None:
    missing = frame.isna().to_numpy()
    if not missing.any():
        return
    counts = missing.sum(axis=0)
    column = int(np.argmax(counts > 0))
    row = int(np.argmax(missing[:, column])) + 1
    listed = ", ".join(f"{frame.columns[i]!r} ({counts[i]})" for i in np.flatnonzero(counts)[:_SHOWN])
    first = f"column {frame.columns[column]!r}, row {row} below the header"
    raise InvalidInput(
        "There must be no missing values",
        got=Text(f"{int(counts.sum())}, by column: {listed}; the first is in {first}"),
        cure="Fill them in, or drop these rows or columns. (Empty cells, NA, None and nan count as missing.)",
    )


def _numbers(name: Any, column: pd.Series[Any]) -> Array:
    """Return a column as float64, or raise with the first cell that is no number."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column):
        return np.asarray(column.to_numpy(dtype=np.float64))
    parsed = pd.to_numeric(column.astype(str), errors="coerce").to_numpy()
    row = int(np.argmax(np.isnan(parsed)))  # 0 if all can be read: then they are numbers kept as text
    n_text = int(np.isnan(parsed).sum()) or len(parsed)
    raise InvalidInput(
        f"Feature columns must hold numbers, and {name!r} does not",
        got=Text(f"{column.iloc[row]!r} in row {row + 1} below the header ({n_text} of {len(parsed)} cells are text)"),
        cure="Encode the column as numbers or drop it; if it is what to predict, name it as `target`.",
    )


def _labels_or_values(column: pd.Series[Any]) -> Array:
    import pandas as pd

    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        return np.asarray(column.astype(str), dtype=np.str_)
    kind = np.int64 if pd.api.types.is_integer_dtype(column) else np.float64
    return np.asarray(column.to_numpy(dtype=kind))


def _list(columns: Any) -> str:
    names = [repr(str(column)) for column in columns]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"the columns {', '.join(names[:_SHOWN])}{more}"
