"""Gaussian means against formulas, against the table of exact values, and against plain integration and simulation."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate

from layerwise.activations import ACTIVATIONS
from layerwise.activations.quadrature import means
from layerwise.theory import CLOSED_FORMS, leaky_form
from layerwise.theory._plane import slope_product, squared_difference
from layerwise.theory._resolve import resolve

# E f, E f^2, E f'^2 for a unit Gaussian
EXACT = {
    "relu": (0.39894228, 0.5, 0.5),
    "gelu": (0.28209479, 0.42522148, 0.4558509),
    "silu": (0.20662096, 0.35577552, 0.3794824),
    "elu": (0.16052057, 0.64494542, 0.6681020),
    "selu": (0.0, 1.0, 1.0715750),
    "tanh": (0.0, 0.39429449, 0.4644029),
    "softsign": (0.0, 0.18301402, 0.2276713),
    "sigmoid": (0.5, 0.29337904, 0.0448362),
    "softplus": (0.80605918, 0.92124591, 0.2933790),
}
GIVEN = {
    "gelu_tanh": (lambda z: torch.nn.functional.gelu(z, approximate="tanh"), (0.28203859, 0.42519371, 0.4558178)),
    "mish": (torch.nn.functional.mish, (0.24040389, 0.45234219, 0.4790838)),
    "erf": (torch.erf, (0.0, 2 / math.pi * math.asin(2 / 3), 0.5694100)),
    "hardtanh": (torch.nn.functional.hardtanh, (0.0, 0.51605855, 0.6826895)),
    "hardswish": (torch.nn.functional.hardswish, (0.16621670, 0.33156738, 0.3585315)),
}
CURVES = {"relu": "relu", "leaky_relu": "leaky_relu", "linear": "linear", "erf": torch.erf}
Q = (1e-6, 0.03, 1.0, 7.0, 50.0)
C = (-1.0, -0.9, -0.2, 0.0, 0.5, 0.97, 0.9999, 1 - 1e-9)


@pytest.mark.parametrize("name", EXACT)
def test_means_of_the_table(name):
    found = means(resolve(name), 1.0)
    assert (found.mean, found.square, found.slope_square) == pytest.approx(EXACT[name], abs=6e-8)


@pytest.mark.parametrize("name", GIVEN)
def test_means_of_functions_that_are_given(name):
    function, exact = GIVEN[name]
    found = means(resolve(function), 1.0)
    assert (found.mean, found.square, found.slope_square) == pytest.approx(exact, abs=6e-8)


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if entry.pieces_default == 1])
@pytest.mark.parametrize("q", [0.01, 1.0, 20.0])
def test_means_by_plain_integration(name, q):
    function, root = ACTIVATIONS[name].function, math.sqrt(q)

    def value(z):
        return function(torch.tensor([root * z], dtype=torch.float64)).item() ** 2 * math.exp(-z * z / 2)

    edges = sorted({-12.0, 0.0, 12.0, *(kink / root for kink in ACTIVATIONS[name].kinks if abs(kink / root) < 12)})
    pieces = [integrate.quad(value, low, high, limit=200, epsabs=1e-12)[0] for low, high in pairwise(edges)]
    assert means(resolve(name), q).square == pytest.approx(sum(pieces) / math.sqrt(2 * math.pi), rel=1e-9)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("q", Q)
def test_one_input_by_formula(name, q):
    found, form = means(resolve(CURVES[name]), q), CLOSED_FORMS[name]
    assert found.square == pytest.approx(form.second(q), rel=1e-14)
    assert found.slope_square == pytest.approx(form.slope_second(q), rel=1e-14)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("q", Q)
@pytest.mark.parametrize("c", C)
def test_two_inputs_by_formula(name, q, c):
    function, form = resolve(CURVES[name]), CLOSED_FORMS[name]
    product = form.second(q) - squared_difference(function, q, 1 - c) / 2
    assert product == pytest.approx(form.product(q, c), rel=1e-12, abs=1e-13 * q)
    assert slope_product(function, q, 1 - c) == pytest.approx(form.slope_product(q, c), rel=2e-12, abs=1e-13)


@given(leak=st.floats(-2, 2), q=st.floats(0.01, 30), c=st.floats(-1, 1))
def test_any_leak_by_formula(leak, q, c):
    form = leaky_form(leak)
    function = resolve(lambda z: torch.where(z > 0, z, leak * z))
    assert means(function, q).square == pytest.approx(form.second(q), rel=1e-12)
    product = form.second(q) - squared_difference(function, q, 1 - c) / 2
    assert product == pytest.approx(form.product(q, c), rel=1e-11, abs=1e-11 * q)


@pytest.mark.parametrize("q", [101.0, 1e4, 1e8, 1e12])
@pytest.mark.parametrize("c", [-0.7, 0.0, 0.9, 1 - 1e-9])
def test_two_inputs_where_erf_has_become_a_step(q, c):
    function, form = resolve(torch.erf), CLOSED_FORMS["erf"]
    assert squared_difference(function, q, 1 - c) == pytest.approx(2 * (form.second(q) - form.product(q, c)), rel=1e-6)
    assert slope_product(function, q, 1 - c) == pytest.approx(form.slope_product(q, c), rel=1e-6)


def test_a_leak_of_one_is_linear_and_none_is_relu():
    assert leaky_form(1.0).product(2.0, 0.3) == pytest.approx(0.6)
    assert CLOSED_FORMS["relu"].product(1.0, 1.0) == 0.5
    assert CLOSED_FORMS["relu"].product(1.0, -1.0) == pytest.approx(0.0, abs=1e-16)


@pytest.mark.parametrize("name", ["tanh", "gelu", "selu", "softsign"])
def test_two_inputs_by_simulation(name):
    q, c = 1.7, 0.6
    z = np.random.default_rng(0).standard_normal((2, 400_000))
    u1, u2 = math.sqrt(q) * z[0], math.sqrt(q) * (c * z[0] + math.sqrt(1 - c * c) * z[1])
    function = resolve(name)
    for found, drawn in (
        (squared_difference(function, q, 1 - c), (function.value(u1) - function.value(u2)) ** 2),
        (slope_product(function, q, 1 - c), function.slope(u1) * function.slope(u2)),
    ):
        assert abs(found - drawn.mean()) < 4 * drawn.std() / math.sqrt(drawn.size)


@pytest.mark.parametrize("name", ["tanh", "gelu", "relu", "elu", "sigmoid", "softsign"])
def test_the_slope_over_q_is_the_difference_quotient(name):
    function, q, step = resolve(name), 0.8, 1e-4
    quotient = (means(function, q + step).square - means(function, q - step).square) / (2 * step)
    assert means(function, q).growth == pytest.approx(quotient, rel=1e-6)


def test_limits_at_zero_and_infinity():
    relu, gelu = resolve("relu"), resolve("gelu")
    assert means(relu, 0.0).slope_square == pytest.approx(0.5, rel=1e-14)
    assert means(gelu, 0.0).slope_square == pytest.approx(0.25, rel=1e-14)
    assert means(gelu, math.inf).slope_square == pytest.approx(0.5, rel=1e-14)
    assert means(resolve("tanh"), 0.0).growth == pytest.approx(1.0, rel=1e-14)


def test_a_mean_close_to_one_another_keeps_its_digits():
    # E (f1 - f2)^2 -> 2 q (1 - c) E f'^2 as c -> 1
    function, q, gap = resolve("tanh"), 0.5, 1e-12
    limit = 2 * q * gap * means(function, q).slope_square
    assert squared_difference(function, q, gap) == pytest.approx(limit, rel=1e-9)


@pytest.mark.parametrize(
    ("function", "kinks"),
    [
        (torch.relu, (0.0,)),
        (torch.nn.functional.hardtanh, (-1.0, 1.0)),
        (lambda z: torch.relu(z - 0.3) + torch.relu(-z - math.pi), (-math.pi, 0.3)),
        (torch.nn.functional.elu, (0.0,)),  # the slope is continuous, the curvature jumps
        (torch.nn.functional.hardswish, (-3.0, 3.0)),
        (torch.tanh, ()),
        (lambda z: torch.tanh(40 * z), ()),
        (torch.exp, ()),
    ],
)
def test_kinks_are_found(function, kinks):
    assert resolve(function).kinks == pytest.approx(kinks, abs=1e-12)


def test_found_kinks_give_the_means_of_known_ones():
    found, known = means(resolve(torch.nn.functional.selu), 2.0), means(resolve("selu"), 2.0)
    assert found.square == pytest.approx(known.square, rel=1e-13)
    assert found.slope_square == pytest.approx(known.slope_square, rel=1e-13)


def test_steep_functions_get_narrow_panels():
    steep = resolve(lambda z: torch.erf(30 * z))
    assert steep.panel < 1
    assert means(steep, 1.0).square == pytest.approx(CLOSED_FORMS["erf"].second(900.0), rel=1e-11)


def test_entries_modules_and_names_are_one():
    names = [resolve("tanh"), resolve(ACTIVATIONS["tanh"]), resolve(torch.nn.Tanh()), resolve(torch.tanh)]
    assert [means(function, 0.7).square for function in names] == pytest.approx([means(names[0], 0.7).square] * 4)


def test_gradients_may_be_switched_off_outside():
    for off in (torch.no_grad(), torch.inference_mode()):
        with off:
            assert means(resolve(torch.tanh), 1.0).slope_square == pytest.approx(0.4644029, abs=1e-7)
