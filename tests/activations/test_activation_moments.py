"""Expectations over Gaussian pre-activations: golden values, closed forms, a twin with second derivatives, draws."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special
from torch import nn

from layerwise.activations import ACTIVATIONS, CReLU, Moments, centered_gain, gain, moments

POINTWISE = [name for name, entry in ACTIVATIONS.items() if entry.pieces_default == 1]

# E f, E f^2, gain, centered gain, E f'^2, chi_1; digits as published.
GOLDEN = {
    "relu": (0.39894228, 0.5, math.sqrt(2), 1.71285855, 0.5, 1.0),
    "leaky_relu": (0.99 / math.sqrt(2 * math.pi), 0.50005, math.sqrt(2 / 1.0001), 1.70483163, 0.50005, 1.0),
    "gelu": (0.28209479, 0.42522148, 1.53353044, 1.70092624, 0.4558509, 1.072032),
    "gelu_tanh": (0.28203859, 0.42519371, 1.53358052, 1.70091656, 0.4558178, 1.0720),
    "silu": (0.20662096, 0.35577552, 1.67653247, 1.78718722, 0.3794824, 1.066634),
    "mish": (0.24040389, 0.45234219, 1.48684758, 1.59202538, 0.4790838, 1.0591),
    "elu": (0.16052057, 0.64494542, 1.24519830, 1.27084342, 0.6681020, 1.035905),
    "selu": (0, 1, 1, 1, 1.0715750, 1.0715750),
    "tanh": (0, 0.39429449, 1.59253742, 1.59253742, 0.4644029, 1.177807),
    "erf": (0, 0.46455905, 1.46716695, 1.46716695, 0.5694100, 1.2257),
    "hardtanh": (0, 0.51605855, 1.39203614, 1.39203614, 0.6826895, 1.3229),
    "softsign": (0, 0.18301402, 2.33753336, 2.33753336, 0.2276713, 1.244010),
    "sigmoid": (0.5, 0.29337904, 1.84622855, 4.80131337, 0.0448362, 0.152827),
    "softplus": (0.80605918, 0.92124591, 1.04186684, 1.91912598, 0.2933790, 0.3185),
    "hardswish": (0.16621670, 0.33156738, 1.73665721, 1.81387147, 0.3585315, 1.0813),
}
DIGITS = (1e-7, 1e-7, 1e-7, 1e-7, 1e-7)
FOUR_DIGITS = {"gelu_tanh", "mish", "erf", "hardtanh", "softplus", "hardswish"}  # of chi_1; the others have six
# Where chi_1 = 1 at q = 1: sigma_w^2 and sigma_b^2.
CRITICAL = {
    "tanh": (2.15330265, 0.15096463),
    "gelu": (2.19369990, 0.06719167),
    "silu": (2.63516866, 0.06247150),
    "elu": (1.49677744, 0.03466025),
    "selu": (0.93320580, 0.06679420),
    "softsign": (4.39229636, 0.19614818),
}
# The critical line of tanh: q, sigma_w^2, sigma_b^2.
TANH_LINE = [
    (0.01, 1.01971076, 1.2580e-6),
    (0.02033795, 1.03952113, 1e-5),
    (0.1, 1.17756910, 8.322804e-4),
    (0.27330091, 1.42420529, 0.01),
    (0.5, 1.68797512, 0.03804120),
    (0.57004788, 1.76095464, 0.05),
    (1, 2.15330265, 0.15096463),
    (1.31793900, 2.40148924, 0.25),
    (2, 2.86116240, 0.51226495),
]


def density(z: float, q: float = 1.0) -> float:
    return math.exp(-z * z / (2 * q)) / math.sqrt(2 * math.pi * q)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_values(name):
    m = moments(name)
    found = (m.mean, m.square, m.gain, m.centered_gain, m.slope_square, m.chi_1)
    chi_digits = 6e-5 if name in FOUR_DIGITS else 6e-7
    for value, golden, digits in zip(found, GOLDEN[name], (*DIGITS, chi_digits), strict=True):
        assert value == pytest.approx(golden, abs=digits)
    assert (gain(name), centered_gain(name)) == (m.gain, m.centered_gain)
    assert m.error < 1e-12


def test_the_gain_of_leaky_relu_has_a_closed_form_for_every_leak():
    for leak in (0.0, 0.01, 0.2, 1.0):
        m = moments(nn.LeakyReLU(leak))
        assert m.square == pytest.approx((1 + leak**2) / 2, abs=1e-13)
        assert m.mean == pytest.approx((1 - leak) / math.sqrt(2 * math.pi), abs=1e-13)


@pytest.mark.parametrize("name", CRITICAL)
def test_golden_critical_points_at_unit_variance(name):
    m = moments(name)
    assert (1 / m.slope_square, 1 - m.square / m.slope_square) == pytest.approx(CRITICAL[name], abs=1e-7)


def test_sigmoid_has_no_critical_point_at_unit_variance():
    m = moments("sigmoid")
    assert 1 - m.square / m.slope_square < 0


@pytest.mark.parametrize(("q", "weight", "bias"), TANH_LINE)
def test_golden_critical_line_of_tanh(q, weight, bias):
    m = moments("tanh", q)
    assert 1 / m.slope_square == pytest.approx(weight, abs=1e-7)
    assert q - m.square / m.slope_square == pytest.approx(bias, abs=1e-7)


@pytest.mark.parametrize("q", [1e-6, 0.01, 0.5611379056, 1.0, 7.0, 1e4])
def test_closed_forms_at_other_variances(q):
    erf, relu, sine, bell = (moments(name, q) for name in ("erf", "relu", "sine", "gaussian"))
    assert erf.square == pytest.approx(2 / math.pi * math.asin(2 * q / (1 + 2 * q)), rel=1e-12)
    assert erf.slope_square == pytest.approx(4 / math.pi / math.sqrt(1 + 4 * q), rel=1e-12)
    assert (relu.square, relu.mean) == pytest.approx((q / 2, math.sqrt(q / (2 * math.pi))), rel=1e-12)
    assert sine.square == pytest.approx((1 - math.exp(-2 * q)) / 2, rel=1e-10)
    assert bell.mean == pytest.approx((1 + q) ** -0.5, rel=1e-12)
    assert bell.square == pytest.approx((1 + 2 * q) ** -0.5, rel=1e-12)


def curvature_with_second_derivatives(name: str, q: float) -> float:
    """The integral of f'' f between the kinks, and for each kink its jump times f times the density."""
    entry = ACTIVATIONS[name]

    def inside(z: float) -> float:
        leaf = torch.tensor(z, dtype=torch.float64, requires_grad=True)
        f = entry.function(leaf)
        (slope,) = torch.autograd.grad(f, leaf, create_graph=True)
        if not slope.requires_grad:
            return 0.0
        (second,) = torch.autograd.grad(slope, leaf)
        return f.item() * second.item() * density(z, q)

    reach = 9 * math.sqrt(q)
    edges = [-reach, *(kink for kink in entry.kinks if abs(kink) < reach), reach]
    total = sum(integrate.quad(inside, a, b, epsabs=1e-9, epsrel=1e-8)[0] for a, b in pairwise(edges))
    for kink in entry.kinks:
        z = torch.tensor([kink - 1e-9, kink, kink + 1e-9], dtype=torch.float64, requires_grad=True)
        f = entry.function(z)
        (slope,) = torch.autograd.grad(f.sum(), z)
        total += (slope[2] - slope[0]).item() * f[1].item() * density(kink, q)
    return total


@pytest.mark.parametrize("q", [0.3, 2.5])
@pytest.mark.parametrize("name", [name for name in POINTWISE if name not in {"linear", "hard_sigmoid"}])
def test_curvature_counts_kinks_as_a_distribution(name, q):
    assert moments(name, q).curvature == pytest.approx(curvature_with_second_derivatives(name, q), abs=2e-8)


def test_curvature_by_hand():
    assert moments("linear").curvature == pytest.approx(0, abs=1e-13)
    assert moments("relu").curvature == pytest.approx(0, abs=1e-13)  # the jump is at f = 0
    assert moments("hardtanh").curvature == pytest.approx(-2 * density(1), abs=1e-13)
    assert moments("sine", 0.7).curvature == pytest.approx(-moments("sine", 0.7).square, abs=1e-13)


@pytest.mark.parametrize("name", ["tanh", "relu6", "gelu", "softsign", "maxout", "glu", "squareplus"])
def test_the_second_moment_grows_by_slope_and_curvature(name):
    # d/dq E f^2 = E f'^2 + E f'' f
    q, step = 1.3, 1e-4
    rise = (moments(name, q + step).square - moments(name, q - step).square) / (2 * step)
    m = moments(name, q)
    assert rise == pytest.approx(m.slope_square + m.curvature, abs=1e-7)


@pytest.mark.parametrize("q", [0.4, 3.0])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_draws_agree(name, q):
    entry, n = ACTIVATIONS[name], 200_000
    shape = n, max(1, int(entry.pieces_default))
    draw = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    z = (draw * math.sqrt(q)).requires_grad_()
    f = entry.function(z)[:, :1]  # crelu makes two units of one draw
    (slope,) = torch.autograd.grad(f.sum(), z)
    with_slope = (z / q * f * slope).sum(1) - slope.square().sum(1)
    m = entry.moments(q)
    for samples, value in (
        (f.squeeze(1), m.mean),
        (f.squeeze(1) ** 2, m.square),
        (slope.square().sum(1), m.slope_square),
        (with_slope, m.curvature),
    ):
        error = samples.std().item() / math.sqrt(n)
        assert samples.mean().item() == pytest.approx(value, abs=5 * error + 1e-6)


@given(bend=st.floats(-3, 3), left=st.floats(-2, 2), right=st.floats(-2, 2), q=st.floats(0.1, 5))
@settings(max_examples=25)
def test_kinks_that_nobody_names_are_found(bend, left, right, q):
    m = moments(lambda z: torch.where(z > bend, right * (z - bend), left * (z - bend)), q)
    above = special.ndtr(-bend / math.sqrt(q))
    assert m.slope_square == pytest.approx(right**2 * above + left**2 * (1 - above), abs=1e-11)
    lean = q * density(bend, q) - bend * above  # E max(0, z - bend)
    assert m.mean == pytest.approx(right * lean - left * (lean + bend), abs=1e-11)
    assert m.curvature == pytest.approx(0, abs=1e-10)
    assert m.error < 1e-10


@pytest.mark.parametrize(
    "bend", [k / 64 + side * 10.0**-d for k in (0, 22, 64) for d in range(1, 14) for side in (-1, 1)]
)
def test_kinks_close_to_where_panels_are_halved_are_found(bend):
    m = moments(lambda z: (z - bend).relu())
    assert m.slope_square == pytest.approx(special.ndtr(-bend), abs=1e-12)
    assert m.error < 1e-11


@given(scale=st.floats(0.2, 5), q=st.floats(0.05, 20), name=st.sampled_from(["tanh", "gelu", "elu", "hardtanh"]))
@settings(max_examples=25)
def test_stretching_the_function_is_stretching_the_signal(scale, q, name):
    stretched, m = moments(lambda z: ACTIVATIONS[name].function(scale * z), q), moments(name, scale**2 * q)
    assert (stretched.mean, stretched.square) == pytest.approx((m.mean, m.square), abs=1e-11)
    assert stretched.slope_square == pytest.approx(scale**2 * m.slope_square, rel=1e-10)
    assert stretched.curvature == pytest.approx(scale**2 * m.curvature, rel=1e-9, abs=1e-10)


@pytest.mark.parametrize(
    "jumps",
    [
        lambda z: (z > 0) + 0 * z,
        lambda z: (z.abs() < 1) + 0 * z,  # even: up and down again
        lambda z: torch.where(z > 0.5, z + 1e-3, z),
        lambda z: z.tanh() + (z.sign() - z).detach(),  # a slope that is not the derivative
    ],
)
def test_the_error_tells_of_a_slope_that_is_not_the_derivative(jumps):
    assert moments(jumps).error > 1e-4


def test_what_a_jump_leaves_right():
    m = moments(lambda z: (z > 0.5) + 0 * z)
    assert (m.mean, m.square) == pytest.approx((special.ndtr(-0.5),) * 2, abs=1e-12)
    assert m.error == pytest.approx(density(0.5), rel=0.7)


@pytest.mark.parametrize(
    ("function", "square"),
    [
        (lambda z: torch.sin(40 * z), (1 - math.exp(-3200)) / 2),
        (torch.exp, math.exp(2)),
        (lambda z: z**3, 15.0),
        (lambda z: torch.exp(z * z / 8), math.sqrt(2)),
    ],
)
def test_the_error_covers_the_error(function, square):
    m = moments(function)
    assert abs(m.square - square) <= m.error < 1e-10


def test_the_error_tells_of_what_does_not_end():
    assert moments(lambda z: torch.exp(z * z / 4)).error > 0.3  # E f^2 is infinite


def test_a_module_is_used_as_in_eval_mode_and_left_alone():
    module = nn.RReLU().train()
    assert moments(module).square == pytest.approx(moments("rrelu").square, abs=1e-12)
    assert module.training
    prelu = nn.PReLU(init=0.5)
    assert moments(prelu).square == pytest.approx((1 + 0.5**2) / 2, abs=1e-12)
    assert prelu.weight.dtype == torch.float32
    assert prelu.weight.grad is None


def test_it_works_where_gradients_are_off_and_in_an_entry():
    with torch.inference_mode():
        assert moments("tanh", 0.9) == moments(ACTIVATIONS["tanh"], 0.9)
    with torch.no_grad():
        assert gain(torch.tanh) == pytest.approx(gain(ACTIVATIONS["tanh"]), abs=1e-12)


def test_gains_of_what_does_not_vary():
    nothing = Moments(mean=0, square=0, slope_square=0, curvature=0, error=0)
    assert (nothing.gain, nothing.centered_gain, nothing.chi_1) == (math.inf,) * 3
    assert centered_gain(lambda z: 0 * z + 1) == math.inf


def test_in_training_rrelu_has_the_second_moment_that_its_note_says():
    z = torch.randn(400_000, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    square = (1 + (11 / 48) ** 2 + (5 / 24) ** 2 / 12) / 2
    assert square - moments("rrelu").square == pytest.approx(0.0018, abs=5e-5)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        assert nn.RReLU().train()(z).square().mean().item() == pytest.approx(square, abs=0.01)


@pytest.mark.parametrize("q", [0, -1.0, math.inf, math.nan, "large"])
def test_the_variance_must_be_positive(q):
    with pytest.raises(ValueError, match=r"`q` must be a positive number\. Got"):
        moments("tanh", q)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (3, "`activation` must be a name or a function of a tensor. Got 3 instead."),
        ("tahn", "There is no activation 'tahn'. Did you mean 'tanh'"),
        (lambda z: z.detach().exp(), "must be differentiable by autograd. Write it with torch's own operations."),
        (lambda z: z.detach().numpy(), "must return a tensor. Got ndarray instead."),
        (lambda z: z.float(), "must keep shape and dtype. Got torch.float32 of shape"),
        (CReLU(), "must keep shape and dtype."),
        (lambda z: z.softmax(-1), "must map each entry by itself."),
        (lambda z: z + torch.rand_like(z), "must map each entry by itself."),
        (lambda z: 1 / (z - 1).relu(), "must be finite, with a finite slope, wherever"),
        (torch.log, "must be finite, with a finite slope, wherever"),
    ],
)
def test_bad_functions(function, message):
    with pytest.raises(ValueError) as caught, torch.random.fork_rng():  # noqa: PT011
        moments(function)
    assert message in str(caught.value)
