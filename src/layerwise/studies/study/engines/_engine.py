"""What every engine does: jobs in, jobs with what came of them out, in whatever order they get ready."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import AbstractContextManager
from typing import Protocol, TypeAlias

from layerwise.store import MemberRow
from layerwise.studies.study._work import Job, Work

Ended: TypeAlias = Generator[list[tuple[Job, list[MemberRow]]], None, None]
"""Whatever is ready at a time, at least one job: it is recorded in one go."""


class Engine(Protocol):
    """A way to get chunks trained.

    It takes a job when it has room for one and not before, never two of the same, and yields every job that it took,
    unless it is stopped: then what it had taken is lost, which does no harm, since nothing of it was recorded.

    Attributes:
        name: as on the command line.
        here: whether it trains on this machine, so that its memory and devices are known.
    """

    name: str
    here: bool

    def ready(self) -> AbstractContextManager[None]:
        """Hold what it needs, such as worker processes, while it is entered."""

    def run(self, work: Work, jobs: Iterable[Job]) -> Ended:
        """Yield jobs with their rows, all that are ready."""
