"""Every probe on a tensor whose answer can be written down."""

from __future__ import annotations

import dataclasses
import math

import pytest
import torch

from layerwise import probes
from layerwise.activations import ACTIVATIONS

Z = torch.tensor([[[1.0, -2.0], [3.0, -2.0]], [[0.0, 0.0], [0.0, 0.0]]])  # two seeds, two inputs, two units
NAN, INF = math.nan, math.inf


def test_mean():
    assert probes.mean(Z).tolist() == [0, 0]
    assert probes.mean(torch.tensor([[1.0, 2.0, 6.0]])).tolist() == [3]


def test_rms():
    assert probes.rms(Z).tolist() == pytest.approx([math.sqrt(18 / 4), 0])


def test_std_between_inputs():
    assert probes.std_between_inputs(Z).tolist() == pytest.approx([math.sqrt(0.5), 0])  # variances 1 and 0


def test_layer_moments():
    rows = zip(*(value.tolist() for value in probes.layer_moments(Z)), strict=True)
    assert next(rows) == pytest.approx((0, math.sqrt(4.5), math.sqrt(0.5)))
    assert next(rows) == (0, 0, 0)


def test_saturated_fraction():
    tanh, elu, gelu = (ACTIVATIONS[name] for name in ("tanh", "elu", "gelu"))
    assert probes.saturated_fraction(Z, tanh).tolist() == [0.25, 0]  # tanh' is 0.42, 0.07, 0.01, 0.07
    assert probes.saturated_fraction(2 * Z, tanh).tolist() == [0.75, 0]
    assert probes.saturated_fraction(2 * Z, elu).tolist() == [0.5, 0]  # e^-4 = 0.02 on the left, 1 on the right
    crossing = torch.full((1, 1, 1), -0.7518)  # gelu' is 0 here, but not flat
    assert probes.saturated_fraction(crossing, gelu).tolist() == [0]
    assert probes.saturated_fraction(torch.full((1, 1, 1), -5.0), gelu).tolist() == [1]


def test_dead_fraction():
    relu = ACTIVATIONS["relu"]
    assert probes.dead_fraction(Z, relu).tolist() == [0.5, 1]  # unit 2 of seed 1; 0 is on the dead side
    assert probes.dead_fraction(Z, ACTIVATIONS["leaky_relu"]).tolist() == [0, 0]
    assert probes.dead_fraction(-100 * Z.abs(), ACTIVATIONS["tanh"]).tolist() == [0, 0]  # saturated, not dead


def test_dead_fraction_knows_both_sides():
    relu = ACTIVATIONS["relu"]
    upper = dataclasses.replace(relu, name="upper", dead_below=None, dead_above=1.0)
    both = dataclasses.replace(relu, name="hard", dead_below=-2.0, dead_above=3.0)
    assert probes.dead_fraction(Z, upper).tolist() == [0.5, 0]  # unit 1 of seed 1: 1 and 3
    assert probes.dead_fraction(Z, both).tolist() == [0.5, 0]  # unit 2 of seed 1; unit 1 is alive at 1


def test_duplicate_unit_fraction():
    z = torch.tensor([[[1.0, 2.0, 1.0, 0.0, 0.0], [4.0, 3.0, 4.0, 0.0, 0.0]], [[1.0, 2.0, -1.0, 4.0, 5.0]] * 2])
    assert probes.duplicate_unit_fraction(z).tolist() == pytest.approx([0.8, 0])
    assert probes.duplicate_unit_fraction(Z).tolist() == [0, 1]
    assert probes.duplicate_unit_fraction(Z[:, :, :1]).tolist() == [0, 0]  # one unit alone


def test_update_ratio():
    before, after = torch.tensor([[[3.0, 4.0]], [[1.0, 0.0]]]), torch.tensor([[[3.0, 4.5]], [[1.0, 2.0]]])
    assert probes.update_ratio(before, after).tolist() == pytest.approx([0.1, 2])
    zero = torch.zeros(1, 1, 2)
    assert probes.update_ratio(zero, zero + 1).tolist() == [INF]
    assert math.isnan(probes.update_ratio(zero, zero).item())


def test_histogram():
    x = torch.tensor([[-0.1, 0.0, 0.5, 1.0, 1.1], [NAN, INF, -INF, 0.25, 0.75]])
    assert probes.histogram(x, 0, 1, 2).tolist() == [[1, 2], [1, 1]]
    assert probes.histogram(x, 0, 1, 2).dtype == torch.int64


def test_messages():
    with pytest.raises(
        ValueError, match=r"axes \[seed, batch, unit\]\. Got shape \[3, 2\] instead\. Use `z\.unsqueeze"
    ):
        probes.layer_moments(torch.zeros(3, 2))
    with pytest.raises(ValueError, match=r"smooth flat side \(sigmoid, log_sigmoid, .*\)\. Got 'relu' instead\."):
        probes.saturated_fraction(Z, ACTIVATIONS["relu"])
    with pytest.raises(ValueError, match=r"must have the same shape\. Got \[1, 2\] and \[2, 1\] instead\."):
        probes.update_ratio(torch.zeros(1, 2), torch.zeros(2, 1))
    with pytest.raises(ValueError, match=r"`low` must be below `high`\. Got 1 and 0 instead\."):
        probes.histogram(Z, 1, 0, 5)
    with pytest.raises(ValueError, match=r"`bins` must be a positive int\. Got 0 instead\."):
        probes.histogram(Z, 0, 1, 0)
    with pytest.raises(ValueError, match=r"`high` must be a finite number\. Got inf instead\."):
        probes.histogram(Z, 0, INF, 3)
