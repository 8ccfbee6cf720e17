"""From scikit-learn's `random_state` to seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import check_random_state


def source(random_state: Any) -> np.random.RandomState:
    """Return the stream that `random_state` stands for; None is one from the system's entropy, not numpy's global."""
    found = np.random.RandomState() if random_state is None else random_state
    stream: np.random.RandomState = check_random_state(found)
    return stream


def seed_from(stream: np.random.RandomState) -> int:
    """Return a seed drawn from `stream`."""
    return int(stream.randint(2**31 - 1))
