"""What `Data` is made from, and what it refuses, word for word."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from layerwise._base import InvalidInput
from layerwise.data import Data

LABELS = [0, 0, 0, 1, 1, 1]


def table(n: int = 6, d: int = 2) -> np.ndarray:
    return np.arange(n * d, dtype=float).reshape(n, d)


def refused(*args, **options) -> str:
    with pytest.raises(InvalidInput) as caught:
        Data.create("x", *args, **options)
    return str(caught.value)


def test_forms_and_properties():
    data = Data.create("fruit", table(), ["pear", "fig", "fig", "pear", "fig", "pear"], source="the market")
    assert (data.features.dtype, data.features.shape) == (np.float32, (6, 2))
    assert (data.targets.dtype, data.targets.tolist()) == (np.int64, [1, 0, 0, 1, 0, 1])
    assert (data.classes, data.task, data.kind) == (("fig", "pear"), "classification", "table")
    assert (data.n_features, data.n_outputs, data.chance, data.source) == (2, 2, 0.5, "the market")
    assert repr(data) == "Data('fruit': 6 rows, 2 features, 2 classes, table, classification)"


def test_regression():
    data = Data.create("x", table(), table(6, 3) / 7)
    assert (data.task, data.targets.dtype, data.targets.shape) == ("regression", np.float32, (6, 3))
    assert (data.classes, data.n_outputs, data.chance) == ((), 3, 0.0)
    assert Data.create("x", table(), np.linspace(0, 1, 6)).targets.shape == (6, 1)


def test_chance_is_the_share_of_the_most_frequent_class():
    assert Data.create("x", table(10), ["a"] * 7 + ["b"] * 3).chance == 0.7


def test_images_are_flattened_and_bytes_become_fractions():
    images = np.arange(6 * 4, dtype=np.uint8).reshape(6, 2, 2) * 10
    data = Data.create("x", images, LABELS)
    assert (data.kind, data.features.shape) == ("image", (6, 4))
    assert data.features[1].tolist() == pytest.approx([40 / 255, 50 / 255, 60 / 255, 70 / 255])
    assert Data.create("x", images.astype(float), LABELS).features[1].tolist() == [40, 50, 60, 70]
    assert Data.create("x", images.reshape(6, 4), LABELS).features[1].tolist() == [40, 50, 60, 70]


@pytest.mark.parametrize(
    ("targets", "task"),
    [
        (["a", "b"] * 300, "classification"),
        ([True, False] * 300, "classification"),
        (list(range(20)) * 30, "classification"),
        (list(range(60)) * 10, "classification"),
        (list(range(61)) * 9 + list(range(51)), "regression"),
        (list(range(150)) * 4, "regression"),
        ([0.0, 1.0] * 300, "regression"),
    ],
)
def test_the_task_is_read_off_the_targets(targets: list, task: str):
    data = Data.create("x", table(600), targets)
    assert data.task == task


def test_the_task_can_be_told():
    assert Data.create("x", table(), [0.0, 1.0] * 3, task="classification").classes == ("0", "1")
    assert Data.create("x", table(), LABELS, task="regression").targets.tolist() == [[0], [0], [0], [1], [1], [1]]


@pytest.mark.parametrize(
    "targets", [[-1, 1] * 3, np.array([[-1], [1]] * 3), torch.tensor([-1, 1] * 3, dtype=torch.int8), [1.0, -1.0] * 3]
)
def test_any_labels_are_numbered_in_sorted_order(targets):
    data = Data.create("x", table(), targets, task="classification")
    assert data.classes == ("-1", "1")
    assert sorted(data.targets.tolist()) == [0, 0, 0, 1, 1, 1]


def test_tensors_of_every_sort():
    x, y = torch.tensor(table(), requires_grad=True), torch.tensor(LABELS)
    for features in (x, x.bfloat16(), x.half(), x.int()):
        data = Data.create("x", features, y)
        assert data.features.tolist() == table().tolist()
        assert data.targets.tolist() == LABELS


def test_nan_and_infinities():
    x = table()
    x[4, 1], x[5, 0] = math.nan, math.inf
    assert refused(x, LABELS) == (
        "All of `features` must be finite numbers within the range of float32. Got nan at row 4, column 1 (counted "
        "from 0; 2 of 12 are not finite) instead. Fill these values in, or drop their rows or columns."
    )
    assert "Got inf at row 3, column 0" in refused(np.where(table() == 6, 1e39, table()), LABELS)
    assert "All of `targets` must be finite" in refused(table(), [0.5, 1, 2, 3, math.nan, 5])
    assert "Got nan at row 4, column 0" in refused(table(), [0.5, 1, 2, 3, math.nan, 5])


def test_one_class_only():
    assert refused(table(), ["yes"] * 6) == (
        "There must be at least two classes. Got one only, 'yes' instead. Is the target column right?"
    )
    assert "Got one only, 'b' instead" in refused(table(), [1] * 6, classes=("a", "b"))


def test_fewer_rows_than_classes():
    assert refused(table(), [0, 1] * 3, classes=tuple("abcdefg")).startswith(
        "There must be more rows than classes. Got 6 rows and 7 classes instead."
    )


def test_a_class_too_small_for_three_parts():
    assert refused(table(8), ["a", "a", "a", "b", "b", "c", "c", "c"]) == (
        "Every class must have at least 3 rows, one for each of training, validation and test. Got 2 rows of class 'b' "
        'instead. Drop rare classes or merge them. If the target is a number to predict, pass task="regression".'
    )
    assert "Got 1 row of class '0' (and too few of 5 other classes)" in refused(table(), list(range(6)))
    assert Data.create("x", table(6), ["a", "a", "a", "b", "b", "b"]).n_outputs == 2


def test_labels_out_of_range():
    assert refused(table(), [0, 1, 2, 0, 7, -1], classes=("a", "b", "c")) == (
        "Labels must be class numbers from 0 to 2, as there are 3 classes. Got 7 in row 4 (counted from 0; 2 labels "
        "are outside) instead. Without `classes`, any labels are numbered for you."
    )


def test_labels_that_are_no_whole_numbers():
    expected = "Class labels must be whole numbers or text. Got 0.5 in row 1 (counted from 0; 1 such labels) instead."
    assert refused(table(), [0, 0.5, 1, 1, 0, 0], task="classification").startswith(expected)
    assert refused(table(), [0, 0.5, 1, 1, 0, 0], classes=("a", "b")).startswith(expected)
    assert "must be class numbers" in refused(table(), list("ababab"), classes=("a", "b"))


@pytest.mark.parametrize("dtype", [int, float])
def test_one_hot_labels_are_met_with_the_cure(dtype):
    message = refused(table(), np.eye(2, dtype=dtype)[LABELS])
    assert "must have the shape [rows]. Got an array of shape (6, 2) instead. One-hot rows become" in message
    assert Data.create("x", table(), np.eye(2, dtype=dtype)[LABELS], task="regression").n_outputs == 2


@pytest.mark.parametrize(
    ("features", "targets", "message"),
    [
        (np.arange(6), LABELS, "`features` must have the shape [rows, features], or more axes for images"),
        (np.zeros((0, 3)), [], "Data must have at least one row. Got a float32 array of shape (0, 3) instead."),
        (np.zeros((6, 0)), LABELS, "Data must have at least one feature. Got a float32 array of shape (6, 0) instead."),
        (table(5), LABELS, "must have one row each for every example. Got 5 rows of features and 6 targets instead."),
        ([[1, 2], [3]], LABELS, "`features` must be an array, or rows of equal length."),
        ([["1", "red"]] * 6, LABELS, "All of `features` must be numbers. Got np.str_('red') at row 0, column 1"),
        ([[1, None]] * 6, LABELS, "All of `features` must be numbers. Got None at row 0, column 1"),
        (table() * 1j, LABELS, "All of `features` must be real numbers. Got complex ones instead."),
        (np.ones((6, 3)), LABELS, "At least one feature must vary from row to row. Got 6 rows that are all the same"),
        (table(), [2.5] * 6, "Every target column must vary, or there is nothing to learn. Got 2.5 in every row of"),
        (table(2), [0.5, 1.5], "There must be at least 3 rows, one for each of training, validation and test. Got 2"),
        (table(), np.zeros((6, 0)), "There must be at least one output to predict."),
    ],
)
def test_what_is_no_data(features, targets, message: str):
    assert message in refused(features, targets)


def test_constant_features_beside_others_are_fine():
    x = table()
    x[:, 0] = 7
    assert Data.create("x", x, LABELS).n_features == 2


def test_an_official_test_part_must_leave_every_class_something():
    labels = [0, 0, 0, 0, 1, 0, 1, 1]
    assert "Got 1 row of class '1' instead" in refused(table(8), labels, n_fixed_test=2)
    assert "`n_fixed_test` must leave at least 2 of 8 rows" in refused(table(8), labels, n_fixed_test=7)
    assert "`n_fixed_test` must be an int of at least 0. Got -1" in refused(table(8), labels, n_fixed_test=-1)
    assert Data.create("x", table(8), labels, n_fixed_test=1).n_fixed_test == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"task": "ranking"},
            "`task` must be one of 'classification', 'regression', 'multilabel'. Got 'ranking' instead.",
        ),
        ({"kind": "sound"}, "`kind` must be one of 'image', 'table'. Got 'sound' instead."),
        ({"features": table()}, "`features` must be a float32 array of shape [rows, features]. Got a float64 array"),
        ({"features": [[1.0]]}, "Got a list instead."),
        ({"targets": np.zeros(6)}, "`targets` must be of type int64 and shape [rows] for classification."),
        ({"task": "regression"}, "`targets` must be of type float32 and shape [rows, outputs] for regression."),
        ({"classes": ()}, "There must be at least two classes."),
    ],
)
def test_data_made_by_hand_is_checked_as_well(change: dict, message: str):
    data = Data.create("x", table(), LABELS)
    with pytest.raises(InvalidInput) as caught:
        replace(data, **change)
    assert message in str(caught.value)
    with pytest.raises(InvalidInput, match="`classes` must be empty for regression"):
        replace(data, task="regression", targets=np.arange(6, dtype=np.float32)[:, None])
