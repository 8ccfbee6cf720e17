"""Rows that are images know their channels, height and width."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from layerwise._base import InvalidInput
from layerwise.data import Data, circles, digits, load

RNG = np.random.default_rng(0)
LABELS = [0, 1] * 6


@pytest.mark.parametrize(
    ("shape", "image"),
    [
        ((5, 4), (1, 5, 4)),
        ((3, 5, 4), (3, 5, 4)),
        ((2, 5, 4), (2, 5, 4)),
        ((1, 5, 3), (1, 5, 3)),  # one channel of three columns, not one row of three colors
        ((2, 3, 4, 5), None),
        ((16,), None),
    ],
)
def test_the_axes_say_what_images_there_are(shape, image):
    rows = RNG.random((12, *shape))
    data = Data.create("axes", rows, LABELS)
    assert data.image == image
    assert data.inputs == (image or rows[0].size)
    assert data.features == pytest.approx(rows.reshape(12, -1).astype(np.float32))


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_that_come_last_are_put_first(channels):
    images = RNG.integers(0, 256, (12, 5, 4, channels), dtype=np.uint8)
    data = load((images, LABELS))
    assert data.image == (channels, 5, 4)
    unfolded = data.features.reshape(12, channels, 5, 4)
    assert unfolded == pytest.approx(images.transpose(0, 3, 1, 2) / 255, rel=1e-6)


@pytest.mark.parametrize(("n_features", "image"), [(49, (1, 7, 7)), (75, (3, 5, 5)), (50, None)])
def test_flat_rows_are_square_images_or_of_unknown_shape(n_features, image):
    rows = RNG.random((12, n_features))
    assert Data.create("flat", rows, LABELS, kind="image").image == image
    assert Data.create("flat", rows, LABELS).image is None


def test_the_shape_of_flat_rows_can_be_given():
    data = Data.create("wide", RNG.random((12, 40)), LABELS, image=(2, 4, 5))
    assert (data.image, data.inputs, data.kind) == ((2, 4, 5), (2, 4, 5), "image")
    assert load(data, name="other").image == (2, 4, 5)


def test_a_table_has_no_images():
    assert (circles().image, circles().inputs) == (None, 2)
    assert Data.create("cubes", RNG.random((12, 4, 4)), LABELS, kind="table").image is None


@pytest.mark.parametrize("image", [(1, 4, 4), (40,), (-2, -4, 5)])
def test_a_shape_that_does_not_fit_is_refused(image):
    with pytest.raises(InvalidInput) as caught:
        Data.create("wide", RNG.random((12, 40)), LABELS, image=image)
    assert str(caught.value) == (
        "`image` must be (channels, height, width), whose product is the number of features. "
        f"Got {image} for 40 features instead."
    )


def test_a_shape_and_a_table_exclude_each_other():
    with pytest.raises(InvalidInput, match=r"^`image` goes with the kind 'image' only\. Got 'table' instead\. Leave"):
        Data.create("both", RNG.random((12, 40)), LABELS, kind="table", image=(1, 8, 5))


def test_digits_and_real_sets(shared_data: Path):
    assert digits().image == (1, 8, 8)
    assert load("mnist", folder=shared_data / "mnist").image == (1, 28, 28)
    pictures = load("cifar10", folder=shared_data / "cifar10")
    assert pictures.image == (3, 32, 32)
    first = pictures.features[0].reshape(3, 32, 32)
    smooth = np.abs(np.diff(first, axis=2)).mean()
    assert smooth < 0.6 * np.abs(np.diff(pictures.features[0].reshape(32, 32, 3).transpose(2, 0, 1), axis=2)).mean()
