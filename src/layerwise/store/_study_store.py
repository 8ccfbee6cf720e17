"""A study on disk: its design, who is at work, and what came of every member."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from layerwise.store._database import FORMAT, STUDY_FILE, TABLES, explained, open_to_write
from layerwise.store._member_row import MemberRow
from layerwise.store._study_reader import COLUMNS, member_rows
from layerwise.store._writer import Writer, alive


class StudyStore:
    """One writer's hold on a study's file.

    Every change is one transaction, which is on the disk when its method returns, or has left nothing behind. Several
    processes may write; what one has claimed no other gets while it lives. Methods may be called from any thread.
    """

    def __init__(self, folder: str | Path) -> None:
        self.path = Path(folder) / STUDY_FILE
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._connection = open_to_write(self.path)
        self._writer: Writer | None = None
        self._sitting = 0
        try:
            self._make_tables()
        except BaseException:
            self.close()
            raise

    def begin(
        self, values: Mapping[str, str], arms: Sequence[tuple[str, str]], sitting: tuple[str, str, str, str]
    ) -> None:
        """Write the design into a store that is new, and a row for who is at work: engine, device, command, versions.

        `values` are texts by name; `arms` names and recipes as JSON, in their order.
        """
        with self._transaction():
            execute = self._connection.execute
            if not self._values():
                for name, value in values.items():
                    execute("INSERT INTO study VALUES (?, ?)", (name, value))
                for arm, (name, recipe) in enumerate(arms):
                    execute("INSERT INTO arms VALUES (?, ?, ?)", (arm, name, recipe))
            row = (_now(), *sitting)
            text = "INSERT INTO sittings (started, engine, device, command, versions) VALUES (?, ?, ?, ?, ?)"
            self._sitting = execute(text, row).lastrowid or 0

    def values(self) -> dict[str, str]:
        """Return the texts that `begin` wrote; none for a store that is new."""
        with self._lock, explained(self.path):
            return self._values()

    def claim(self, chunks: Iterable[tuple[int, int]]) -> int | None:
        """Return the first chunk that is neither recorded nor claimed by a living writer, claimed; None if none is.

        `chunks` are numbers of chunks, each with one of its members.
        """
        with self._transaction(durable=False):  # a claim need not outlive a power cut, and costs no wait for the disk
            if self._writer is None:
                self._writer = Writer(self.path)
            claims = dict(self._connection.execute("SELECT chunk, writer FROM claims"))
            for chunk, member in chunks:
                held = claims.get(chunk)
                free = held is None or (held != self._writer.name and not alive(self.path, held))
                if free and not self._recorded(member):
                    self._connection.execute("REPLACE INTO claims VALUES (?, ?)", (chunk, self._writer.name))
                    return chunk
        return None

    def add(self, rows: Iterable[MemberRow], chunks: Iterable[int] = ()) -> None:
        """Record members, all or none, and give up the claims on their chunks. What is recorded stays as it is.

        Two writers never train the same members while both live; were they to, what came first would stand.
        """
        with self._transaction():
            for row in rows:
                self._add(row)
            for chunk in chunks:
                self._connection.execute("DELETE FROM claims WHERE chunk = ?", (chunk,))

    def note(self, kind: str, text: str) -> None:
        """Record something that was decided on the way, if the very same is not recorded yet."""
        with self._transaction():
            self._connection.execute(
                "INSERT INTO events (at, kind, text) SELECT ?, ?, ? "
                "WHERE NOT EXISTS (SELECT 1 FROM events WHERE kind = ? AND text = ?)",
                (_now(), kind, text, kind, text),
            )

    def recorded(self) -> set[int]:
        """Return the members that have a record."""
        with self._lock, explained(self.path):
            return {member for (member,) in self._connection.execute("SELECT member FROM members")}

    def totals(self) -> tuple[int, int]:
        """Return how many members have a record, and how many of them crashed."""
        text = "SELECT count(*), coalesce(sum(status = 'crashed'), 0) FROM members"
        with self._lock, explained(self.path):
            done, crashed = self._connection.execute(text).fetchone()
        return done, crashed

    def rows(self, phase: str | None = None) -> list[MemberRow]:
        """Return what is recorded of a phase, or of all, in the order of the design, without its details."""
        with self._lock, explained(self.path):
            return member_rows(self._connection, phase)

    def close(self) -> None:
        """Give up all claims and let go of the file."""
        with self._lock:
            try:
                if self._writer is not None:
                    with self._transaction():
                        self._connection.execute("DELETE FROM claims WHERE writer = ?", (self._writer.name,))
            finally:
                if self._writer is not None:
                    self._writer.close()
                self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close()
        except Exception:
            if error is None:  # else the first error says more
                raise

    def _make_tables(self) -> None:
        with self._transaction():
            if not self._connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for text in TABLES:
                    self._connection.execute(text)

    def _values(self) -> dict[str, str]:
        return dict(self._connection.execute("SELECT name, value FROM study"))

    def _recorded(self, member: int) -> bool:
        found = self._connection.execute("SELECT 1 FROM members WHERE member = ?", (member,))
        return found.fetchone() is not None

    def _add(self, row: MemberRow) -> None:
        marks = ", ".join("?" * len(MemberRow._fields))
        text = f"INSERT OR IGNORE INTO members ({COLUMNS}, sitting) VALUES ({marks})"  # noqa: S608
        done = self._connection.execute(text, (*row[:-1], self._sitting))
        if done.rowcount and row.details is not None:
            self._connection.execute("INSERT INTO details VALUES (?, ?)", (row.member, row.details))

    @contextmanager
    def _transaction(self, *, durable: bool = True) -> Iterator[None]:
        with self._lock, explained(self.path):
            self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def design_values(design: Mapping[str, object]) -> dict[str, str]:
    """Return the texts of a new store: the format, when it was made, and the design as JSON."""
    return {"format": str(FORMAT), "created": _now(), "design": json.dumps(design)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
