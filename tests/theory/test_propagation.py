"""Layer by layer: exact values, the map by hand, and networks drawn at random."""

from __future__ import annotations

import math

import pytest
import torch
from random_networks import mean_of, simulate

from layerwise.records import dump, load
from layerwise.theory import CLOSED_FORMS, Propagation, propagate

FUNCTIONS = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "selu": torch.selu,
    "gelu": torch.nn.functional.gelu,
    "silu": torch.nn.functional.silu,
}

# (activation, gain): gradient norm at the first of 31 layers over that at the last
THIRTY_LAYERS = {
    ("tanh", 5 / 3): 13.05,
    ("tanh", 1.8911): 46.7,
    ("tanh", 1.0): 0.155,
    ("selu", 0.75): 0.259,
    ("gelu", math.sqrt(2)): 2.0e-3,
    ("silu", math.sqrt(2)): 1.34e-4,
}
# rms of the pre-activations at the thirtieth layer
THIRTIETH_RMS = {("tanh", 5 / 3): 1.085, ("selu", 1.0): 1.0, ("selu", 0.75): 0.166, ("silu", math.sqrt(2)): 0.0002}


def test_one_layer_by_hand():
    made = propagate("linear", 3.0, 0.5, 2, q0=2.0, c0=0.25)
    assert made.q == pytest.approx((6.5, 20.0))
    assert made.c == pytest.approx((2.0 / 6.5, (3 * 2.0 + 0.5) / 20.0))
    assert made.chi_1 == pytest.approx((3.0, 3.0))
    assert made.gradient == pytest.approx((3.0, 1.0))


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "linear", "erf"])
def test_all_layers_by_formula(name):
    form, depth = CLOSED_FORMS[name], 12
    made = propagate(torch.erf if name == "erf" else name, 1.7, 0.08, depth, q0=0.6, c0=0.3)
    q, product = 1.7 * 0.6 + 0.08, 1.7 * 0.6 * 0.3 + 0.08
    for layer in range(depth):
        assert made.q[layer] == pytest.approx(q, rel=1e-13)
        assert made.c[layer] == pytest.approx(product / q, rel=1e-12)
        assert made.chi_1[layer] == pytest.approx(1.7 * form.slope_second(q), rel=1e-13)
        q, product = 1.7 * form.second(q) + 0.08, 1.7 * form.product(q, min(1.0, product / q)) + 0.08
    assert made.gradient[0] == pytest.approx(math.prod(made.chi_1[:-1]))


def test_hes_correlation_map():
    c = propagate("relu", 2.0, 0.0, 1001).c
    exact = {1: 0.3183098862, 2: 0.4937310902, 5: 0.7359463506, 10: 0.8715355160, 50: 0.9878619449, 100: 0.9964231467}
    assert [c[layer] for layer in exact] == pytest.approx(list(exact.values()), abs=6e-11)
    assert [(1 - c[layer]) * layer**2 for layer in (100, 1000)] == pytest.approx([35.77, 43.13], abs=0.005)


@pytest.mark.parametrize(("name", "gain"), THIRTY_LAYERS)
def test_thirty_layers(name, gain):
    exact = THIRTY_LAYERS[name, gain]
    assert math.sqrt(propagate(name, gain**2, 0.0, 31).gradient[0]) == pytest.approx(
        exact, rel=0.025 if exact == 2e-3 else 5e-3
    )


@pytest.mark.parametrize(("name", "gain"), THIRTIETH_RMS)
def test_the_thirtieth_layer(name, gain):
    assert math.sqrt(propagate(name, gain**2, 0.0, 30).q[-1]) == pytest.approx(THIRTIETH_RMS[name, gain], rel=0.06)


def test_selu_at_three_quarters_takes_a_hundred_layers_to_its_fixed_point():
    q = propagate("selu", 0.75**2, 0.0, 200, c0=1.0).q
    assert math.sqrt(q[29]) == pytest.approx(0.166, abs=5e-4)
    assert math.sqrt(q[-1]) == pytest.approx(math.sqrt(0.0230338), abs=1e-6)
    assert [math.sqrt(one) - math.sqrt(q[-1]) > 1e-5 for one in (q[49], q[99], q[149])] == [True, True, False]


def test_hes_correlation_map_for_ten_thousand_layers():
    c, kept = 0.0, {}
    for layer in range(1, 10_001):
        c = 2 * CLOSED_FORMS["relu"].product(1.0, c)
        kept[layer] = (1 - c) * layer**2
    assert [kept[n] for n in (100, 1000, 10_000)] == pytest.approx([35.77, 43.13, 44.25], abs=0.01)
    assert kept[1000] < kept[10_000] < 9 * math.pi**2 / 2 == pytest.approx(44.41, abs=0.005)


def test_gelu_at_its_exact_gain_grows():
    assert propagate("gelu", 1.53353044**2, 0.0, 2).q[0] == pytest.approx(2.35, abs=0.002)


def test_he_and_glorot_through_thirty_layers_of_relu():
    assert math.sqrt(propagate("relu", 1.0, 0.0, 31).q[-1]) == pytest.approx(0.5**15)
    assert math.sqrt(propagate("relu", 1 / 3, 0.0, 31).q[-1] * 3) == pytest.approx(6**-15.0)


def test_equal_and_opposite_inputs():
    assert propagate("gelu", 2.0, 0.1, 8, c0=1.0).c == pytest.approx([1.0] * 8, abs=1e-15)
    assert propagate("tanh", 2.0, 0.0, 8, c0=-1.0).c == pytest.approx([-1.0] * 8, abs=1e-14)


def test_nothing_in_nothing_out():
    made = propagate("tanh", 1.5, 0.0, 3, q0=0.0, c0=0.4)
    assert (made.q, made.c) == ((0.0, 0.0, 0.0), (0.4, 0.4, 0.4))


def test_what_is_next_to_nothing_keeps_its_digits():
    made = propagate("relu", 1 / 3, 0.0, 61)
    assert made.q[-1] * 3 == pytest.approx(6.0**-60, rel=1e-12)
    assert made.c[-1] == pytest.approx(propagate("relu", 2.0, 0.0, 61).c[-1], rel=1e-12)


def test_growth_without_end_stays_quiet():
    made = propagate("relu", 1e30, 0.0, 20)
    assert made.q[:3] == pytest.approx((1e30, 5e59, 2.5e89))
    assert made.q[-1] == math.inf
    assert made.c[-1] <= 1
    assert len(made.gradient) == 20


def test_it_survives_json():
    made = propagate("tanh", 1.5, 0.1, 4)
    assert load(Propagation, dump(made)) == made


@pytest.mark.parametrize(
    ("name", "weight_variance", "bias_variance", "keep"),
    [("tanh", 2.5, 0.05, 1.0), ("relu", 2.0, 0.1, 1.0), ("gelu", 2.2, 0.07, 1.0), ("tanh", 2.0, 0.05, 0.8)],
)
def test_networks_drawn_at_random(name, weight_variance, bias_variance, keep):
    options = {"q0": 0.7, "c0": 0.4, "keep": keep}
    made = propagate(name, weight_variance, bias_variance, 5, **options)
    runs = [simulate(FUNCTIONS[name], weight_variance, bias_variance, 5, seed=s, **options) for s in range(12)]
    q, c, gradient = mean_of(runs)
    assert q == pytest.approx(made.q, rel=0.05)
    assert c == pytest.approx(made.c, abs=0.04)  # one network: 0.03
    assert gradient == pytest.approx(made.gradient, rel=0.12)
