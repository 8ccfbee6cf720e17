"""Every activation of the table keeps one contract; a new one is tested by being listed."""

from __future__ import annotations

import inspect
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
from layerwise.rules._units import FLAT_BOTH_SIDES

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
    "crelu": 0.5,
    "hard_sigmoid": 0.2776390903,  # (1 - 2 Phi(-3)) (1/36 + 1/4) - 6 phi(3) / 36 + Phi(-3)
    "log_sigmoid": 0.92124591,
    "hardtanh": 0.51605855,
    "erf": 2 / math.pi * math.asin(2 / 3),
    "relu6": 0.5 - (6 * math.exp(-18) / math.sqrt(2 * math.pi) - 35 * math.erfc(6 / math.sqrt(2)) / 2),
    "rrelu": (1 + (11 / 48) ** 2) / 2,
    "celu": 0.64494542,
    "gelu_tanh": 0.42519371,
    "mish": 0.45234219,
    "hardswish": 0.33156738,
    "squareplus": 1.5,  # (z^2 + z sqrt(z^2 + 4)) / 2 + 1, whose middle is odd
    "squared_relu": 1.5,
    "sine": (1 - math.exp(-2)) / 2,
    "gaussian": 1 / math.sqrt(3),
    "glu": 0.29337904,
    "geglu": 1 / 3 + 1 / (2 * math.pi * math.sqrt(3)),
    "swiglu": 0.35577552,
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


@named([entry for entry in ALL if type(entry.module()).__module__.startswith("layerwise.")])
def test_a_module_of_our_own_says_its_source_in_its_docstring(entry):
    sources = " ".join(inspect.getdoc(type(entry.module())).partition("References:\n")[2].split())
    assert entry.citation in sources


TEXT = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh", "erf", "sin", "cos", "pi")}
TEXT |= {"max": max, "min": min, "abs": abs, "Phi": lambda z: (1 + math.erf(z / math.sqrt(2))) / 2}


def computed(text: str, **z: float) -> float:
    return eval(text.replace("^", "**"), {"__builtins__": {}}, TEXT | z)


@named(POINTWISE)
def test_the_formulas_in_words_are_the_functions(entry):
    for z in np.linspace(-7, 7, 301):  # no kink is among them but 0
        assert computed(entry.formula, z=z) == pytest.approx(at(entry, z), abs=1e-12)
        if z and entry.slope is not None:
            slope = entry.slope(torch.tensor(z, dtype=torch.float64)).item()
            assert computed(entry.derivative, z=z) == pytest.approx(slope, abs=1e-8)


