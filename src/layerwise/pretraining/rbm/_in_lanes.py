"""Halves of a large step, at once if there is a thread for each."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


class InLanes:
    """Runs a task for every lane, the first of them in this thread, the others in `pool` if there is one.

    Example:
        >>> InLanes(2)(lambda lane: 10 * lane)
        [0, 10]
    """

    def __init__(self, n: int, pool: Executor | None = None) -> None:
        self.n, self._pool = n, pool

    def __call__(self, task: Callable[[int], T]) -> list[T]:
        """Return what `task` returns for each lane."""
        if self._pool is None or self.n == 1:
            return [task(k) for k in range(self.n)]
        others = [self._pool.submit(task, k) for k in range(1, self.n)]
        return [task(0), *(other.result() for other in others)]
