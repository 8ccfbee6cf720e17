"""The critical line: exact values, both ways around, and where there is none."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from layerwise._base import InvalidInput, UnknownName
from layerwise.theory import NoCriticalPoint, critical_point, fixed_points, phase

# tanh: bias variance -> (q*, weight variance)
BY_BIAS = {
    1e-5: (0.02033795, 1.03952113),
    2.01e-5: (0.02591860, 1.04999563),
    1e-4: (0.04570908, 1.08602629),
    1e-3: (0.10729236, 1.18918959),
    0.01: (0.27330091, 1.42420529),
    0.05: (0.57004788, 1.76095464),
    0.1: (0.80579918, 1.98607264),
    0.25: (1.31793900, 2.40148924),
    0.5: (1.97103061, 2.84316746),
}
# tanh: q* -> (weight variance, bias variance)
BY_Q = {
    0.01: (1.01971076, 1.2580e-6),
    0.1: (1.17756910, 8.322804e-4),
    0.5: (1.68797512, 0.03804120),
    1.0: (2.15330265, 0.15096463),
    2.0: (2.86116240, 0.51226495),
}
AT_ONE = {
    "tanh": (2.15330265, 0.15096463),
    "gelu": (2.19369990, 0.06719167),
    "silu": (2.63516866, 0.06247150),
    "elu": (1.49677744, 0.03466025),
    "selu": (0.93320580, 0.06679420),
    "softsign": (4.39229636, 0.19614818),
}


@pytest.mark.parametrize("bias_variance", BY_BIAS)
def test_tanh_by_bias(bias_variance):
    point = critical_point("tanh", bias_variance=bias_variance)
    assert (point.q, point.weight_variance) == pytest.approx(BY_BIAS[bias_variance], abs=6e-9)
    assert point.bias_variance == bias_variance
    assert point.stable


@pytest.mark.parametrize("q", BY_Q)
def test_tanh_by_q(q):
    point = critical_point("tanh", q=q)
    assert point.weight_variance == pytest.approx(BY_Q[q][0], abs=6e-9)
    assert point.bias_variance == pytest.approx(BY_Q[q][1], rel=5e-5 if q == 0.01 else 3e-7)


@pytest.mark.parametrize("name", AT_ONE)
def test_at_unit_variance(name):
    point = critical_point(name, q=1.0)
    assert (point.weight_variance, point.bias_variance) == pytest.approx(AT_ONE[name], abs=6e-9)


@given(q=st.floats(0.01, 4), name=st.sampled_from(["tanh", "elu", "selu", "softsign"]))
def test_there_and_back(q, name):
    there = critical_point(name, q=q)
    back = critical_point(name, bias_variance=there.bias_variance)
    assert (back.q, back.weight_variance) == pytest.approx((q, there.weight_variance), rel=1e-8)
    assert phase(name, there.weight_variance, there.bias_variance) == "critical"


@pytest.mark.parametrize("q", [0.01, 0.1, 1.0])
def test_there_and_back_where_the_search_has_a_grid_point(q):
    there = critical_point("tanh", q=q)
    assert critical_point("tanh", bias_variance=there.bias_variance).q == pytest.approx(q, rel=1e-8)


def test_layers_drive_q_away_from_gelus_line():
    point = critical_point("gelu", q=1.0)
    assert not point.stable
    (near,) = [p for p in fixed_points("gelu", point.weight_variance, point.bias_variance) if 0.9 < p.q < 1.1]
    assert (near.q, near.chi_1, near.stability) == (pytest.approx(1), pytest.approx(1), "unstable")


def test_erf_by_formula():
    point = critical_point(torch.erf, bias_variance=0.05)
    assert (point.q, point.weight_variance) == pytest.approx((0.5171768380, 1.3758390073), abs=6e-11)
    assert critical_point(torch.erf, bias_variance=0).weight_variance == pytest.approx(math.pi / 4, rel=1e-12)


@pytest.mark.parametrize(("name", "weights"), [("tanh", 1.0), ("softsign", 1.0), ("gelu", 4.0), ("silu", 4.0)])
def test_without_bias_it_is_the_slope_at_zero(name, weights):
    point = critical_point(name, bias_variance=0.0)
    assert (point.q, point.bias_variance) == (0.0, 0.0)
    assert point.weight_variance == pytest.approx(weights, rel=1e-12)


@pytest.mark.parametrize(("name", "weights"), [("relu", 2.0), ("leaky_relu", 2 / 1.0001), ("linear", 1.0)])
def test_straight_pieces_have_one_line_without_bias(name, weights):
    assert critical_point(name, bias_variance=0).weight_variance == pytest.approx(weights, rel=1e-13)
    for q in (0.1, 30.0):
        point = critical_point(name, q=q)
        assert (point.weight_variance, point.bias_variance) == (pytest.approx(weights, rel=1e-13), 0.0)


def test_relu_has_none_with_bias():
    with pytest.raises(NoCriticalPoint) as caught:
        critical_point("relu", bias_variance=0.1)
    assert str(caught.value) == (
        "`bias_variance` must be one at which relu has a critical point. Got 0.1 instead. With chi_1 = 1 every layer "
        "adds the bias to q, which has no fixed point then: use bias variance 0."
    )


def test_softplus_has_none():
    with pytest.raises(NoCriticalPoint, match=r"at every q: it has no critical line\.$"):
        critical_point("softplus", bias_variance=0.05)


def test_squared_relu_has_none_without_bias():
    # f^2 = z^4, f'^2 = 4 z^2 on one side: bias = q - (3 q^2 / 2) / (2 q) = q / 4
    point = critical_point(lambda z: torch.relu(z) ** 2, bias_variance=0.25)
    assert (point.q, point.weight_variance) == pytest.approx((1.0, 0.5), rel=1e-12)
    with pytest.raises(NoCriticalPoint, match="lies at higher bias variances"):
        critical_point(lambda z: torch.relu(z) ** 2, bias_variance=0)


def test_sigmoid_has_none_at_unit_variance_and_one_far_out():
    with pytest.raises(InvalidInput) as caught:
        critical_point("sigmoid", q=1.0)
    assert str(caught.value) == (
        "`q` must be one that sigmoid can hold with chi_1 = 1. Got 1.0 instead. The biases would need a variance of "
        "-5.543, and no variance is below 0."
    )
    point = critical_point("sigmoid", bias_variance=0.0)
    assert (point.q, point.weight_variance) == pytest.approx((45.624278, 103.007554), rel=1e-7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Either `bias_variance` or `q` must be given. Got neither instead."),
        ({"q": 1.0, "bias_variance": 0.1}, "Either `bias_variance` or `q` must be given. Got both instead."),
        ({"q": 0.0}, "`q` must be a positive number. Got 0.0 instead."),
        ({"bias_variance": -0.1}, "`bias_variance` must be a number of at least 0. Got -0.1 instead."),
    ],
)
def test_bad_numbers(options, message):
    with pytest.raises(InvalidInput) as caught:
        critical_point("tanh", **options)
    assert str(caught.value) == message


def test_an_unknown_name_is_not_the_lack_of_a_point():
    with pytest.raises(UnknownName):
        critical_point("tahn", bias_variance=0.1)
