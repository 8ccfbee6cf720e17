"""The one quadrature: Gaussians of any width, features of any sharpness, and what it says of itself."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special

from layerwise.activations import ACTIVATIONS
from layerwise.activations.quadrature import Function, means, moments
from layerwise.activations.quadrature import given as of_user

SMOOTH = ["sigmoid", "log_sigmoid", "tanh", "erf", "gelu", "gelu_tanh", "silu", "mish", "softplus", "sine", "gaussian"]
WIDTHS = [1e-30, 1e-20, 1e-8, 0.01, 1.0, 100.0, 1e5, 1e10, 1e14]


def made(name):
    return ACTIVATIONS[name].on_arrays


def of_erf(q):
    """E f^2, E f'^2, and the growth of the first; at large q an arc sine would lose digits."""
    angle, root = math.atan(2 * q / math.sqrt(1 + 4 * q)), math.sqrt(1 + 4 * q)
    return 2 / math.pi * angle, 4 / math.pi / root, 4 / math.pi / (1 + 2 * q) / root


@pytest.mark.parametrize("q", WIDTHS)
@pytest.mark.parametrize("name", ["linear", "relu", "leaky_relu", "erf"])
def test_formulas_at_any_width(name, q):
    half = {"linear": 1.0, "relu": 0.5, "leaky_relu": 0.50005}.get(name, 0)
    found = moments(made(name), q)
    exact = of_erf(q) if name == "erf" else (half * q, half, half)
    assert (found.square, found.slope_square) == pytest.approx(exact[:2], rel=1e-13, abs=0)
    assert found.growth == pytest.approx(exact[2], rel=1e-12, abs=1e-14 * found.slope_square)
    assert found.error <= 1e-13 * max(1.0, q)


@pytest.mark.parametrize("q", [0.01, 1.0, 20.0])
@pytest.mark.parametrize("name", SMOOTH)
def test_sums_at_equal_distances(name, q):
    # of what is smooth and fades on both sides, the plainest rule of all is exact
    z, step = np.linspace(-14, 14, 28_001, retstep=True)
    weight = np.exp(-z * z / 2) * step / math.sqrt(2 * math.pi)
    function, found = made(name), means(made(name), q)
    f, slope = function.value(math.sqrt(q) * z), function.slope(math.sqrt(q) * z)
    assert found.mean == pytest.approx(weight @ f, rel=1e-13, abs=1e-15)
    assert found.square == pytest.approx(weight @ f**2, rel=1e-13)
    assert found.slope_square == pytest.approx(weight @ slope**2, rel=1e-13)
    curvature = function.curvature(math.sqrt(q) * z)
    assert found.curvature == pytest.approx(weight @ (curvature * f), rel=1e-11, abs=1e-14)


def test_digits_stay_where_the_function_does_not_start_at_0():
    # d E f^2 / dq = f'^2 + f'' f at 0; E[f f' z] / q there is 0 / 0
    assert means(made("sigmoid"), 1e-10).growth == pytest.approx(1 / 16, abs=1e-9)
    assert means(made("softplus"), 1e-10).growth == pytest.approx(1 / 4 + math.log(2) / 4, abs=1e-9)


@settings(max_examples=30)
@given(steepness=st.floats(0.01, 1e5), q=st.floats(1e-6, 1e6))
def test_steep_is_wide(steepness, q):
    found = moments(Function("steep", lambda z: torch.erf(steepness * z)), q)
    exact, _, _ = of_erf(steepness**2 * q)
    assert found.square == pytest.approx(exact, rel=1e-12)
    assert abs(found.square - exact) <= found.error


@pytest.mark.parametrize("place", [0.3, -5.0, 17.23, 1e-9])
def test_a_slope_far_narrower_than_any_panel(place):
    found = moments(Function("steep", lambda z: torch.tanh(1e6 * (z - place))), 1.0)
    assert found.mean == pytest.approx(1 - 2 * special.ndtr(place), abs=1e-9)
    density = math.exp(-place * place / 2) / math.sqrt(2 * math.pi)
    assert found.slope_square == pytest.approx(1e6 * 4 / 3 * density, rel=1e-8)


@settings(max_examples=30)
@given(place=st.floats(-60, 60), bend=st.floats(0.5, 3), q=st.floats(0.1, 400))
def test_panels_close_in_on_kinks(place, bend, q):
    function = Function("bent", lambda z: z + bend * torch.relu(z - place))
    edges = function.panels.edges
    assert (np.diff(edges) > 0).all()
    assert np.abs(edges - place).min() < 1e-8
    above = special.ndtr(-place / math.sqrt(q))
    assert means(function, q).slope_square == pytest.approx((1 + bend) ** 2 * above + 1 - above, rel=1e-11)


def test_panels_are_cut_once():
    calls = []

    def counted(z):
        calls.append(z.numel())
        return torch.tanh(z)

    function = Function("counted", counted, lambda z: 1 - torch.tanh(z) ** 2)
    means(function, 1.0)
    after_first = len(calls)
    means(function, 2.0)
    assert len(calls) == after_first + 1


def test_waves_without_end_are_followed_as_far_as_there_is_room_and_then_the_error_tells():
    near, far = moments(made("sine"), 1e4), moments(made("sine"), 1e10)
    assert abs(near.square - 0.5) < 1e-12 < near.error * 1000
    assert near.error < 1e-10
    assert abs(far.square - 0.5) <= far.error
    fast = moments(of_user(lambda z: torch.sin(2000 * z)), 1.0)
    assert fast.slope_square == pytest.approx(2e6, rel=1e-12)


def test_what_is_infinite_has_no_bound():
    found = moments(Function("square of exp", lambda z: torch.exp(z * z / 3)), 1.0)
    assert found.error == math.inf or found.error > 1
    assert means(Function("exp", torch.exp), 1e4).square == math.inf  # e^20000


def test_limits():
    assert means(made("relu"), math.inf).slope_square == pytest.approx(0.5, rel=1e-14)
    assert means(made("tanh"), math.inf).square == pytest.approx(1.0, rel=1e-12)
    assert means(made("gelu"), 0.0).slope_square == pytest.approx(0.25, rel=1e-14)
