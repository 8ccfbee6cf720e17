"""Every activation of the table keeps one contract; a new one is tested by being listed."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, optimize
from scipy.stats import norm as gaussian

from layerwise.activations import ACTIVATIONS, FLAT_SHARE, Activation, gain

ALL = list(ACTIVATIONS.values())
POINTWISE = [entry for entry in ALL if entry.pieces_default == 1]
SLOPED = [entry for entry in ALL if entry.pull_back is not None]
FLAT = [entry for entry in ALL if entry.flat_sides]

# Second moments E f(z)^2 for a unit Gaussian z, worked out by hand or to ten digits elsewhere.
SECOND_MOMENT = {
    "linear": 1.0,
    "sigmoid": 0.29337904,
    "tanh": 0.39429449,
    "relu": 0.5,
    "leaky_relu": (1 + 0.01**2) / 2,
    "prelu": (1 + 0.25**2) / 2,
    "elu": 0.64494542,
    "selu": 1.0,
    "gelu": 1 / 3 + 1 / (2 * math.pi * math.sqrt(3)),
    "silu": 0.35577552,
    "softplus": 0.92124591,
    "softsign": 0.18301402,
    "maxout": 1.0,
}


def named(entries):
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry.name)


def grid() -> torch.Tensor:
    special = torch.tensor([0.0, -0.0, 1e-9, -1e-9, 1e4, -1e4], dtype=torch.float64)
    return torch.cat([torch.linspace(-30, 30, 6001, dtype=torch.float64), special])


def at(entry: Activation, x: float) -> float:
    return entry.function(torch.tensor(x, dtype=torch.float64)).item()


def gaussian_mean(entry: Activation, of) -> float:
    edges = sorted({-38.0, -8.0, -2.0, 2.0, 8.0, 38.0, *entry.kinks})
    density = lambda x: of(at(entry, x)) * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)  # noqa: E731
    return sum(
        integrate.quad(density, low, high, epsabs=1e-13, epsrel=1e-11, limit=200)[0] for low, high in pairwise(edges)
    )


def autograd_slope(entry: Activation, z: torch.Tensor, grad: torch.Tensor) -> torch.Tensor:
    z = z.clone().requires_grad_()
    entry.function(z).backward(grad)
    return z.grad


@named(ALL)
def test_it_is_listed_under_its_name_with_a_source_of_a_year(entry):
    assert ACTIVATIONS[entry.name] is entry
    assert gain(entry.name) == entry.gain
    assert any(part.strip(",").isdigit() and len(part.strip(",")) == 4 for part in entry.citation.split())


@named(SLOPED)
def test_pull_back_equals_autograd(entry):
    z = grid()
    grad = torch.randn(z.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        entry.pull_back(grad, z, entry.function(z)), autograd_slope(entry, z, grad), rtol=1e-12, atol=1e-12
    )


@named(SLOPED)
def test_pull_back_keeps_relative_precision_in_float32(entry):
    z = torch.cat([-torch.logspace(-3, 1.2, 300), torch.logspace(-3, 4, 300)])
    exact = entry.slope(z.double())
    steep = exact.abs() > 1e-3
    torch.testing.assert_close(entry.slope(z)[steep].double(), exact[steep], rtol=1e-4, atol=0)


@named(SLOPED)
def test_slope_equals_autograd_and_a_difference_quotient(entry):
    z = grid()
    torch.testing.assert_close(entry.slope(z), autograd_slope(entry, z, torch.ones_like(z)), rtol=1e-12, atol=1e-12)
    # torch's softplus becomes the identity at 20, which makes a step of 2e-9.
    step, smooth = 1e-5, z[(z.abs() > 1e-3) & ((z - 20).abs() > 1e-3)]
    quotient = (entry.function(smooth + step) - entry.function(smooth - step)) / (2 * step)
    torch.testing.assert_close(entry.slope(smooth), quotient, rtol=1e-6, atol=1e-7)


@named([entry for entry in ALL if entry.pull_back is None])
def test_without_pull_back_there_is_no_slope(entry):
    assert entry.slope is None
    assert not entry.flat_sides
    assert not entry.can_die


@named(ALL)
def test_module_equals_function(entry):
    z = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(entry.module()(z), entry.function(z))
    assert entry.module()(z).shape[-1] * entry.pieces_default == z.shape[-1]


@named(ALL)
@given(x=st.floats(-1e6, 1e6), dtype=st.sampled_from([torch.float32, torch.float64]))
def test_outputs_stay_in_range(entry, x, dtype):
    low, high = entry.range
    slack = 1e-6 if dtype == torch.float32 else 1e-15
    a = entry.function(torch.full((2,), x, dtype=dtype))
    assert bool((a >= low - slack).all())
    assert bool((a <= high + slack).all())


@named(POINTWISE)
def test_range_is_no_wider_than_what_it_takes(entry):
    a = entry.function(torch.cat([torch.linspace(-6, 6, 120001), torch.tensor([-1e12, 1e12])]).double())
    for bound, reached in zip(entry.range, (a.min().item(), a.max().item()), strict=True):
        assert reached == pytest.approx(bound, abs=1e-8) if math.isfinite(bound) else abs(reached) > 1e9


@named(POINTWISE)
def test_gain_equals_quadrature(entry):
    assert gaussian_mean(entry, lambda a: a * a) ** -0.5 == pytest.approx(entry.gain, abs=1e-9)


@named(ALL)
def test_gain_equals_the_known_second_moment(entry):
    assert SECOND_MOMENT[entry.name] ** -0.5 == pytest.approx(entry.gain, abs=1e-7)


@named(POINTWISE)
def test_zero_centered_says_whether_the_gaussian_mean_is_zero(entry):
    assert (abs(gaussian_mean(entry, lambda a: a)) < 1e-12) == entry.zero_centered


@named(SLOPED)
def test_max_slope_is_the_largest_on_a_fine_grid(entry):
    steepest = entry.slope(torch.linspace(-40, 40, 2000001, dtype=torch.float64)).abs().max().item()
    assert steepest == pytest.approx(entry.max_slope, abs=1e-9)


@named(SLOPED)
def test_curvature_jumps_at_the_kinks_and_nowhere_else(entry):
    z = torch.linspace(-5, 5, 1001, dtype=torch.float64)  # 0 is a point of it
    slope = entry.slope(torch.stack([z - 1e-4, z - 1e-6, z + 1e-6, z + 1e-4]))
    left, right = (slope[1] - slope[0]) / 9.9e-5, (slope[3] - slope[2]) / 9.9e-5
    jumps = ((slope[2] - slope[1]).abs() > 1e-3) | ((right - left).abs() > 1e-2)
    assert z[jumps].tolist() == pytest.approx(list(entry.kinks), abs=1e-12)


@named(FLAT)
def test_flat_limits_are_where_the_slope_falls_to_the_share(entry):
    slope = lambda x: abs(entry.slope(torch.tensor(x, dtype=torch.float64)).item()) - FLAT_SHARE * entry.max_slope  # noqa: E731
    for limit, side in ((entry.flat_below, -1), (entry.flat_above, 1)):
        if limit is not None:
            assert optimize.brentq(slope, limit - 0.5, limit + 0.5, xtol=1e-14) == pytest.approx(limit, abs=1e-12)
            tail = limit + side * torch.linspace(1e-6, 60, 100001, dtype=torch.float64)
            assert entry.slope(tail).abs().max().item() < FLAT_SHARE * entry.max_slope


@named(SLOPED)
def test_a_side_without_limit_is_not_smooth_and_flat(entry):
    far = entry.slope(torch.tensor([-50.0, 50.0], dtype=torch.float64)).abs() < FLAT_SHARE * entry.max_slope
    if entry.name in {"relu", "leaky_relu"}:  # flat on the left without being smooth
        far[0] = False
    assert [entry.flat_below is not None, entry.flat_above is not None] == far.tolist()


@named(SLOPED)
def test_dead_sides_have_slope_zero_and_others_do_not(entry):
    z = torch.linspace(-5, 5, 1001, dtype=torch.float64)
    low = -math.inf if entry.dead_below is None else entry.dead_below
    high = math.inf if entry.dead_above is None else entry.dead_above
    assert torch.equal(entry.slope(z) == 0, (z <= low) | (z >= high))


def test_the_lectures_slips_are_as_the_notes_say():
    x = np.linspace(-5, 5, 101)
    pair = np.maximum(0, x + 1) - np.maximum(0, x - 1)
    assert (pair.min(), pair.max()) == (0, 2)
    assert "0 to 2" in ACTIVATIONS["relu"].note

    leaky, relu = (gaussian_mean(ACTIVATIONS[name], lambda a: a) for name in ("leaky_relu", "relu"))
    assert (round(leaky, 3), round(relu, 3)) == (0.395, 0.399)
    assert "0.395" in ACTIVATIONS["leaky_relu"].note

    assert max(2 * -1.0, -1.0) != 2 * -1.0  # alpha = 2, z = -1: the maximum is -1, PReLU gives -2
    assert torch.nn.functional.prelu(torch.tensor([-1.0]), torch.tensor(2.0)).item() == -2
    assert "alpha <= 1" in ACTIVATIONS["prelu"].note

    assert ACTIVATIONS["elu"].slope(torch.tensor(-20.0)).item() == pytest.approx(2e-9, rel=0.05)
    assert "2e-9" in ACTIVATIONS["elu"].note


def test_unknown_name_answers_with_a_near_miss():
    with pytest.raises(ValueError, match="There is no activation 'swish'"):
        gain("swish")
    with pytest.raises(ValueError, match="Did you mean 'gelu'"):
        gain("gleu")


def test_selu_gaussian_fixed_point():
    selu = ACTIVATIONS["selu"]
    assert gaussian_mean(selu, lambda a: a) == pytest.approx(0, abs=1e-12)
    assert gaussian_mean(selu, lambda a: a * a) == pytest.approx(1, abs=1e-12)


def test_maxout_second_moment_by_the_density_of_the_larger_of_two():
    density = lambda x: 2 * gaussian.pdf(x) * gaussian.cdf(x)  # noqa: E731
    moment = integrate.quad(lambda x: x * x * density(x), -12, 12)[0]
    assert moment**-0.5 == pytest.approx(ACTIVATIONS["maxout"].gain, abs=1e-9)
    assert integrate.quad(lambda x: x * density(x), -12, 12)[0] == pytest.approx(1 / math.sqrt(math.pi))
    assert not ACTIVATIONS["maxout"].zero_centered