@named([entry for entry in ALL if entry.pieces_default == 2])
def test_the_formulas_of_two_pre_activations_are_the_functions(entry):
    z = torch.randn(40, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = [computed(entry.formula, z1=z1, z2=z2) for z1, z2 in z.tolist()]
    assert entry.function(z).squeeze(-1).tolist() == pytest.approx(expected, abs=1e-12)


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
    rtol = 1e-3 if entry.name == "gelu_tanh" else 1e-4  # torch computes it with 1 + tanh
    torch.testing.assert_close(entry.slope(z)[steep].double(), exact[steep], rtol=rtol, atol=0)


@named(SLOPED)
def test_slope_equals_autograd_and_a_difference_quotient(entry):
    z = grid()
    torch.testing.assert_close(entry.slope(z), autograd_slope(entry, z, torch.ones_like(z)), rtol=1e-12, atol=1e-12)
    # torch's softplus becomes the identity at 20, which makes a step of 2e-9.
    step, smooth = 1e-5, z[((z.unsqueeze(1) - torch.tensor([*entry.kinks, 20.0])).abs() > 1e-3).all(1)]
    quotient = (entry.function(smooth + step) - entry.function(smooth - step)) / (2 * step)
    far = (smooth.abs() > 1e3) & (entry.name == "squared_relu")  # 1e8 less 1e8 has few digits
    torch.testing.assert_close(entry.slope(smooth)[~far], quotient[~far], rtol=1e-6, atol=1e-7)


@named([entry for entry in ALL if entry.pull_back is None])
def test_without_pull_back_there_is_no_slope(entry):
    assert entry.slope is None
    assert not entry.flat_sides
    assert not entry.can_die


@named(ALL)
def test_module_equals_function(entry):
    z = torch.randn(3, 4, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(entry.module().eval()(z), entry.function(z))
    assert entry.module()(z).shape[-1] * entry.pieces_default == z.shape[-1]


@named(ALL)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_the_dtype_is_kept(entry, dtype):
    z = torch.randn(3, 6, generator=torch.Generator().manual_seed(0)).to(dtype)
    assert entry.function(z).dtype == dtype
    assert entry.module().to(dtype).eval()(z).dtype == dtype
    if entry.pull_back is not None:
        a = entry.function(z)
        assert entry.pull_back(torch.ones_like(a), z, a).dtype == dtype


@named(ALL)
def test_the_device_is_kept(entry):
    z = torch.empty(3, 6, device="meta")  # there is no memory behind it: whatever makes a tensor elsewhere fails
    a = entry.function(z)
    assert a.device.type == entry.module().to("meta")(z).device.type == "meta"
    if entry.pull_back is not None:
        assert entry.pull_back(a, z, a).device.type == "meta"


@pytest.mark.gpu
@named(ALL)
def test_a_gpu_computes_the_same(entry):
    z = torch.randn(3, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    there = entry.function(z.cuda())
    assert there.device.type == "cuda"
    torch.testing.assert_close(there.cpu(), entry.function(z), rtol=1e-12, atol=1e-14)


@named(ALL)
@pytest.mark.parametrize("what", ["function", "module"])
def test_vmap_is_a_loop(entry, what):
    if (entry.name, what) == ("rrelu", "module"):
        pytest.skip("torch's RReLU has no rule for vmap; populations have a stage of their own for it")
    call = entry.function if what == "function" else entry.module().double().eval()
    z = torch.randn(4, 3, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    loop = torch.stack([call(rows) for rows in z])
    torch.testing.assert_close(torch.func.vmap(call)(z), loop, rtol=1e-13, atol=1e-15)
    slopes = torch.func.vmap(torch.func.grad(lambda rows: call(rows).sum()))(z)
    leaf = z.clone().requires_grad_()
    (expected,) = torch.autograd.grad(call(leaf).sum(), leaf)
    torch.testing.assert_close(slopes, expected, rtol=1e-12, atol=1e-14)


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
    a = entry.function(torch.cat([torch.linspace(-6, 6, 120001).double(), torch.tensor([-1e12, 1e12]).double()]))
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
    near = torch.tensor([kink + side for kink in entry.kinks for side in (-1e-10, 1e-10)] + [1e6], dtype=torch.float64)
    z = torch.cat([torch.linspace(-40, 40, 2000001, dtype=torch.float64), near])
    steepest = entry.slope(z).abs().max().item()
    if entry.max_slope == math.inf:
        assert steepest > 1e5
    else:  # torch's slope of hard_sigmoid is float32's 1/6
        assert steepest == pytest.approx(entry.max_slope, abs=1e-8 if entry.name == "hard_sigmoid" else 1e-9)


@named(SLOPED)
def test_curvature_jumps_at_the_kinks_and_nowhere_else(entry):
    z = torch.arange(-700, 701, dtype=torch.float64) / 100  # the integers are points of it
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
    if entry.name in {"sine", "squared_relu"}:  # flat here and there; steeper and steeper
        far[:] = False
    if entry.dead_below is not None or entry.name == "leaky_relu":  # flat on the left without being smooth
        far[0] = False
    if entry.dead_above is not None:
        far[1] = False
    assert [entry.flat_below is not None, entry.flat_above is not None] == far.tolist()


LONE_ZEROS = {"hardswish", "gaussian"}  # the slope is exactly 0 at -1.5, at 0


@named(SLOPED)
def test_dead_sides_have_slope_zero_and_others_do_not(entry):
    z = torch.arange(-700, 701, dtype=torch.float64) / 100
    z = z[(entry.function(z + 1e-4) - entry.function(z - 1e-4)).abs() > 1e-9] if entry.name in LONE_ZEROS else z
    low = -math.inf if entry.dead_below is None else entry.dead_below
    high = math.inf if entry.dead_above is None else entry.dead_above
    assert torch.equal(entry.slope(z) == 0, (z <= low) | (z >= high))
    for limit, side in ((entry.dead_below, -1), (entry.dead_above, 1)):
        if limit is not None:
            ends = [limit, limit + 1e-9 * side, limit + 1e6 * side, limit - 1e-9 * side]
            assert (entry.slope(torch.tensor(ends, dtype=torch.float64)) == 0).tolist() == [True, True, True, False]


def test_the_rules_know_which_are_flat_on_both_sides():
    both = {entry.name for entry in FLAT if entry.flat_below is not None and entry.flat_above is not None}
    assert both == FLAT_BOTH_SIDES


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


def test_gelu_and_its_approximation_are_as_close_as_the_note_says():
    z = torch.linspace(-8, 8, 16001, dtype=torch.float64)
    gap = (ACTIVATIONS["gelu"].function(z) - ACTIVATIONS["gelu_tanh"].function(z)).abs().max().item()
    assert 4e-4 < gap < 5e-4
    assert "5e-4" in ACTIVATIONS["gelu_tanh"].note


def test_unknown_name_answers_with_a_near_miss():
    with pytest.raises(ValueError, match="There is no activation 'swoosh'"):
        gain("swoosh")
    with pytest.raises(ValueError, match="Did you mean 'relu'"):
        gain("rleu")


@pytest.mark.parametrize(("alias", "name"), [("identity", "linear"), ("swish", "silu")])
def test_further_names(alias, name):
    assert ACTIVATIONS[alias] is ACTIVATIONS[name]
    assert alias in ACTIVATIONS
    assert alias not in list(ACTIVATIONS)
    assert gain(alias) == gain(name)


def test_every_activation_of_the_lecture_and_since_is_there():
    assert len(ACTIVATIONS) == 31
    assert set(SECOND_MOMENT) == set(ACTIVATIONS)


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
