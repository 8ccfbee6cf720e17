"""How the learning rate goes over training, and how long that is: by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.models import Optimizer, Training

FACTORS = [
    ("constant", [(0.0, 1.0), (0.5, 1.0), (0.99, 1.0)]),
    ("linear", [(0.0, 1.0), (0.25, 0.75), (0.5, 0.5), (0.9, 0.1)]),
    ("cosine", [(0.0, 1.0), (1 / 3, 0.75), (0.5, 0.5), (2 / 3, 0.25), (1.0, 0.0)]),
    ("step", [(0.0, 1.0), (0.49, 1.0), (0.5, 0.1), (0.74, 0.1), (0.75, 0.01), (0.99, 0.01)]),
]


@pytest.mark.parametrize(
    ("schedule", "progress", "factor"), [(name, at, value) for name, points in FACTORS for at, value in points]
)
def test_factors_by_hand(schedule, progress, factor):
    assert Optimizer(schedule=schedule).factor(progress) == pytest.approx(factor, abs=1e-12)


def test_warmup_rises_to_the_schedule():
    warm = Optimizer(schedule="linear", warmup=0.2)
    factors = [warm.factor(progress) for progress in (0.0, 0.1, 0.2, 0.6)]
    assert factors == pytest.approx([0.0, 0.5 * 0.9, 0.8, 0.4], abs=1e-12)


@given(
    st.sampled_from([name for name, _ in FACTORS]),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_factor_lies_between_0_and_1_and_falls_once_it_is_warm(schedule, warmup, early, late):
    optimizer = Optimizer(schedule=schedule, warmup=warmup)
    early, late = sorted((early, late))
    assert 0 <= optimizer.factor(late) <= 1
    if early >= warmup:
        assert optimizer.factor(late) <= optimizer.factor(early) + 1e-12


@pytest.mark.parametrize(
    ("n_batches", "n_epochs"), [(1, 700), (33, 21), (450, 2), (467, 1), (700, 1), (1500, 1), (10**6, 1)]
)
def test_about_800_updates_at_least_one_epoch(n_batches, n_epochs):
    assert Training().n_epochs(n_batches) == n_epochs


@given(st.integers(1, 10**7))
def test_the_updates_are_the_nearest_to_800(n_batches):
    n_epochs = Training().n_epochs(n_batches)
    miss = abs(n_epochs * n_batches - 700)
    assert n_epochs == 1 or miss <= abs((n_epochs - 1) * n_batches - 700)
    assert miss <= abs((n_epochs + 1) * n_batches - 700)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_epochs_that_are_given_are_taken(epochs, n_batches):
    assert Training(epochs=epochs).n_epochs(n_batches) == epochs


def test_decay_after_three_quarters_is_a_hundredth():
    assert math.isclose(Optimizer(schedule="step").factor(0.75), 0.01)
