"""Random draws of somebody else's code that leave the global generators as they are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch


class Aside:
    """Random states of its own, which take the place of python's, numpy's and torch's (of the CPU) within `with`.

    They begin from `seed` and go on from one `with` to the next.

    Example:
        >>> aside, before = Aside(0), torch.get_rng_state()
        >>> with aside.drawing():
        ...     first = torch.rand(1)
        >>> with aside.drawing():
        ...     second = torch.rand(1)
        >>> torch.equal(torch.get_rng_state(), before), torch.equal(first, second)
        (True, False)
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._states: tuple[Any, Any, torch.Tensor] | None = None

    @contextmanager
    def drawing(self) -> Iterator[None]:
        """Put these states in the place of the global ones, and the global ones back afterwards."""
        before = _states()
        try:
            if self._states is None:
                _begin(self._seed)
            else:
                _put(self._states)
            yield
        finally:
            self._states = _states()
            _put(before)


def _states() -> tuple[Any, Any, torch.Tensor]:
    return random.getstate(), np.random.get_state(), torch.get_rng_state()  # noqa: NPY002  # a stream may draw from it


def _begin(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would touch the other devices too


def _put(states: tuple[Any, Any, torch.Tensor]) -> None:
    random.setstate(states[0])
    np.random.set_state(states[1])  # noqa: NPY002
    torch.set_rng_state(states[2])
