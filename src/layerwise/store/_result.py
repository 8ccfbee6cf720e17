"""`result.json`: a study as a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from layerwise._base import InvalidInput, Text
from layerwise.records import (
    ComparisonRecord,
    LectureRecord,
    PretrainingRecord,
    Study,
    StudyRecord,
    TrainabilityRecord,
    dump,
    load,
)
from layerwise.store._atomic import write_text

RESULT_FILE, REPORT_FILE = "result.json", "report.html"
_NAMES: dict[type[Study], tuple[str, str]] = {LectureRecord: ("lecture.json", "lecture.html")}


def file_names(record: Study) -> tuple[str, str]:
    """Return what the files of a study are called: its record's, and its page's."""
    return _NAMES.get(type(record), (RESULT_FILE, REPORT_FILE))


def save(record: Study, folder: str | os.PathLike[str]) -> Path:
    """Return the path of the record's file in `folder`, after writing `record` there; the folder is created.

    Raises:
        InvalidInput: the folder cannot be written to.
    """
    return write_text(Path(folder) / file_names(record)[0], dump(record) + "\n")


def read(folder_or_file: str | os.PathLike[str]) -> Study:
    """Return the comparison, map or pre-training that `save` wrote to a folder, or to the file itself.

    Raises:
        InvalidInput: there is no such file, or it is no whole record of this version's schema.

    Example:
        >>> read("no/such/folder")
        Traceback (most recent call last):
            ...
        layerwise._base._errors.InvalidInput: `no/such/folder` must be a folder with a result.json, or such a file. \
Got nothing under that name instead. `layerwise compare --output DIR` writes one.
    """
    path = Path(folder_or_file)
    content = _content(path)
    kind: type[Study] = ComparisonRecord
    try:
        kind = _kind(content)
        return load(kind, content)
    except RecursionError:
        reason = "It nests too deeply."
    except InvalidInput as error:
        reason = str(error)
    raise InvalidInput(f"`{path}` must hold a {_WHAT[kind]} writes it", cure=reason)


_WHAT: dict[type[Study], str] = {
    ComparisonRecord: "comparison, as `layerwise compare`",
    TrainabilityRecord: "map, as `layerwise map`",
    PretrainingRecord: "pre-training, as `layerwise pretrain`",
    LectureRecord: "lecture, as `layerwise lecture`",
    StudyRecord: "study, as `layerwise study run`",
}
_KINDS: dict[object, type[Study]] = {
    "trainability_map": TrainabilityRecord,
    "pretraining": PretrainingRecord,
    "lecture": LectureRecord,
    "study": StudyRecord,
}


def _kind(content: bytes) -> type[Study]:
    try:
        said = json.loads(content).get("kind")
        return _KINDS.get(said, ComparisonRecord)
    except (ValueError, AttributeError, TypeError):  # the last: a kind that is a list, say
        return ComparisonRecord  # `load` says it better


def _file(path: Path) -> Path:
    """Return the record's file where `path` is a folder: one that is there, or the usual one."""
    if not path.is_dir():
        return path
    names = [RESULT_FILE, *(name for name, _ in _NAMES.values())]
    return next((path / name for name in names if (path / name).exists()), path / RESULT_FILE)


def _content(path: Path) -> bytes:
    try:
        return _file(path).read_bytes()
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
