"""How far a pre-training is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class PretrainingStep:
    """What a listener is told: so much of a task is done, and how it stands."""

    task: str
    done: int
    total: int
    said: str


Listener = Callable[[PretrainingStep], None]
