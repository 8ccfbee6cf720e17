"""The one SQLite file of a study: its tables, how it is opened, and what its errors mean."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from layerwise._base import InvalidInput, LayerwiseError, Text
from layerwise.store._mounts import network_kind

STUDY_FILE = "study.sqlite"
FORMAT = 1
PATIENCE = 60.0
"""Seconds to wait for another writer; each of its transactions takes some milliseconds."""

TABLES = (
    "CREATE TABLE study (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE arms (arm INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, recipe TEXT NOT NULL)",
    """CREATE TABLE sittings (sitting INTEGER PRIMARY KEY, started TEXT NOT NULL, engine TEXT NOT NULL,
    device TEXT NOT NULL, command TEXT NOT NULL, versions TEXT NOT NULL)""",
    """CREATE TABLE members (member INTEGER PRIMARY KEY, arm INTEGER NOT NULL REFERENCES arms, phase TEXT NOT NULL,
    seed INTEGER NOT NULL, learning_rate REAL NOT NULL, status TEXT NOT NULL, n_steps INTEGER NOT NULL,
    seconds REAL NOT NULL, scores TEXT NOT NULL, codes TEXT NOT NULL, reason TEXT NOT NULL,
    sitting INTEGER NOT NULL REFERENCES sittings)""",
    # Apart from `members`, so that a list reads 100 bytes a member and not all of its curves.
    "CREATE TABLE details (member INTEGER PRIMARY KEY REFERENCES members, content BLOB NOT NULL)",
    "CREATE TABLE events (event INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL)",
    "CREATE TABLE claims (chunk INTEGER PRIMARY KEY, writer TEXT NOT NULL)",
    *(
        f"CREATE TRIGGER {table}_{word}s BEFORE {word} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'what a study has recorded stays as it is'); END"
        for table in ("study", "arms", "sittings", "members", "details", "events")
        for word in ("UPDATE", "DELETE")
    ),
)
"""All but the claims is only ever added to, which the triggers hold everybody to."""


def open_to_write(path: Path) -> sqlite3.Connection:
    """Return a connection for a writer; the file is made if it is missing.

    Raises:
        InvalidInput: it lies on a network file system, or SQLite can't use it.
    """
    refuse_network(path.parent)
    with explained(path):
        connection = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA foreign_keys=ON")
        return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Return a connection that changes nothing; of a file that nobody can write to, too.

    Raises:
        InvalidInput: there is no such file, or it is no study of this version's format.
    """
    if not path.is_file():
        raise no_study(path)
    with explained(path):
        if network_kind(path.parent) or not os.access(path.parent, os.W_OK):
            return _checked(_connect(path, "immutable=1"), path)  # no room for the log's index, or no use in it
        connection = _connect(path, "mode=rw")  # which, unlike `ro`, leaves no log behind when it is the last to close
        connection.execute("PRAGMA query_only=ON")
        return _checked(connection, path)


def no_study(path: Path) -> InvalidInput:
    """Return the error for a folder without a study."""
    return InvalidInput(
        f"`{path.parent}` must be the folder of a study, with a {STUDY_FILE}",
        got=Text("a folder without one" if path.parent.is_dir() else "nothing under that name"),
        cure="`layerwise study run FILE` makes one.",
    )


def refuse_network(folder: Path) -> None:
    """Raise `InvalidInput` if `folder` lies where the write-ahead log of SQLite breaks."""
    if kind := network_kind(folder):
        raise InvalidInput(
            f"`{folder}` must lie on a disk of this machine: a network file system would damage the study's file",
            got=Text(f"a file system of the kind {kind}"),
            cure="Let one process on one machine collect: give it a local `--output`, let `--engine ray` do the work "
            "elsewhere, and copy the folder when it is done.",
        )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours."""
    try:
        yield
    except (sqlite3.OperationalError, OSError) as error:
        raise LayerwiseError(_sentence(path, str(error))) from error
    except sqlite3.DatabaseError as error:
        raise InvalidInput(
            f"`{path}` must be the file of a study", got=Text(f'"{error}" from SQLite'), cure="Was it cut short?"
        ) from error


def _sentence(path: Path, reason: str) -> str:
    said = f'`{path}` could not be written or read: "{reason}".'
    stays = "What is recorded stays; the same command goes on from there."
    if "locked" in reason:
        return f"{said} Another program holds it; end that program. {stays}"
    if any(word in reason for word in ("full", "space", "disk I/O", "quota")):
        return f"{said} Free some room on the disk. {stays}"
    return f"{said} Check that the folder is there and may be written to. {stays}"


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?{how}", uri=True, timeout=PATIENCE, isolation_level=None)


def _checked(connection: sqlite3.Connection, path: Path) -> sqlite3.Connection:
    found = dict(connection.execute("SELECT name, value FROM study WHERE name = 'format'"))
    if found.get("format") != str(FORMAT):
        raise InvalidInput(
            f"`{path}` must be a study of format {FORMAT}",
            got=Text(f"format {found.get('format')}"),
            cure="Read it with the version of layerwise that wrote it.",
        )
    return connection
