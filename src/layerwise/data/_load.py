"""From whatever people have to `Data`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

from layerwise._base import InvalidInput, Text, UnknownName, one_of
from layerwise.data._data import Data
from layerwise.data._files import data_from_file
from layerwise.data._named import DATASETS, IN_FOLDERS
from layerwise.data._torch import is_torch_source, read_torch_source
from layerwise.data._types import Task

_KINDS = "a name, a path, a pair (X, y), a torch Dataset or DataLoader, or Data"


def load(
    source: Any,
    *,
    target: str | int | None = None,
    folder: str | os.PathLike[str] | None = None,
    name: str | None = None,
    task: Task | None = None,
) -> Data:
    """Return `Data` from whatever holds it.

    Args:
        source: a name in `DATASETS`; a path to a .csv, .parquet or .npz file; a pair (X, y) of arrays, tensors or
            lists; a torch Dataset or DataLoader, which is read once; or `Data`, which comes back.
        target: the column to predict, of a .csv or .parquet file: its name or position. Without it the one column
            called target, label, class or y.
        folder: where the files of mnist, fashion-mnist or cifar10 lie.
        name: what reports call it; otherwise the name of the set or of the file.
        task: "classification", "regression" or "multilabel", where the target leaves it open. Otherwise text, bools
            and whole numbers with few different values are classes (up to 20, or 100 where each has ten rows), and
            several columns of 0 and 1 are labels of which a row may have any number.

    Raises:
        UnknownName: a name that is neither a set nor a file; the message lists the sets.
        InvalidInput: a file is missing, empty or damaged; text or missing values where numbers belong; and whatever
            `Data` refuses.

    Example:
        >>> load(([[0.0], [0.1], [0.2], [1.0], [1.1], [1.2]], [0, 0, 0, 1, 1, 1]), name="steps")
        Data('steps': 6 rows, 1 feature, 2 classes, table, classification)
    """
    if task is not None:
        one_of("task", task, get_args(Task))
    if isinstance(source, str | os.PathLike):
        data = _by_name_or_path(source, target, folder, name, task)
    else:
        _refuse(target=target, folder=folder)
        data = _from_memory(source, name, task)
    if task is not None and data.task != task:
        raise InvalidInput(f"`task` of {data.name!r} must be {data.task!r}", got=task)
    return data if name in (None, data.name) else replace(data, name=name)


def _by_name_or_path(
    source: str | os.PathLike[str],
    target: str | int | None,
    folder: str | os.PathLike[str] | None,
    name: str | None,
    task: Task | None,
) -> Data:
    if isinstance(source, str) and source in DATASETS:
        _refuse(target=target, folder=None if source in IN_FOLDERS else folder)
        return DATASETS[source](folder) if source in IN_FOLDERS else DATASETS[source]()
    path = Path(source).expanduser()
    if path.exists() or path.suffix or len(path.parts) > 1:
        _refuse(folder=folder)
        return data_from_file(path, name or path.stem, target, task)
    try:
        return DATASETS[str(source)]()
    except UnknownName as error:
        raise UnknownName(f"{error} A path to a .csv, .parquet or .npz file would do as well.") from None


def _from_memory(source: Any, name: str | None, task: Task | None) -> Data:
    if isinstance(source, Data):
        return source
    if is_torch_source(source):
        features, targets = read_torch_source(source)
        return Data.create(name or "data", features, targets, task=task, source=f"a {type(source).__name__}")
    if isinstance(source, tuple | list) and len(source) == 2:
        return Data.create(name or "data", *source, task=task)
    what = f"a {type(source).__name__}" + (f" of {len(source)}" if isinstance(source, tuple | list) else "")
    raise InvalidInput(f"Data must be {_KINDS}", got=Text(what))


def _refuse(**options: object) -> None:
    """Raise for options that this source has no use for, rather than let them pass without a word."""
    purpose = {"target": "a .csv or .parquet file", "folder": f"the sets {', '.join(IN_FOLDERS)}"}
    for option, value in options.items():
        if value is not None:
            given = os.fspath(value) if isinstance(value, os.PathLike) else value
            raise InvalidInput(f"`{option}` goes with {purpose[option]} only", got=given, cure="Leave it out.")
