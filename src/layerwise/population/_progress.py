"""How far a population is: counted in network-steps by the workers, shown by whoever listens."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import NamedTuple, Self


class Progress(NamedTuple):
    """One report of a chunk under way.

    Attributes:
        arms: names of the recipes in that chunk.
        done: network-steps made so far, over all chunks.
        total: network-steps planned.
        seconds: since the start.
        scores: latest validation score of each arm of that chunk, the median over its members.
    """

    arms: tuple[str, ...]
    done: int
    total: int
    seconds: float
    scores: dict[str, float]

    @property
    def rate(self) -> float:
        """Network-steps per second."""
        return self.done / self.seconds if self.seconds else 0.0

    @property
    def remaining(self) -> float:
        """Seconds left at this rate."""
        return (self.total - self.done) / self.rate if self.done else float("inf")


Listener = Callable[[Progress], None]


class Meter:
    """Adds up the network-steps of all workers."""

    def __init__(self, total: int, listener: Listener | None) -> None:
        self._total = total
        self._listener = listener
        self._done = 0
        self._start = time.perf_counter()
        self._lock = threading.Lock()

    def add(self, arms: tuple[str, ...], steps: int, scores: dict[str, float]) -> None:
        """Count `steps` and tell the listener."""
        with self._lock:
            self._done += steps
            if self._listener is not None:
                seconds = time.perf_counter() - self._start
                self._listener(Progress(arms, self._done, self._total, seconds, scores))


class Bar:
    """A progress bar with rate and remaining time on stderr, where that is a terminal."""

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        console = Console(stderr=True)
        self._bar = RichProgress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.fields[rate]:,.0f} network-steps/s"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._bar.start()
        self._task = self._bar.add_task("training", total=None, rate=0.0)
        return self

    def __call__(self, progress: Progress) -> None:
        self._bar.update(self._task, completed=progress.done, total=progress.total, rate=progress.rate)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
