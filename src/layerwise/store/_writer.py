"""A writer of a study: a process that others can tell to be alive, and that is dead at once when it is killed."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from pathlib import Path


class Writer:
    """Holds a lock on a file of its own, which the operating system lets go of when the process ends, however it ends.

    Attributes:
        name: stands at whatever this writer has claimed.
    """

    def __init__(self, database: Path) -> None:
        self.name = secrets.token_hex(6)
        self._path = _path(database, self.name)
        self._file = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o644)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def close(self) -> None:
        """Let go; a second time does nothing."""
        if self._file >= 0:
            self._path.unlink(missing_ok=True)
            os.close(self._file)
            self._file = -1


def alive(database: Path, name: str) -> bool:
    """Return whether the writer of that name still runs; the file of a dead one is removed."""
    path = _path(database, name)
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        with contextlib.suppress(OSError):
            path.unlink()
        return False
    finally:
        os.close(file)


def _path(database: Path, name: str) -> Path:
    return database.with_name(f"{database.name}-writer-{name}")
