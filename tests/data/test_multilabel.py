"""Rows with any number of labels."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise._base import InvalidInput
from layerwise.data import Data, load, multilabel

FEATURES = np.arange(12.0).reshape(6, 2)
LABELS = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 1], [0, 0, 0], [0, 1, 0], [1, 0, 1]])


@pytest.mark.parametrize("kind", [int, float, bool, np.uint8])
def test_columns_of_0_and_1_are_labels(kind):
    data = load((FEATURES, LABELS.astype(kind)))
    assert (data.task, data.classes, data.n_outputs) == ("multilabel", ("label 0", "label 1", "label 2"), 3)
    assert data.targets.dtype == np.float32
    np.testing.assert_array_equal(data.targets, LABELS)


def test_other_columns_are_values_to_predict():
    assert load((FEATURES, LABELS + 0.5)).task == "regression"
    assert load((FEATURES, LABELS), task="regression").task == "regression"


def test_one_hot_rows_are_still_refused_with_the_cure():
    with pytest.raises(InvalidInput, match=r"argmax\(1\)"):
        load((FEATURES, np.eye(3)[[0, 1, 2, 0, 1, 2]]))


def test_one_hot_rows_are_labels_if_asked_for():
    assert load((FEATURES, np.eye(3)[[0, 1, 2, 0, 1, 2]]), task="multilabel").task == "multilabel"


def test_a_single_column_of_0_and_1_is_two_classes():
    assert load((FEATURES, LABELS[:, :1])).task == "classification"


def test_labels_can_be_named():
    assert Data.create("x", FEATURES, LABELS, task="multilabel", classes=("a", "b", "c")).classes == ("a", "b", "c")


@pytest.mark.parametrize(
    ("targets", "classes", "message"),
    [
        (LABELS * 2.0, None, r"must be 0 or 1\. Got 2\.0 at row 0, column 1"),
        (LABELS, ("a", "b"), r"`classes` must name all 3 labels"),
        (LABELS * [1, 1, 0], None, r"column 2"),
    ],
)
def test_what_is_no_label_is_refused(targets, classes, message):
    with pytest.raises(InvalidInput, match=message):
        Data.create("x", FEATURES, targets, task="multilabel", classes=classes)


def test_chance_is_the_larger_share_of_each_label():
    shares = LABELS.mean(axis=0)
    assert load((FEATURES, LABELS)).chance == pytest.approx(np.maximum(shares, 1 - shares).mean())


def test_a_split_of_rare_labels_has_the_sizes_asked_for():
    labels = np.zeros((50, 30))
    labels[np.arange(30), np.arange(30)] = 1  # each label once, which no stratified cut could share out
    labels[:, 0] = np.arange(50) % 2
    split = load((np.random.default_rng(0).normal(size=(50, 3)), labels), task="multilabel").split(0)
    assert [len(part) for part in (split.train, split.validation, split.test)] == [30, 10, 10]
    assert split.target_center is None


def test_the_made_up_set_has_as_much_noise_as_it_says():
    noisy, clean = multilabel(n=20_000, noise=1.0, n_labels=2), multilabel(n=20_000, noise=0.0, n_labels=2)
    assert (noisy.targets != clean.targets).mean() == pytest.approx(0.25, abs=0.01)  # arctan(1) / pi
