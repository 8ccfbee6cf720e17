"""How far a study is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NamedTuple, Self

from layerwise.studies.study._duration import in_words


class StudyProgress(NamedTuple):
    """Told after every chunk.

    Attributes:
        phase: under way.
        done: members that have a record, of all phases, those of earlier sittings included.
        total: members of the design.
        new: members that this sitting has trained.
        crashed: members that crashed, of all.
        seconds: since this sitting began to train.
    """

    phase: str
    done: int
    total: int
    new: int
    crashed: int
    seconds: float

    @property
    def rate(self) -> float:
        """Members per second."""
        return self.new / self.seconds if self.seconds else 0.0

    @property
    def remaining(self) -> float:
        """Seconds left at this rate."""
        return (self.total - self.done) / self.rate if self.new else float("inf")


Listener = Callable[[StudyProgress], None]


class Bar:
    """A progress bar with rate and remaining time on stderr, where that is a terminal."""

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,}/{task.total:,} members, {task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._bar.start()
        self._task = self._bar.add_task("training", total=1, note="")
        return self

    def __call__(self, told: StudyProgress) -> None:
        note = f"{told.rate:,.1f}/s, {in_words(told.remaining)} left"
        crashed = f", {told.crashed:,} crashed" if told.crashed else ""
        self._bar.update(self._task, description=told.phase, completed=told.done, total=told.total, note=note + crashed)

    def __exit__(self, *_: object) -> None:
        self._bar.stop()
