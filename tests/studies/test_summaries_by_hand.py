"""The pieces a comparison is summed up from, each solved by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerwise.data import Data
from layerwise.models import Recipe
from layerwise.records import Curve, Histogram, Run
from layerwise.studies._summarize import Scale, band, facts, pool, steps_to, summarize

X = np.arange(40.0).reshape(20, 2)


def run(*curves, n_steps=100, seed=0):
    ended = {"learning_rate": 0.1, "status": "finished", "n_steps": n_steps, "seconds": 0.0}
    return Run(recipe="a", seed=seed, scores={}, curves=curves, **ended)


def curve(values, steps=None, name="validation_accuracy"):
    steps = range(0, 10 * len(values), 10) if steps is None else steps
    return Curve(name=name, steps=tuple(steps), values=tuple(values))


@pytest.mark.parametrize(
    ("values", "target", "steps"),
    [
        ([0.1, 0.5, 0.9], 0.5, 10),
        ([0.1, 0.5, 0.9], 0.51, 20),
        ([0.6, 0.1, 0.9], 0.5, 0),
        ([0.1, 0.5, 0.4], 0.9, math.inf),
        ([math.nan, math.nan, 0.9], 0.5, 20),
        ([0.1, 0.2], math.inf, math.inf),
    ],
)
def test_steps_to_a_target(values, target, steps):
    assert steps_to(target, run(curve(values)), "validation_accuracy") == steps


def test_steps_that_were_not_made_do_not_count():
    reached = curve([0.1, 0.5, 0.9])
    assert steps_to(0.9, run(reached, n_steps=20), "validation_accuracy") == 20
    assert steps_to(0.9, run(reached, n_steps=19), "validation_accuracy") == math.inf


def test_without_a_curve_it_is_never():
    assert steps_to(0.1, run(), "validation_accuracy") == math.inf


def test_a_band_by_hand():
    runs = [run(curve([float(10 * s), s + 0.5], name="train_loss"), seed=s) for s in range(11)]
    found = band("train_loss", runs)
    assert (found.name, found.steps) == ("train_loss", (0, 10))
    assert found.median == (50.0, 5.5)
    assert found.low == pytest.approx((10.0, 1.5))
    assert found.high == pytest.approx((90.0, 9.5))


def test_a_band_passes_over_what_is_not_finite():
    runs = [run(curve([1.0, 2.0, math.nan])), run(curve([3.0, math.inf, math.nan])), run(curve([5.0]))]
    found = band("validation_accuracy", runs)
    assert found.steps == (0, 10)  # at step 20 there is no number at all
    assert found.median == (3.0, 2.0)


def test_a_pool_adds_up_by_layer_and_step():
    def histogram(layer, step, *counts):
        return Histogram(layer=layer, step=step, low=0.0, high=1.0, counts=counts)

    several = [
        (histogram("hidden1", 0, 1, 2), histogram("hidden1", 9, 5, 0)),
        (histogram("hidden1", 0, 10, 20), histogram("hidden1", 9, 0, 7)),
    ]
    assert pool(several) == (histogram("hidden1", 0, 11, 22), histogram("hidden1", 9, 5, 7))
    assert pool([(histogram("hidden1", 0, 1, 1),)] * 25) == (histogram("hidden1", 0, 10, 10),)
    assert pool([]) == ()


def test_a_summary_of_targets_never_reached():
    found = summarize([10.0, math.inf, 20.0])
    assert (found.median, found.low, found.high, found.values) == (20.0, 10.0, math.inf, (10.0, math.inf, 20.0))
    assert summarize([10.0, math.inf]).median == math.inf


def chance_loss(data, loss="cross_entropy"):
    told = {fact.name: fact.value for fact in facts(Recipe().replace(loss=loss), data, n_steps=1)}
    return told["chance_loss"]


def test_chance_loss_is_the_entropy_of_the_labels():
    quarter = Data.create("quarter", X, np.array([0] * 15 + [1] * 5))
    assert chance_loss(quarter) == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    ten = Data.create("ten", np.random.default_rng(0).normal(size=(100, 2)), np.arange(100) % 10)
    assert chance_loss(ten) == pytest.approx(math.log(10))


def test_a_class_without_rows_adds_no_entropy():
    from layerwise.studies._summarize import _chance_loss

    class Gap:
        task = "classification"
        targets = np.array([0, 0, 2, 2])

    assert _chance_loss(Gap, "cross_entropy") == pytest.approx(math.log(2))


def test_chance_loss_of_squared_error_is_the_variance_of_the_one_hot_targets():
    labels = np.array([0] * 15 + [1] * 5)
    one_hot = np.eye(2)[labels]
    expected = ((one_hot - one_hot.mean(axis=0)) ** 2).mean()
    assert chance_loss(Data.create("quarter", X, labels), "squared_error") == pytest.approx(expected)
    assert expected == pytest.approx(0.1875)


def test_chance_loss_of_regression_is_the_variance_the_targets_are_scaled_to():
    assert chance_loss(Data.create("line", X, X.sum(axis=1)), "squared_error") == 1.0


def test_chance_loss_of_huber_by_hand():
    values = np.array([-1.0, 1.0] * 10)  # of standard deviation 1 as they are, and 0 is the best constant
    assert chance_loss(Data.create("two", X, values, task="regression"), "huber") == pytest.approx(0.5)


def test_chance_loss_of_labels_is_their_mean_entropy():
    labels = np.stack([np.arange(20) < 5, np.arange(20) % 2 == 0], axis=1)
    expected = (-(0.25 * np.log(0.25) + 0.75 * np.log(0.75)) + np.log(2)) / 2
    assert chance_loss(Data.create("two", X, labels), "binary_cross_entropy") == pytest.approx(expected)


@given(st.floats(0, 0.9), st.floats(0, 1), st.integers(1, 10**6))
def test_heights_lie_between_chance_and_the_best(chance, way, n_test):
    best = chance + (1 - chance) * way
    scale = Scale("test_accuracy", chance, best, n_test)
    assert chance <= scale.trained_at <= scale.target <= best + 1e-12
    assert scale.trained(best) == scale.learnt == (best > scale.luck)
    assert chance <= scale.luck <= chance + (1 - chance) / 20 + 1e-12


@pytest.mark.parametrize(
    ("metric", "chance", "n_test", "luck"),
    [
        ("test_accuracy", 0.5, 10_000, 0.515),  # 3 sqrt(0.25 / 10000)
        ("test_accuracy", 0.1, 90, 0.145),  # 3 sqrt(0.09 / 90) = 0.095, more than a twentieth of 0.9
        ("test_r2", 0.0, 900, 0.01),  # a correlation of 3 / sqrt(900), squared
        ("test_r2", 0.0, 20, 0.05),
    ],
)
def test_luck_by_hand(metric, chance, n_test, luck):
    assert Scale(metric, chance, 1.0, n_test).luck == pytest.approx(luck)


def test_halfway_and_nine_tenths():
    scale = Scale("test_accuracy", 0.1, 0.9, 360)
    assert scale.trained_at == pytest.approx(0.5)
    assert scale.target == pytest.approx(0.82)
    assert (scale.trained(0.5), scale.trained(0.49)) == (True, False)
