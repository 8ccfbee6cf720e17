"""What torch people have: a Dataset, a DataLoader. Read once, stacked."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from layerwise._base import InvalidInput, Text
from layerwise.data._arrays import as_array
from layerwise.data._types import Array

if TYPE_CHECKING:
    import torch


def is_torch_source(source: object) -> bool:
    """Return whether `source` is a torch Dataset or DataLoader; torch is not loaded to find out."""
    if "torch" not in sys.modules:
        return False
    from torch.utils.data import DataLoader, Dataset

    return isinstance(source, DataLoader | Dataset)


def read_torch_source(source: Any) -> tuple[Array, Array]:
    """Return all features and targets of a Dataset (one item after the other) or DataLoader (batch after batch).

    A loader that shuffles gives the same order each time: it is read under a seed of its own, and all generators,
    its own included, are as before afterwards.
    """
    from torch.utils.data import DataLoader

    with _generators_kept(source):
        if isinstance(source, DataLoader):
            return _join([_pair(batch, "batch") for batch in source], np.concatenate)
        return _join([_pair(item, "item") for item in _items(source)], np.stack)


def _items(dataset: Any) -> Iterable[Any]:
    """Iterate by index where there is a length: plain `iter` relies on an IndexError that few datasets raise."""
    return (dataset[i] for i in range(len(dataset))) if hasattr(dataset, "__len__") else dataset


def _pair(item: Any, what: str) -> tuple[Array, Array]:
    if not isinstance(item, list | tuple) or len(item) != 2:
        raise InvalidInput(
            f"Every {what} must be a pair (features, target)",
            got=Text(f"a {type(item).__name__}" + (f" of {len(item)}" if hasattr(item, "__len__") else "")),
            cure="Wrap the dataset so that it gives pairs, or pass a pair of arrays.",
        )
    return as_array("features", item[0]), as_array("targets", item[1])


def _join(pairs: list[tuple[Array, Array]], join: Any) -> tuple[Array, Array]:
    if not pairs:
        raise InvalidInput("Data must have at least one row", got=Text("a source that gives nothing"))
    try:
        return join([x for x, _ in pairs]), join([y for _, y in pairs])
    except ValueError as error:
        raise InvalidInput(
            "All examples must have the same shape",
            got=Text(str(error)),
            cure="Resize, crop or pad them to one size.",
        ) from None


def own_generators(source: Any) -> list[torch.Generator]:
    """Return the generators that a DataLoader, or its sampler, draws from."""
    import torch

    owners = (source, getattr(source, "sampler", None))
    return [g for g in (getattr(owner, "generator", None) for owner in owners) if isinstance(g, torch.Generator)]


@contextmanager
def _generators_kept(source: Any) -> Iterator[None]:
    """Seed python's, numpy's and torch's global generators, and put them and the loader's own back afterwards."""
    import torch

    own = own_generators(source)
    states = [generator.get_state() for generator in own]
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002 - the user's, whatever it is used for
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            random.seed(0)
            np.random.seed(0)  # noqa: NPY002
            yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
        for generator, state in zip(own, states, strict=True):
            generator.set_state(state)
