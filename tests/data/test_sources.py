"""Pairs, Datasets and DataLoaders."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from layerwise._base import InvalidInput
from layerwise.data import load

X = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
Y = np.arange(30) % 3


class Items(Dataset):
    """Has a length and no IndexError, as most datasets."""

    def __init__(self, items: list) -> None:
        self.items = items

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, i: int):
        return self.items[i % len(self.items)]


class Stream(IterableDataset):
    def __iter__(self):
        return iter([(X[i], int(Y[i])) for i in range(30)])


class Noisy(Items):
    def __getitem__(self, i: int):
        return torch.randn(3) + np.random.rand() + random.random(), i % 2  # noqa: NPY002


SOURCES = {
    "arrays": (X, Y),
    "lists": [X.tolist(), Y.tolist()],
    "tensors": (torch.tensor(X), torch.tensor(Y)),
    "frames": (pd.DataFrame(X), pd.Series(Y)),
    "tensor dataset": TensorDataset(torch.tensor(X), torch.tensor(Y)),
    "dataset": Items([(x, y) for x, y in zip(X, Y, strict=True)]),
    "stream": Stream(),
    "loader": DataLoader(TensorDataset(torch.tensor(X), torch.tensor(Y)), batch_size=7),
    "loader of a stream": DataLoader(Stream(), batch_size=8),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_all_give_the_same(source):
    data = load(source, name="mine")
    assert np.array_equal(data.features, X)
    assert data.targets.tolist() == Y.tolist()
    assert (data.name, data.classes) == ("mine", ("0", "1", "2"))


def test_values_to_predict():
    data = load(DataLoader(TensorDataset(torch.tensor(X), torch.tensor(X[:, 0])), batch_size=4))
    assert (data.task, data.name) == ("regression", "data")
    assert np.array_equal(data.targets[:, 0], X[:, 0])


def test_images_in_a_dataset():
    images = torch.arange(12 * 8, dtype=torch.uint8).reshape(12, 1, 2, 4)
    data = load(TensorDataset(images, torch.arange(12) % 2))
    assert (data.kind, data.features.shape) == ("image", (12, 8))
    assert data.features.max() == pytest.approx(95 / 255)


@pytest.mark.parametrize("own", [False, True])
def test_a_shuffled_loader_gives_the_same_rows_each_time_and_no_generator_moves(own: bool):
    generator = torch.Generator().manual_seed(5) if own else None
    loader = DataLoader(Noisy(list(range(40))), batch_size=8, shuffle=True, generator=generator)
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    mine = generator.get_state() if own else torch.zeros(0)
    first = load(loader)
    torch.rand(1)
    torch.set_rng_state(states[0])
    assert np.array_equal(first.features, load(loader).features)
    assert torch.equal(states[0], torch.get_rng_state())
    assert np.array_equal(states[1], np.random.get_state()[1])  # noqa: NPY002
    assert states[2] == random.getstate()
    assert torch.equal(mine, generator.get_state() if own else torch.zeros(0))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (5, "Data must be a name, a path, a pair (X, y), a torch Dataset or DataLoader, or Data. Got a int instead."),
        ((X, Y, X), "Got a tuple of 3 instead."),
        (X, "Got a ndarray instead."),
        (Items([]), "Data must have at least one row. Got a source that gives nothing instead."),
        (Items([X[0]] * 5), "Every item must be a pair (features, target). Got a ndarray of 4 instead."),
        (Items([(X[0], 1, 2)]), "Got a tuple of 3 instead."),
        (Items([(X[0], 1), (X[0, :2], 1)]), "All examples must have the same shape."),
        (DataLoader(TensorDataset(torch.tensor(X))), "Every batch must be a pair (features, target)."),
    ],
    ids=range(8),
)
def test_what_is_no_source(source, message: str):
    with pytest.raises(InvalidInput) as caught:
        load(source)
    assert message in str(caught.value)


def test_torch_is_not_loaded_for_data_without_tensors():
    code = (
        "import sys, layerwise.data as d; d.load(([[0.0], [1.0], [2.0]] * 2, [0, 1] * 3)); d.load('circles').split(0); "
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
