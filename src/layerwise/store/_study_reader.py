"""What a study's file says, read without changing it, while others may write."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Self

from layerwise.store._database import STUDY_FILE, explained, open_to_read
from layerwise.store._member_row import MemberRow

COLUMNS = ", ".join(MemberRow._fields[:-1])


class Event(NamedTuple):
    """Something that was decided on the way: an arm's rate, an arm dropped."""

    at: str
    kind: str
    text: str


class Sitting(NamedTuple):
    """One process that has worked on a study."""

    sitting: int
    started: str
    engine: str
    device: str
    command: str
    versions: dict[str, str]


class StudyReader:
    """Reads the file of a study; several may, and none disturbs a writer.

    Raises:
        InvalidInput: there is no such file, or it is no study of this version's format.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / STUDY_FILE
        self._connection = open_to_read(self.path)

    @property
    def created(self) -> str:
        """When it was made, in UTC."""
        return self._value("created")

    def design(self) -> dict[str, Any]:
        """Return what the study was told to do, before it ran."""
        found: dict[str, Any] = json.loads(self._value("design"))
        return found

    def arms(self) -> list[tuple[str, dict[str, Any]]]:
        """Return names and recipes, in the order of the design."""
        return [(name, json.loads(recipe)) for name, recipe in self._all("SELECT name, recipe FROM arms ORDER BY arm")]

    def counts(self) -> dict[str, int]:
        """Return how many members have ended in each status."""
        return dict(self._all("SELECT status, count(*) FROM members GROUP BY status ORDER BY status"))

    def rows(self, phase: str | None = None) -> list[MemberRow]:
        """Return what is recorded of a phase, or of all, in the order of the design, without its details."""
        with explained(self.path):
            return member_rows(self._connection, phase)

    def whole_rows(self) -> Iterator[MemberRow]:
        """Yield every member with its details, in the order of the design."""
        text = f"SELECT {COLUMNS}, content FROM members LEFT JOIN details USING (member) ORDER BY member"  # noqa: S608
        with explained(self.path):
            yield from (MemberRow(*row) for row in self._connection.execute(text))

    def events(self) -> list[Event]:
        """Return what was decided on the way, in its order."""
        return [Event(*row) for row in self._all("SELECT at, kind, text FROM events ORDER BY event")]

    def sittings(self) -> list[Sitting]:
        """Return who has worked on it, the first one first."""
        text = "SELECT sitting, started, engine, device, command, versions FROM sittings ORDER BY sitting"
        return [Sitting._make((*row[:-1], json.loads(row[-1]))) for row in self._all(text)]

    def sitting_of(self) -> dict[int, int]:
        """Return for each member who recorded it."""
        return dict(self._all("SELECT member, sitting FROM members"))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _value(self, name: str) -> str:
        return str(self._all("SELECT value FROM study WHERE name = ?", name)[0][0])

    def _all(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        with explained(self.path):
            return self._connection.execute(text, values).fetchall()


def member_rows(connection: sqlite3.Connection, phase: str | None) -> list[MemberRow]:
    """Return what is recorded of a phase, or of all."""
    text = f"SELECT {COLUMNS} FROM members WHERE phase = coalesce(?, phase) ORDER BY member"  # noqa: S608
    return [MemberRow._make((*row, None)) for row in connection.execute(text, (phase,))]


def find_studies(folder: str | Path) -> list[Path]:
    """Return the folders of studies: `folder` itself, and those in it and in its folders."""
    top = Path(folder)
    found = {path.parent for pattern in ("", "*/", "*/*/") for path in top.glob(pattern + STUDY_FILE)}
    return sorted(found)
