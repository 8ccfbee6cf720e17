"""`result.json`: a comparison as a file."""

from __future__ import annotations

import os
from pathlib import Path

from layerwise._base import InvalidInput
from layerwise._base._errors import Text
from layerwise.records import ComparisonRecord, dump, load
from layerwise.store._atomic import write_text

RESULT_FILE = "result.json"


def save(record: ComparisonRecord, folder: str | os.PathLike[str]) -> Path:
    """Return the path of `result.json` in `folder`, after writing `record` there; the folder is created.

    Raises:
        InvalidInput: the folder cannot be written to.
    """
    return write_text(Path(folder) / RESULT_FILE, dump(record) + "\n")


def read(folder_or_file: str | os.PathLike[str]) -> ComparisonRecord:
    """Return the comparison that `save` wrote to a folder, or to the file itself.

    Raises:
        InvalidInput: there is no such file, or it is not a whole comparison of this version's schema.

    Example:
        >>> read("no/such/folder")
        Traceback (most recent call last):
            ...
        layerwise._base._errors.InvalidInput: `no/such/folder` must be a folder with a result.json, or such a file. \
Got nothing under that name instead. `layerwise compare --output DIR` writes one.
    """
    path = Path(folder_or_file)
    content = _content(path)
    try:
        return load(ComparisonRecord, content)
    except RecursionError:
        reason = "It nests too deeply."
    except InvalidInput as error:
        reason = str(error)
    raise InvalidInput(f"`{path}` must hold a comparison, as `layerwise compare` writes it", cure=reason)


def _content(path: Path) -> bytes:
    try:
        return (path / RESULT_FILE if path.is_dir() else path).read_bytes()
    except (OSError, ValueError) as error:
        raise InvalidInput(
            f"`{path}` must be a folder with a {RESULT_FILE}, or such a file",
            got=Text(_what_is_there(path, error)),
            cure="`layerwise compare --output DIR` writes one.",
        ) from None


def _what_is_there(path: Path, error: Exception) -> str:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        return f'"{error}" from the operating system'
    return f"a folder without {RESULT_FILE}" if path.is_dir() else "nothing under that name"
