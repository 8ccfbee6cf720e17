"""The laws of a split, and its scaling against the formula."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.data import Data, Split, digits, linear_teacher
from layerwise.records import DataSummary

sizes = st.lists(st.integers(3, 40), min_size=2, max_size=6)
seeds = st.integers(0, 10**6)


def labelled(counts: list[int], **options) -> Data:
    labels = np.repeat(np.arange(len(counts)), counts)
    return Data.create("x", np.arange(len(labels), dtype=float)[:, None], labels, task="classification", **options)


def parts(split: Split) -> list[np.ndarray]:
    return [split.train, split.validation, split.test]


def same(a: Split, b: Split) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(parts(a), parts(b), strict=True))


@settings(max_examples=50)
@given(sizes, seeds)
def test_parts_are_disjoint_and_cover_everything(counts: list[int], seed: int):
    split = labelled(counts).split(seed)
    assert sorted(np.concatenate(parts(split)).tolist()) == list(range(sum(counts)))
    assert all(part.dtype == np.int64 and part.size for part in parts(split))


@settings(max_examples=50)
@given(sizes, seeds)
def test_each_cut_keeps_class_shares_to_within_one_row(counts: list[int], seed: int):
    data = labelled(counts)
    split = data.split(seed)
    test, validation = (np.bincount(data.targets[rows], minlength=len(counts)) for rows in parts(split)[:0:-1])
    everything = np.array(counts)
    rest = everything - test
    assert np.all(np.abs(test - everything * len(split.test) / everything.sum()) <= 1)
    assert np.all(np.abs(validation - rest * len(split.validation) / rest.sum()) <= 1)


@settings(max_examples=50)
@given(sizes, seeds, seeds)
def test_the_seed_decides(counts: list[int], seed: int, other: int):
    data = labelled([n + 12 for n in counts])
    assert same(data.split(seed), data.split(seed))
    if seed != other:
        assert not same(data.split(seed), data.split(other))
        assert [len(p) for p in parts(data.split(seed))] == [len(p) for p in parts(data.split(other))]


@settings(max_examples=50)
@given(sizes, seeds, st.integers(1, 10))
def test_an_official_test_part_stays(counts: list[int], seed: int, n_test: int):
    data = labelled([n + 10 for n in counts], n_fixed_test=n_test)
    split, n = data.split(seed), len(data.features)
    assert split.test.tolist() == list(range(n - n_test, n))
    assert sorted([*split.train, *split.validation]) == list(range(n - n_test))
    assert len(split.validation) == max(round(0.2 * (n - n_test)), len(counts))


def test_shares():
    split = labelled([500, 500]).split(0, validation=0.1, test=0.3)
    assert [len(part) for part in parts(split)] == [600, 100, 300]


def test_rows_come_in_a_drawn_order():
    # Sorted rows of sorted data would make the first batch of whoever does not shuffle all one class.
    data = labelled([50, 50])
    assert len(set(data.targets[data.split(0).train[:20]])) == 2


def test_a_split_is_drawn_from_a_stream_of_its_own():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    digits().split(0)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_pinned():
    # Results of old seeds must not move.
    assert digits().split(0).test[:5].tolist() == [1403, 358, 222, 952, 119]


def test_images_have_one_scale_and_that_of_the_training_rows():
    data = digits()
    split = data.split(3)
    rows = data.features[split.train].astype(float)
    assert split.center.shape == split.scale.shape == (1,)
    assert split.center[0] == pytest.approx(rows.mean(), rel=1e-6)
    assert split.scale[0] == pytest.approx(rows.std(), rel=1e-6)
    z = split.scaled(data, split.train)
    assert z.dtype == np.float32
    assert (z.mean(), z.std()) == pytest.approx((0, 1), abs=1e-5)
    assert split.target_center is None
    assert split.target_scale is None


def test_why_images_are_scaled_as_one():
    # A pixel that is lit in one training image of a thousand is divided by next to nothing.
    data = digits()
    as_table = Data.create("table", data.features, data.targets)
    worst = {d.kind: max(np.abs(s.scaled(d, s.test)).max() for s in map(d.split, range(20))) for d in (data, as_table)}
    assert worst["image"] < 2
    assert worst["table"] > 30


def test_tables_have_a_scale_for_each_feature_and_constant_ones_are_only_centered():
    rng = np.random.default_rng(0)
    x = rng.normal([0, 100, 0], [1, 10, 1], (60, 3))
    x[:, 2] = 0.1
    data = Data.create("x", x, rng.normal(size=60))
    split = data.split(0)
    rows = data.features[split.train].astype(float)
    assert split.center == pytest.approx(rows.mean(axis=0), rel=1e-6)
    assert split.scale == pytest.approx([*rows.std(axis=0)[:2], 1], rel=1e-6)
    assert np.abs(split.scaled(data, split.test)[:, 2]).max() == 0


def test_regression_targets_are_scaled_as_well():
    data = linear_teacher(n=200, n_outputs=3)
    split = data.split(0)
    assert split.target_center == pytest.approx(data.targets[split.train].mean(axis=0), rel=1e-4, abs=1e-6)
    assert split.target_scale == pytest.approx(data.targets[split.train].std(axis=0), rel=1e-4)


def test_the_test_part_has_no_say_in_the_scaling():
    data = linear_teacher(n=100)
    split = data.split(0)
    features = data.features.copy()
    features[split.test] *= 1000
    again = Data.create("x", features, data.targets).split(0)
    assert np.array_equal(split.center, again.center)
    assert np.array_equal(split.scale, again.scale)


def test_summary():
    x = np.random.default_rng(0).normal(size=(100, 4))
    x[:, 1:3] = 5
    data = Data.create("x", x, x[:, 0] * 2, source="dice")
    assert data.split(0).summary(data) == DataSummary(
        name="x",
        kind="table",
        n_train=60,
        n_validation=20,
        n_test=20,
        n_features=4,
        n_outputs=1,
        scaling="each feature by its mean and standard deviation over the 60 training rows; "
        "2 of 4 are constant there and only centered; targets by theirs",
        source="dice",
    )


def test_the_sentence_on_scaling():
    one = labelled([30, 30]).split(0)
    assert one.summary(labelled([30, 30])).scaling.endswith("36 training rows; none is constant")
    x = np.stack([np.arange(60.0), np.ones(60)], axis=1)
    data = Data.create("x", x, [0, 1] * 30)
    assert data.split(0).summary(data).scaling.endswith("; 1 of 2 is constant there and only centered")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": 0}, "`validation` must be above 0. Got 0 instead. The usual choice is 0.2."),
        ({"test": 0.0}, "`test` must be above 0. Got 0.0 instead."),
        ({"test": 1.5}, "`test` must be a number from 0 up to, but not including, 1. Got 1.5 instead."),
        ({"validation": 0.5, "test": 0.5}, "`validation` and `test` must leave something to train on."),
        ({"validation": 0.05, "test": 0.9}, "Each part must have room for every class. Got"),
    ],
)
def test_shares_that_cannot_be(options: dict, message: str):
    with pytest.raises(InvalidInput) as caught:
        labelled([3, 3, 4]).split(0, **options)
    assert message in str(caught.value)


def test_a_seed_is_a_whole_number():
    with pytest.raises(InvalidInput, match=r"must be an int of at least 0. Got -1 instead"):
        labelled([5, 5]).split(-1)
