"""The sets that need no files: their known answers."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise._base import InvalidInput, Registry, UnknownName
from layerwise.data import DATASETS, Data, circles, digits, gaussian, linear_teacher, load, multilabel, spirals

MADE_UP = [circles, spirals, linear_teacher, multilabel, gaussian]


def test_the_list():
    assert isinstance(DATASETS, Registry)
    assert list(DATASETS) == [
        "digits",
        "diabetes",
        "circles",
        "spirals",
        "linear_teacher",
        "multilabel",
        "gaussian",
        "mnist",
        "fashion-mnist",
        "cifar10",
    ]


@pytest.mark.parametrize("name", [*DATASETS][:-3])  # the last three lie in files
def test_each_loads_by_name(name: str):
    data = load(name)
    assert isinstance(data, Data)
    assert data.name == name
    assert data.source


def test_an_unknown_name():
    with pytest.raises(UnknownName) as caught:
        load("digit")
    assert str(caught.value) == (
        "There is no data set 'digit'. Did you mean 'digits'? Known: digits, diabetes, circles, spirals, "
        "linear_teacher, multilabel, gaussian, mnist, fashion-mnist, cifar10. A path to a .csv, .parquet or .npz file "
        "would do as well."
    )


def test_diabetes():
    data = load("diabetes")
    assert data.task == "regression"
    assert data.features.shape == (442, 10)
    assert data.features[:, 0].mean() == pytest.approx(48.518, abs=1e-3)  # years of age, as the paper's table has them
    assert (data.targets.min(), data.targets.max()) == (25, 346)


def test_digits():
    data = digits()
    assert data.features.shape == (1797, 64)
    assert (data.features.min(), data.features.max()) == (0, 1)
    assert data.classes == tuple("0123456789")
    assert data.kind == "image"
    assert np.bincount(data.targets).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


@pytest.mark.parametrize("make", MADE_UP)
def test_the_seed_decides(make):
    first, again, other = make(n=300, seed=1), make(n=300, seed=1), make(n=300, seed=2)
    assert np.array_equal(first.features, again.features)
    assert np.array_equal(first.targets, again.targets)
    assert not np.array_equal(first.features, other.features)
    assert len(first.features) == 300
    assert "seed 1" in first.source


def test_circles_are_told_apart_by_their_radius():
    data = circles(n=200, noise=0)
    radius = np.linalg.norm(data.features, axis=1)
    assert radius == pytest.approx(np.where(data.targets == 0, 1.0, 0.5), abs=1e-6)
    assert circles(n=4000, noise=0.1).features.var() > circles(n=4000, noise=0).features.var() + 0.005


def test_spirals_are_told_apart_by_angle_and_radius():
    data = spirals(n=200, noise=0)
    x, y = data.features.astype(float).T
    turned = np.arctan2(y, x) - 3 * np.pi * np.hypot(x, y)
    assert np.cos(turned) == pytest.approx(np.where(data.targets == 0, 1, -1), abs=1e-4)
    assert np.hypot(x, y).max() <= 1
    assert np.bincount(data.targets).tolist() == [100, 100]


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_the_teachers_noise_is_what_least_squares_leaves(noise: float):
    data = linear_teacher(n=20_000, noise=noise, n_features=5, n_outputs=2)
    x, y = data.features.astype(float), data.targets.astype(float)
    weights, *_ = np.linalg.lstsq(x, y, rcond=None)
    assert np.linalg.norm(weights, axis=0) == pytest.approx([1, 1], abs=0.02)
    assert (y - x @ weights).var(axis=0) == pytest.approx([noise**2] * 2, rel=0.05, abs=1e-10)
    assert y.var(axis=0) == pytest.approx([1 + noise**2] * 2, rel=0.05)


def test_gaussian_inputs_are_standard_normal_and_their_labels_linear():
    data = gaussian()
    assert data.features.shape == (1000, 500)
    assert (data.features.mean(), data.features.std()) == pytest.approx((0, 1), abs=0.01)
    assert data.n_outputs == 10
    small = gaussian(n=5000, n_features=4, n_classes=3)
    one_hot = np.eye(3)[small.targets]
    weights, *_ = np.linalg.lstsq(small.features, one_hot, rcond=None)
    assert ((small.features @ weights).argmax(axis=1) == small.targets).mean() > 0.85


@pytest.mark.parametrize("make", MADE_UP)
def test_bad_sizes(make):
    with pytest.raises(InvalidInput, match=r"`n` must be an int of at least \d. Got 0 instead\."):
        make(n=0)
    with pytest.raises(InvalidInput, match=r"`noise` must be a number of at least 0. Got -1 instead\."):
        make(noise=-1)
    with pytest.raises(InvalidInput, match=r"must be an int of at least 0. Got -1 instead"):
        make(seed=-1)


@pytest.mark.parametrize("option", ["target", "folder"])
def test_options_that_are_of_no_use_are_refused(option: str):
    with pytest.raises(InvalidInput, match=rf"`{option}` goes with .* only. Got 'x' instead. Leave it out\."):
        load("digits", **{option: "x"})
    with pytest.raises(InvalidInput, match=rf"`{option}` goes with .* only. Got 'x' instead. Leave it out\."):
        load(([[1.0]], [1]), **{option: "x"})


def test_name_and_task():
    data = digits()
    assert load(data) is data
    renamed = load(data, name="mine")
    assert (renamed.name, renamed.features is data.features) == ("mine", True)
    with pytest.raises(InvalidInput, match=r"`task` of 'digits' must be 'classification'. Got 'regression' instead"):
        load("digits", task="regression")
    with pytest.raises(InvalidInput, match="`task` must be one of"):
        load("digits", task="ranking")
