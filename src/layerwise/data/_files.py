"""Tables and arrays in files: .csv, .parquet, .npz."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from layerwise._base import InvalidInput, Registry, Text
from layerwise.data._npz import data_from_npz
from layerwise.data._table import data_from_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from layerwise.data._data import Data
    from layerwise.data._types import Task


def data_from_file(path: Path, name: str, target: str | int | None, task: Task | None) -> Data:
    """Return `Data` from `path`, by its ending. A file that is missing, empty, damaged or of another kind raises."""
    suffix = path.suffix.lower()
    if suffix not in (*_READERS, ".npz"):
        raise InvalidInput(
            "A data file must end in .csv, .parquet or .npz",
            got=str(path),
            cure="Original idx files and CIFAR batches are read by the name of the set, with `folder`.",
        )
    if not path.is_file():
        raise InvalidInput(f"There must be a file '{path}'", cure="There is none; is the path right?")
    if path.stat().st_size == 0:
        raise InvalidInput(f"The file '{path}' must not be empty", got=Text("0 bytes"))
    if suffix != ".npz":
        return data_from_table(_READERS[suffix](path), name, target, task, str(path))
    if target is not None:
        raise InvalidInput("`target` names a column of a .csv or .parquet file", got=target, cure="Leave it out.")
    return data_from_npz(path, name, task)


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # a row longer than the header would lose its end
            frame = pd.read_csv(path, skipinitialspace=True, index_col=False, low_memory=False)
    except (OSError, ValueError, pd.errors.ParserWarning) as error:  # not readable, not text, ragged, nothing in it
        reason = " ".join(str(error).split()).rstrip(".")
        raise InvalidInput(f"The file '{path}' must be a table with commas, in UTF-8", got=Text(reason)) from None
    _check_header(path, [str(column) for column in frame.columns])
    return frame


def _check_header(path: Path, names: list[str]) -> None:
    """A first line of numbers is data, unless they count up: those are names that some programs write."""
    numbers = [number for number in map(_number, names) if number is not None]
    counts_up = numbers == [numbers[0] + i for i in range(len(numbers))] if numbers else True
    if not counts_up and 2 * len(numbers) > len(names):
        raise InvalidInput(
            f"The file '{path}' must have a header, a first line with the names of the columns",
            got=Text(f"numbers: {', '.join(names[:6])}"),
            cure="Add such a line.",
        )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise InvalidInput("Parquet files need pyarrow", cure="Install it: pip install 'layerwise[parquet]'.") from None
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InvalidInput(f"The file '{path}' must be a whole Parquet file", got=Text(reason)) from None


_READERS: Registry[Callable[[Path], pd.DataFrame]] = Registry(
    "file type", {".csv": _read_csv, ".parquet": _read_parquet}
)
