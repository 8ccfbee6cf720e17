"""The progress of several populations, one after the other, as that of one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from layerwise.population import Progress

Heard = Callable[[Progress], None] | bool
"""What `fit` takes as `progress`."""


class Joined:
    """Tells a listener how far a row of populations is, of which one is trained at a time.

    Args:
        heard: told of all of them as of one; True and False are handed on as they are.
        sizes: how large each is next to the others, in networks.

    Example:
        >>> joined = Joined(lambda told: print(told.done, told.total), [2, 1])
        >>> first = joined.next()
        >>> first(Progress(("arm",), 20, 20, 0.1, {}))
        20 30
        >>> joined.next()(Progress(("arm",), 5, 10, 0.1, {}))
        25 30
    """

    def __init__(self, heard: Heard, sizes: Sequence[int]) -> None:
        self._heard, self._to_come, self._start = heard, list(sizes), time.perf_counter()
        self._before = self._total = self._size = 0

    def next(self) -> Heard:
        """Go on to the next population, and return what it is to tell."""
        self._before += self._total
        self._total, self._size = 0, self._to_come.pop(0)
        return self._heard if isinstance(self._heard, bool) else self._tell

    def _tell(self, told: Progress) -> None:
        if isinstance(self._heard, bool):
            return
        self._total = told.total
        total = self._before + told.total + round(told.total * sum(self._to_come) / self._size)
        seconds = time.perf_counter() - self._start
        self._heard(told._replace(done=self._before + told.done, total=total, seconds=seconds))
