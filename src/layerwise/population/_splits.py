"""The splits of one data set, by seed."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerwise.data import Data, Split

MOST = 512
"""So many are kept. A split of digits takes 3 ms, which is a twentieth of what training a small network on it does."""


class Splits:
    """Splits made when first asked for; the latest are kept, but do not travel to other processes."""

    def __init__(self, data: Data) -> None:
        self._data = data
        self._lock = threading.Lock()
        self._kept: dict[int, Split] = {}

    def __getitem__(self, seed: int) -> Split:
        with self._lock:
            if seed not in self._kept:
                if len(self._kept) >= MOST:
                    del self._kept[next(iter(self._kept))]
                self._kept[seed] = self._data.split(seed)
            return self._kept[seed]

    def __reduce__(self) -> tuple[type[Splits], tuple[Data]]:
        return Splits, (self._data,)
