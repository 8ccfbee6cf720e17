"""Batches that are read one after the other, each used once and never kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from layerwise._base import InvalidInput, Text, child_seed
from layerwise.data import own_generators
from layerwise.pretraining._aside import Aside
from layerwise.pretraining._examples import Examples, as_tensor, examples, split


def is_stream(given: object) -> bool:
    """Return whether `given` gives batches when it is read, rather than hold rows.

    Example:
        >>> is_stream([[0.0], [1.0]]), is_stream(lambda: iter(())), is_stream(DataLoader([1]))
        (False, True, True)
    """
    if isinstance(given, DataLoader | IterableDataset):
        return True
    if isinstance(given, Tensor | np.ndarray | str | bytes | list | tuple) or hasattr(given, "__array__"):
        return False
    return callable(given) or (isinstance(given, Iterable) and not hasattr(given, "__getitem__"))


class Stream:
    """A stream that can be read again from its start, and then gives the same if it draws from global generators alone.

    Args:
        given: A DataLoader, an IterableDataset, a function that returns an iterator of batches, or another iterable.
            A batch is x, (x,) or (x, y).
        like: Gives device and dtype.
        with_labels: Whether labels are wanted.
        seed: Of what the stream draws from global generators, or from those of a DataLoader without its own.
        batch_size: Rows of a batch of an IterableDataset, which gives examples.

    Attributes:
        n_classes: What labels must be less than; None: anything.
    """

    def __init__(self, given: Any, like: Tensor, *, with_labels: bool, seed: int, batch_size: int) -> None:
        if isinstance(given, Iterator):
            raise InvalidInput(
                "A stream must be readable from its start, once for each layer",
                got=Text(f"a {type(given).__name__}, which can be read once"),
                cure="Give the function that makes it, or a DataLoader.",
            )
        own = DataLoader(given, batch_size) if isinstance(given, IterableDataset) else given
        self._open: Callable[[], Any] = own if callable(own) else lambda: own
        self._like, self._with_labels, self._seed = like, with_labels, child_seed(seed, "pretraining stream")
        self._generators = [(one, one.get_state()) for one in own_generators(own)]
        self._width: tuple[int, ...] | None = None
        self.n_classes: int | None = None
        self.length = None if callable(own) else _length(own)

    def batches(self) -> Iterator[Examples]:
        """Read the stream from its start to its end."""
        aside = Aside(self._seed)
        self.rewind()
        with aside.drawing():
            found = iter(self._open())
        for number in count(1):
            with aside.drawing():
                item = next(found, _END)
            if item is _END:
                return
            yield self._checked(item, f"Batch {number} of the stream")

    def rewind(self) -> None:
        """Put the generators that are the stream's own to where they were found."""
        for generator, state in self._generators:
            generator.set_state(state)

    def _checked(self, item: Any, what: str) -> Examples:
        x, y = split(item, what)
        rows = as_tensor(x)
        if rows.ndim < 2 or not len(rows):
            raise InvalidInput(f"{what} must hold rows, one an example", got=Text(f"shape {list(rows.shape)}"))
        width = self._width = self._width or tuple(rows.shape[1:])
        if tuple(rows.shape[1:]) != width:
            raise InvalidInput(
                f"{what} must have rows of the shape of those before, {list(width)}",
                got=Text(f"shape {list(rows.shape[1:])}"),
                cure="Resize, crop or pad them to one size.",
            )
        found = examples(rows, y, self._like, what, with_labels=self._with_labels)
        self._check_classes(found.y, what)
        return found

    def _check_classes(self, y: Tensor | None, what: str) -> None:
        if y is not None and self.n_classes is not None and int(y.max()) >= self.n_classes:
            raise InvalidInput(
                f"{what} must have labels below {self.n_classes}, the number of classes",
                got=int(y.max()),
                cure="Say how many classes there are in all, by `n_classes`: the first batches do not hold them all.",
            )


_END = object()


def _length(given: Any) -> int | None:
    try:
        return len(given)
    except TypeError:  # a DataLoader of an IterableDataset has `__len__`, and none
        return None
