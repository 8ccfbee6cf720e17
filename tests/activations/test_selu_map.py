"""What a layer of selu does to mean and variance, as its paper says: they are drawn to 0 and 1."""

from __future__ import annotations

import math

import pytest
import torch

from layerwise.activations import ACTIVATIONS, moments
from layerwise.activations._exponential import SELU_ALPHA, SELU_SCALE


def variance(q: float) -> float:
    found = moments("selu", q)
    return found.square - found.mean**2


def test_its_constants():
    assert (SELU_ALPHA, SELU_SCALE) == (1.6732632423543772, 1.0507009873554805)
    assert ACTIVATIONS["selu"].range[0] == pytest.approx(-1.7580993408, abs=5e-11)
    far = torch.tensor(-60.0, dtype=torch.float64)
    assert ACTIVATIONS["selu"].function(far).item() == pytest.approx(-1.7580993408, abs=5e-11)


def test_mean_0_and_variance_1_stay():
    found = moments("selu")
    assert (found.mean, found.square) == pytest.approx((0, 1), abs=1e-12)


def test_one_step_from_variance_one_and_a_half():
    found = moments("selu", 1.5)
    assert (found.mean, found.square, variance(1.5)) == pytest.approx((0.0449834, 1.373555, 1.371531), abs=5e-7)


def test_the_map_contracts():
    step = 1e-4
    to_mean = (moments("selu", 1 + step).mean - moments("selu", 1 - step).mean) / (2 * step)
    to_variance = (variance(1 + step) - variance(1 - step)) / (2 * step)
    assert (to_mean, to_variance) == pytest.approx((0.08883476, 0.78264788), abs=2e-8)
    # by formula: d E f^2 / dq = E f'^2 + E f'' f, and the mean is 0
    assert moments("selu").slope_square + moments("selu").curvature == pytest.approx(0.78264788, abs=5e-9)
    # weights that sum to 0 hand no mean on: the other column of the Jacobian is 0
    assert math.hypot(to_mean, to_variance) == pytest.approx(0.78767, abs=5e-6)
