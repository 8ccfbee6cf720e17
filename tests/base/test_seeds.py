"""Child seeds: the same everywhere, another for any change of root or path."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise._base import InvalidInput, child_seed

PATHS = st.lists(st.one_of(st.integers(), st.text(max_size=8), st.sampled_from(["/", "str:", "int:1"])), max_size=4)


def test_seeds_never_change_from_one_version_to_the_next():
    assert child_seed(0) == 4761921975702974394  # b2sum -l 64 of "0", halved
    assert child_seed(0, "order") == 6585897467383227269  # of "0/str:order"
    assert child_seed(12, "weights", 3) == 599312892895669120  # of "12/str:weights/int:3"


@given(root=st.integers(0, 2**63), path=PATHS)
def test_a_seed_fits_what_takes_seeds(root, path):
    seed = child_seed(root, *path)
    assert seed == child_seed(root, *path)
    assert 0 <= seed < 2**63


@given(a=st.tuples(st.integers(0, 9), PATHS), b=st.tuples(st.integers(0, 9), PATHS))
def test_another_root_or_path_gives_another_seed(a, b):
    same = a == b
    assert (child_seed(a[0], *a[1]) == child_seed(b[0], *b[1])) is same


@pytest.mark.parametrize(
    ("a", "b"), [(("a", "b"), ("a/str:b",)), (("a/", "b"), ("a", "/b")), ((1,), ("1",)), ((), ("",))]
)
def test_paths_that_look_alike_differ(a, b):
    assert child_seed(0, *a) != child_seed(0, *b)


def test_an_int_of_numpy_is_an_int():
    assert child_seed(np.int64(5), np.int32(3)) == child_seed(5, 3)


def test_streams_are_uncorrelated():
    grid = [child_seed(root, "weights", member) for root, member in product(range(40), range(40))]
    bits = np.array([[seed >> k & 1 for k in range(63)] for seed in grid], dtype=float)
    assert len(set(grid)) == 1600
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 0.06  # 4.8 standard errors of 0.0125
    assert np.abs(np.corrcoef(bits.T) - np.eye(63)).max() < 0.12  # 4.8 standard errors of 0.025


@pytest.mark.parametrize("root", [-1, 0.5, "0", None])
def test_a_root_must_be_a_seed(root):
    with pytest.raises(InvalidInput) as caught:
        child_seed(root, "order")
    assert str(caught.value) == f"`root` must be an int of at least 0. Got {root!r} instead."
