"""Fixed points, phases and depth scales: exact values, formulas, and the map itself iterated."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.theory import depth_scale, fixed_point, fixed_points, phase, phase_diagram, propagate

# tanh at bias variance 0.05: q*, chi_1, c*, xi_c, xi_q, 6 xi_c
TANH = {
    1.0: (0.19359252, 0.75903165, 1, 3.62698, 1.74763, 22),
    1.5: (0.41803720, 0.93863627, 1, 15.79099, 1.68283, 95),
    1.7: (0.53307563, 0.98674081, 1, 74.918, 1.558, 450),
    2.0: (0.72176187, 1.04766600, 0.74408242, 25.21341, 1.38798, 151),
    2.5: (1.06395838, 1.13351570, 0.44680423, 11.79560, 1.17987, 71),
    4.0: (2.19549393, 1.34240241, 0.16506496, 6.98027, 0.87329, 42),
}
# gain, q*, chi_1 without bias
SETTINGS = [
    ("tanh", 5 / 3, 1.17848, 1.2098),
    ("tanh", 1.8911, 1.78828, 1.3115),
    ("tanh", 1.0, 0.0, 1.0),
    ("selu", 1.0, 1.0, 1.0716),
    ("selu", 0.75, 0.0230338, 1.0037),
    ("gelu", math.sqrt(2), 0.0, 0.5),
    ("silu", math.sqrt(2), 0.0, 0.5),
    ("sigmoid", 1.0, 0.2647, 0.0557),
    ("sigmoid", 4.0, 5.855, 0.3989),
]


@pytest.mark.parametrize("weight_variance", TANH)
def test_tanh_with_bias(weight_variance):
    (point,) = fixed_points("tanh", weight_variance, 0.05)
    scale = depth_scale("tanh", weight_variance, 0.05)
    q, chi_1, c, xi_c, xi_q, trainable = TANH[weight_variance]
    assert (point.q, point.chi_1, point.c) == pytest.approx((q, chi_1, c), abs=6e-9)
    assert scale.xi_c == pytest.approx(xi_c, rel=1e-5)
    assert scale.xi_q == pytest.approx(xi_q, rel=3e-4 if weight_variance == 1.7 else 1e-5)
    assert round(scale.trainable_depth) == trainable
    assert point.stability == "stable"
    assert phase("tanh", weight_variance, 0.05) == ("ordered" if chi_1 < 1 else "chaotic")


@pytest.mark.parametrize(("name", "gain", "q", "chi_1"), SETTINGS)
def test_usual_settings(name, gain, q, chi_1):
    point = fixed_point(name, gain**2, 0.0)
    assert point.stability == "stable"
    assert point.q == pytest.approx(q, rel=1e-4)
    assert point.chi_1 == pytest.approx(chi_1, abs=6e-5)


@pytest.mark.parametrize(
    ("name", "gain", "over_thirty_layers"),
    [
        ("tanh", 5 / 3, 17.4),
        ("tanh", 1.8911, 58.4),
        ("tanh", 1.0, 1.0),
        ("selu", 1.0, 2.82),
        ("selu", 0.75, 1.06),
        ("gelu", math.sqrt(2), 3.1e-5),
        ("silu", math.sqrt(2), 3.1e-5),
        ("sigmoid", 1.0, 1.55e-19),
        ("sigmoid", 4.0, 1e-6),
    ],
)
def test_gradient_norm_over_thirty_layers_at_the_fixed_point(name, gain, over_thirty_layers):
    chi_1 = fixed_point(name, gain**2, 0.0).chi_1
    assert chi_1**15 == pytest.approx(over_thirty_layers, rel=0.04 if name == "sigmoid" else 0.02)


@pytest.mark.parametrize(("name", "slope"), [("gelu", 1.144), ("silu", 1.1726)])
def test_the_exact_gain_is_an_unstable_fixed_point(name, slope):
    from layerwise.activations import gain

    nothing, one, endless = fixed_points(name, gain(name) ** 2, 0.0)
    assert [point.stability for point in (nothing, one, endless)] == ["stable", "unstable", "stable"]
    assert (nothing.q, endless.q) == (0.0, math.inf)
    assert one.q == pytest.approx(1, abs=1e-10)
    assert one.slope == pytest.approx(slope, abs=6e-4)
    assert nothing.c is nothing.chi_c is endless.c is None
    # below 1 to nothing, above to infinity, and the map itself agrees
    assert fixed_point(name, gain(name) ** 2, 0.0, q0=0.3).q == 0
    assert propagate(name, gain(name) ** 2, 0.0, 120, q0=0.3).q[-1] < 1e-6
    assert fixed_point(name, gain(name) ** 2, 0.0, q0=1.0).q == math.inf
    assert propagate(name, gain(name) ** 2, 0.0, 120).q[-1] > 1e4
    if name == "gelu":
        assert nothing.chi_1 == pytest.approx(0.588, abs=5e-4)
        assert nothing.chi_1**15 == pytest.approx(3.5e-4, rel=0.02)


def test_relu_keeps_every_q_at_hes_weights():
    (point,) = fixed_points("relu", 2.0, 0.0)
    assert (point.stability, point.slope, point.chi_1, point.c) == ("neutral", 1.0, 1.0, 1.0)
    assert phase("relu", 2.0, 0.0) == "critical"
    assert depth_scale("relu", 2.0, 0.0).xi_c == math.inf


@given(weight_variance=st.floats(0.1, 1.95), bias_variance=st.floats(0.001, 5))
def test_relu_by_hand(weight_variance, bias_variance):
    (point,) = fixed_points("relu", weight_variance, bias_variance)
    assert point.q == pytest.approx(bias_variance / (1 - weight_variance / 2), rel=1e-9)
    assert point.chi_1 == pytest.approx(weight_variance / 2, rel=1e-12)
    assert (point.c, point.stability) == (1.0, "stable")


@pytest.mark.parametrize(("weight_variance", "bias_variance"), [(2.0, 0.1), (2.5, 0.0), (2.5, 0.3)])
def test_relu_grows_without_end(weight_variance, bias_variance):
    last = fixed_points("relu", weight_variance, bias_variance)[-1]
    assert (last.q, last.stability) == (math.inf, "stable")
    assert last.chi_1 == pytest.approx(weight_variance / 2)


def test_erf_by_formula():
    (point,) = fixed_points(torch.erf, 1.3, 0.1)
    assert (point.q, point.chi_1) == pytest.approx((0.5611379056, 0.9189166629), abs=6e-11)


def test_torchs_own_linear_layers_with_relu_stop_at_their_bias():
    fan_in = 100
    (point,) = fixed_points("relu", 1 / 3, 1 / (3 * fan_in))
    assert point.q == pytest.approx(0.4 / fan_in)


@settings(max_examples=20)
@given(weight_variance=st.floats(0.2, 5), bias_variance=st.floats(0.01, 1), name=st.sampled_from(["tanh", "softsign"]))
def test_the_map_iterated_comes_to_the_fixed_point(weight_variance, bias_variance, name):
    point = fixed_point(name, weight_variance, bias_variance)
    made = propagate(name, weight_variance, bias_variance, 60, c0=0.5)
    assert made.q[-1] == pytest.approx(point.q, rel=1e-6)
    assert abs(made.c[-1] - point.c) <= abs(made.c[20] - point.c) + 1e-9


@pytest.mark.parametrize("keep", [1.0, 0.9])
def test_xi_c_is_the_rate_at_which_correlations_settle(keep):
    point = fixed_point("tanh", 2.5, 0.05, keep=keep)
    made = propagate("tanh", 2.5, 0.05, 60, c0=0.2, keep=keep)
    off = [abs(c - point.c) for c in made.c]
    layers = 1 / math.log(off[30] / off[31])
    assert layers == pytest.approx(depth_scale("tanh", 2.5, 0.05, keep=keep).xi_c, rel=0.02)


def test_xi_q_is_the_rate_at_which_q_settles():
    point = fixed_point("tanh", 1.5, 0.05)
    off = [abs(q - point.q) for q in propagate("tanh", 1.5, 0.05, 20).q]
    assert 1 / math.log(off[12] / off[13]) == pytest.approx(depth_scale("tanh", 1.5, 0.05).xi_q, rel=1e-3)


@settings(max_examples=30)
@given(weight_variance=st.floats(0.5, 5), keep=st.floats(0.5, 0.99))
def test_dropout_destroys_the_critical_point(weight_variance, keep):
    point = fixed_point("tanh", weight_variance, 0.05, keep=keep)
    assert point.c < 1
    assert math.isfinite(depth_scale("tanh", weight_variance, 0.05, keep=keep).xi_c)


def test_dropout_by_hand_for_relu():
    # q' = w / keep q / 2 + b
    (point,) = fixed_points("relu", 1.2, 0.1, keep=0.8)
    assert point.q == pytest.approx(0.1 / (1 - 1.2 / 0.8 / 2))
    # two copies of one input: w q / 2 + b is shared, the rest of q is the masks'
    assert propagate("relu", 1.2, 0.1, 2, c0=1.0, keep=0.8).c[1] == pytest.approx(
        (0.6 * 1.3 + 0.1) / (0.75 * 1.3 + 0.1)
    )


def test_an_odd_function_without_bias_decorrelates():
    point = fixed_point("tanh", 1.5, 0.0)
    assert (point.c, point.chi_c < 1 < point.chi_1) == (0.0, True)


def test_barely_chaotic_correlations_stay_near_one():
    from layerwise.theory import critical_point

    critical = critical_point("tanh", bias_variance=0.05)
    point = fixed_point("tanh", critical.weight_variance * (1 + 1e-5), 0.05)
    assert 0.9999 < point.c < 1
    assert point.chi_c == pytest.approx(1 / point.chi_1, rel=1e-8)  # mirror images around 1, to first order


def test_weights_of_almost_nothing():
    assert fixed_point("tanh", 1e-9, 0.3).q == pytest.approx(0.3, rel=1e-8)


def test_the_diagram_agrees_with_the_phases():
    weights, biases = (0.8, 1.3, 1.9, 2.4, 3.1), (0.0, 0.03, 0.11, 0.4)
    for name in ("tanh", "gelu", "relu", "elu"):
        diagram = phase_diagram(name, weights, biases)
        for i, weight in enumerate(weights):
            for j, bias in enumerate(biases):
                point = fixed_point(name, weight, bias)
                assert diagram.phases[i][j] == phase(name, weight, bias)
                assert diagram.unbounded[i][j] == (point.q == math.inf)


def test_the_line_of_the_diagram_is_the_critical_line():
    from layerwise.theory import critical_point

    diagram = phase_diagram("tanh", [1.0], [0.01, 0.05, 0.3])
    exact = [critical_point("tanh", bias_variance=bias).weight_variance for bias in diagram.bias_variances]
    assert [line[0] for line in diagram.line] == pytest.approx(exact, rel=0.01)
    assert phase_diagram("relu", [1.0], [0.0, 0.1]).line == ((2.0,), ())


def test_steep_tanh_is_a_step():
    point = fixed_point("tanh", 1e8, 0.05)
    assert point.q == pytest.approx(1e8, rel=1e-3)
    assert point.c == pytest.approx(0, abs=1e-8)
    assert point.chi_c == pytest.approx(2 / math.pi, rel=1e-4)  # of sign: (2 / pi) / sqrt(1 - c^2)
