"""MNIST, Fashion-MNIST and CIFAR-10: real files, small files of the same form, broken files, no files."""

from __future__ import annotations

import gzip
import pickle
import struct
from pathlib import Path
from types import SimpleNamespace
from urllib.error import URLError

import numpy as np
import pytest

from layerwise._base import InvalidInput
from layerwise.data import load

FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
RNG = np.random.default_rng(0)
TRAIN = RNG.integers(0, 256, (60, 28, 28), dtype=np.uint8), (np.arange(60) % 10).astype(np.uint8)
TEST = RNG.integers(0, 256, (20, 28, 28), dtype=np.uint8), (np.arange(20) % 10).astype(np.uint8)


def idx(array: np.ndarray) -> bytes:
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_idx(folder: Path, *, packed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, array in zip(FILES, (*TRAIN, *TEST), strict=True):
        path = folder / (name + ".gz" * packed)
        path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    return folder


def refused(name: str, folder: Path | None = None) -> str:
    with pytest.raises(InvalidInput) as caught:
        load(name, folder=folder)
    return str(caught.value)


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty place to stand in, without settings and without a network."""

    def unreachable(*_, **__):
        raise URLError("no network")

    place = tmp_path / "work" / "here"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    monkeypatch.delenv("LAYERWISE_DATA", raising=False)
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr("sklearn.datasets._openml.urlopen", unreachable)
    return place


def test_mnist(shared_data: Path):
    data = load("mnist", folder=shared_data / "mnist")
    train = data.features[:60_000]
    assert data.features.shape == (70_000, 784)
    assert (data.features.min(), data.features.max(), data.n_fixed_test) == (0, 1, 10_000)
    assert train.mean(dtype=float) == pytest.approx(0.1307, abs=5e-5)
    assert train.std(dtype=float) == pytest.approx(0.3081, abs=5e-5)
    counts = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(data.targets[:60_000]).tolist() == counts
    split = data.split(0)
    assert (len(split.train), len(split.validation), len(split.test)) == (48_000, 12_000, 10_000)
    assert split.scaled(data, split.train).std(dtype=float) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("inner", ["", "{name}", "{torchvision}/raw"])
@pytest.mark.parametrize(("name", "torchvision"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")])
def test_the_files_in_a_folder(tmp_path: Path, packed: bool, inner: str, name: str, torchvision: str):
    write_idx(tmp_path / inner.format(name=name, torchvision=torchvision), packed=packed)
    data = load(name, folder=tmp_path)
    assert data.features == pytest.approx(np.concatenate([TRAIN[0], TEST[0]]).reshape(80, 784) / 255)
    assert data.targets.tolist() == [*TRAIN[1], *TEST[1]]
    assert (data.n_fixed_test, data.kind, data.name) == (20, "image", name)
    assert data.classes[9] == ("9" if name == "mnist" else "Ankle boot")


@pytest.mark.parametrize("place", ["data/mnist", "data/MNIST/raw", "../shared/data/mnist"])
def test_the_usual_places(nowhere: Path, place: str):
    write_idx(nowhere / place)
    assert load("mnist").source == f"idx files in {place}"


def test_the_place_in_the_environment_comes_first(nowhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write_idx(nowhere / "data" / "mnist")
    monkeypatch.setenv("LAYERWISE_DATA", str(tmp_path / "store"))
    assert load("mnist").source == "idx files in data/mnist"
    write_idx(tmp_path / "store" / "mnist")
    assert load("mnist").source == f"idx files in {tmp_path}/store/mnist"


def test_no_files_and_no_network(nowhere: Path):
    message = refused("mnist")
    assert message.startswith(
        "The files of 'mnist' must lie in a folder that is looked in. Got nothing in data/mnist, data/MNIST/raw, "
        "../shared/data/mnist, ../shared/data/MNIST/raw instead. Wanted: train-images-idx3-ubyte, train-labels"
    )
    assert message.endswith("OpenML did not help either: <urlopen error no network>.")
    assert "set LAYERWISE_DATA in the environment to a folder that has them in mnist" in message
    assert "test_batch" in refused("cifar10")


def test_a_folder_without_the_files_is_not_made_up_for_by_a_download(nowhere: Path, tmp_path: Path):
    write_idx(nowhere / "data" / "mnist")
    (tmp_path / FILES[0]).write_bytes(idx(TRAIN[0]))
    message = refused("mnist", tmp_path)
    assert f"Got nothing in {tmp_path}, {tmp_path}/mnist, {tmp_path}/MNIST/raw instead." in message
    assert "OpenML" not in message


@pytest.mark.parametrize(
    ("name", "openml_name", "n_features", "n_test"),
    [
        ("mnist", "mnist_784", 784, 10_000),
        ("fashion-mnist", "Fashion-MNIST", 784, 10_000),
        ("cifar10", "CIFAR_10", 3072, 0),
    ],
)
def test_openml(nowhere: Path, monkeypatch, name: str, openml_name: str, n_features: int, n_test: int):
    asked = []

    def fetch(openml_name: str, **options):
        asked.append((openml_name, options["version"], options["as_frame"]))
        n = 10_100
        features = np.tile(np.arange(n)[:, None] % 256, (1, n_features)).astype(np.int64)
        return SimpleNamespace(data=features, target=(np.arange(n) % 10).astype(str).astype(object))

    monkeypatch.setattr("sklearn.datasets.fetch_openml", fetch)
    data = load(name)
    assert asked == [(openml_name, 1, False)]
    assert (data.n_fixed_test, data.n_features, data.n_outputs) == (n_test, n_features, 10)
    assert data.features[255, 0] == 1
    assert data.source == f"OpenML, {openml_name} version 1"


def damage(folder: Path, file: str, change) -> Path:
    path = folder / file
    path.write_bytes(change(path.read_bytes()))
    return path


def test_damaged_gzip_files(tmp_path: Path):
    write_idx(tmp_path, packed=True)
    path = damage(tmp_path, FILES[0] + ".gz", lambda content: content[: len(content) // 2])
    assert refused("mnist", tmp_path) == (
        f"The file '{path}' must be a whole gzip file. Got Compressed file ended before the end-of-stream marker was "
        "reached instead. Copy or download it again."
    )
    write_idx(tmp_path, packed=True)
    damage(tmp_path, FILES[0] + ".gz", lambda content: content[:99] + bytes(200) + content[299:])
    assert f"The file '{path}' must be a whole gzip file." in refused("mnist", tmp_path)


def test_damaged_idx_files(tmp_path: Path):
    write_idx(tmp_path)
    path = damage(tmp_path, FILES[1], lambda content: content[:-5])
    assert refused("mnist", tmp_path) == (
        f"The idx file '{path}' must hold 68 bytes, as its first ones say. Got 63 bytes instead. Copy or download it "
        "again."
    )
    damage(tmp_path, FILES[1], lambda _: idx(TRAIN[0]))
    assert f"The idx file '{path}' must start with the number 2049. Got 2051 instead." in refused("mnist", tmp_path)
    damage(tmp_path, FILES[1], lambda _: b"\0\0")
    assert "must start with the number 2049. Got 2 bytes instead." in refused("mnist", tmp_path)
    damage(tmp_path, FILES[1], lambda _: idx(TRAIN[1])[:6])
    assert f"The idx file '{path}' must hold" in refused("mnist", tmp_path)
    damage(tmp_path, FILES[1], lambda _: idx(TRAIN[1][:50]))
    assert f"The file '{path}' must hold a label for each image. Got 50 labels and 60 images" in refused(
        "mnist", tmp_path
    )


def test_a_name_that_says_gz_and_a_file_that_is_not(tmp_path: Path):
    write_idx(tmp_path, packed=True)
    damage(tmp_path, FILES[2] + ".gz", gzip.decompress)
    assert load("mnist", folder=tmp_path).n_fixed_test == 20


def test_cifar10(shared_data: Path):
    data = load("cifar10", folder=shared_data / "cifar10")
    raw = np.load(shared_data / "cifar10" / "cifar10_10k.npz")
    assert (data.features.shape, data.n_fixed_test, data.classes[:2]) == (
        (11_000, 3072),
        1000,
        ("airplane", "automobile"),
    )
    assert data.targets.tolist() == [*raw["y_train"], *raw["y_test"]]
    image = data.features[7].reshape(3, 32, 32)
    assert image == pytest.approx(raw["x_train"][7].transpose(2, 0, 1) / 255)


PIXELS = RNG.integers(0, 256, (30, 3072), dtype=np.uint8)
CIFAR_LABELS = np.arange(30) % 10


def write_pickles(folder: Path, protocol: int = 2) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(("data_batch_1", "data_batch_2", "test_batch")):
        rows = slice(10 * i, 10 * i + 10)
        batch = {b"data": PIXELS[rows], b"labels": CIFAR_LABELS[rows].tolist(), b"batch_label": b"a part"}
        (folder / name).write_bytes(pickle.dumps(batch, protocol=protocol))
    return folder


def write_binary(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for i, name in enumerate(("data_batch_1.bin", "data_batch_2.bin", "test_batch.bin")):
        rows = slice(10 * i, 10 * i + 10)
        labelled = np.concatenate([CIFAR_LABELS[rows, None].astype(np.uint8), PIXELS[rows]], axis=1)
        (folder / name).write_bytes(labelled.tobytes())
    return folder


def write_npz(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    images = PIXELS.reshape(30, 3, 32, 32).transpose(0, 2, 3, 1)
    parts = {
        "x_train": images[:20],
        "y_train": CIFAR_LABELS[:20, None],
        "x_test": images[20:],
        "y_test": CIFAR_LABELS[20:],
    }
    np.savez(folder / "any.npz", **parts)
    return folder


@pytest.mark.parametrize(
    ("write", "inner"),
    [
        (write_pickles, "cifar-10-batches-py"),
        (write_pickles, "cifar10/cifar-10-batches-py"),
        (write_pickles, ""),
        (write_binary, "cifar-10-batches-bin"),
        (write_binary, "cifar10"),
        (write_npz, ""),
        (write_npz, "cifar10"),
    ],
)
def test_every_layout_gives_the_same(tmp_path: Path, write, inner: str):
    write(tmp_path / inner)
    data = load("cifar10", folder=tmp_path)
    assert data.features == pytest.approx(PIXELS / 255)
    assert (data.targets.tolist(), data.n_fixed_test) == (CIFAR_LABELS.tolist(), 10)


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_pickles_of_every_age(tmp_path: Path, protocol: int):
    write_pickles(tmp_path, protocol)
    damage(tmp_path, "test_batch", lambda content: content.replace(b"numpy._core", b"numpy.core"))
    if protocol < 4:  # later ones give the length of the name as well
        assert b"numpy.core.multiarray" in (tmp_path / "test_batch").read_bytes()
        assert load("cifar10", folder=tmp_path).features == pytest.approx(PIXELS / 255)


class Evil:
    def __reduce__(self):
        return (Path.touch, (Path("taken"),))


def test_pickles_run_nothing(nowhere: Path):
    write_pickles(nowhere)
    path = damage(nowhere, "data_batch_2", lambda _: pickle.dumps({b"data": Evil(), b"labels": []}))
    message = refused("cifar10", nowhere)
    assert message.startswith(f"The file '{path}' must be a pickled dictionary of arrays. Got it asks for ")
    assert "which is not allowed" in message
    assert not (nowhere / "taken").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must be a pickled dictionary of arrays. Got Ran out of input instead."),
        (b"\x80\x02", "must be a pickled dictionary of arrays."),
        (pickle.dumps([1]), "must be a pickled dictionary of arrays. Got a list instead."),
        (pickle.dumps({b"data": 1}), "must have the entries data and labels. Got [b'data'] instead."),
        (pickle.dumps({b"data": 1.5, b"labels": [1]}), "CIFAR-10 pictures must be 3072 bytes each, with a label each."),
    ],
    ids=range(5),
)
def test_damaged_pickles(tmp_path: Path, content: bytes, message: str):
    write_pickles(tmp_path)
    damage(tmp_path, "data_batch_1", lambda _: content)
    assert message in refused("cifar10", tmp_path)


def test_damaged_binary_batches_and_npz(tmp_path: Path):
    write_binary(tmp_path / "bin")
    path = damage(tmp_path / "bin", "test_batch.bin", lambda content: content[:-1])
    assert f"The file '{path}' must be made of records of 3073 bytes. Got 30729 bytes" in refused(
        "cifar10", tmp_path / "bin"
    )
    write_npz(tmp_path / "npz")
    (tmp_path / "npz" / "other.npz").write_bytes(b"x")
    assert "must have one .npz file. Got ['any.npz', 'other.npz'] instead." in refused("cifar10", tmp_path / "npz")
    (tmp_path / "npz" / "other.npz").unlink()
    np.savez(tmp_path / "npz" / "any.npz", x_train=PIXELS)
    assert "must have the arrays x_train, y_train, x_test, y_test. Got ['x_train'] instead." in refused(
        "cifar10", tmp_path / "npz"
    )
    write_pickles(tmp_path / "half")
    (tmp_path / "half" / "test_batch").unlink()
    assert "Wanted: data_batch_1 ... data_batch_5 and test_batch" in refused("cifar10", tmp_path / "half")
