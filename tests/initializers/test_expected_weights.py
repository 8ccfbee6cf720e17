"""What the table says of weights before they are drawn, and of depth, is what draws and networks do."""

from __future__ import annotations

import math
from statistics import mean

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS, Spread
from layerwise.initializers._facts import facts, row, through

ALL = list(INITIALIZERS.values())
SHAPES = [(300, 200), (200, 300)]


def named(entries):
    return pytest.mark.parametrize("entry", entries, ids=lambda entry: entry.name)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@named(ALL)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("scale", [None, 0.7])
def test_draws_have_the_mean_square_mean_and_bound(entry, shape, scale):
    options = {} if scale is None or not entry.options else {entry.options[0]: scale}
    weight = entry.fill(torch.empty(shape, dtype=torch.float64), generator=seeded(), **options)
    out, fan_in = shape
    told, n = entry.expected(fan_in, out, **options), weight.count_nonzero().clamp_min(1).item()
    assert weight.square().mean().item() == pytest.approx(told.square, rel=5 * math.sqrt(2 / n))
    assert abs(weight.mean().item() - told.mean) <= 5 * math.sqrt(told.square / weight.numel())
    assert weight.abs().max().item() <= told.bound * (1 + 1e-12)
    if entry.name != "orthogonal" and math.isfinite(told.bound):  # no draw of this size comes near to 1 there
        assert weight.abs().max().item() >= 0.999 * told.bound


@named(ALL)
@given(data=st.data(), fan_in=st.integers(30, 500), fan_out=st.integers(1, 500))
def test_the_formula_in_words_is_the_number(entry, data, fan_in, fan_out):
    values = {"n_connections": st.integers(1, 30)}
    options = {name: data.draw(values.get(name, st.floats(0.01, 3))) for name in entry.options}
    names = {"max": max, "fan_in": fan_in, "fan_out": fan_out} | options
    told = eval(entry.formula.replace("^", "**"), {"__builtins__": {}}, names)
    assert entry.expected(fan_in, fan_out, **options).square == pytest.approx(told, rel=1e-12)


@named(ALL)
def test_the_options_defaults_are_the_functions(entry):
    defaults = entry.defaults
    assert tuple(defaults) == entry.options
    plain, told = (entry.fill(torch.empty(40, 30), generator=seeded(), **given) for given in ({}, defaults))
    assert torch.equal(plain, told)
    assert entry.expected(30, 40) == entry.expected(30, 40, **defaults)


@named(ALL)
def test_an_option_is_checked_first(entry):
    with pytest.raises(InvalidInput, match="takes no option 'sdt'"):
        entry.expected(3, 4, sdt=1)
    with pytest.raises(InvalidInput, match=r"`fan_in` must be a positive int\. Got 0 instead\."):
        entry.expected(0, 4)


def test_by_hand():
    assert INITIALIZERS["constant"].expected(3, 4, value=-2) == Spread(square=4.0, bound=2.0, mean=-2.0)
    assert INITIALIZERS["he_uniform"].expected(6, 1) == pytest.approx((1 / 3, 1.0, 0.0))
    assert INITIALIZERS["truncated_normal"].expected(6, 1, std=1) == pytest.approx((1.0, 2 * 1.13684723, 0.0))
    assert INITIALIZERS["sparse"].expected(5, 9) == Spread(square=1.0)
    assert INITIALIZERS["torch_default"].expected(12, 9).square == pytest.approx(1 / 36)  # 1 / (3 fan_in)


def network(entry, function, seed, fan, depth):
    """Return the rms of the last pre-activations, and of the gradient at the first ones relative to the last."""
    draw, layers = seeded(seed), []
    a = torch.randn(16, fan, generator=draw)
    for _ in range(depth):
        layers.append((a @ entry.fill(torch.empty(fan, fan), generator=draw).T).requires_grad_())
        a = function(layers[-1])
    first, last = layers[0], layers[-1]
    (back,) = torch.autograd.grad((last * torch.randn(16, fan, generator=draw)).sum(), first)
    return last.square().mean().item(), back.square().mean().item()


@named([entry for entry in ALL if through(entry, "relu") is not None])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_networks_do_what_theory_says(entry, activation):
    fan, depth = 256, 8
    runs = [network(entry, ACTIVATIONS[activation].function, seed, fan, depth) for seed in range(8)]
    signal, gradient = through(entry, activation, fan=fan, depth=depth)
    found = [math.sqrt(mean(values)) for values in zip(*runs, strict=True)]
    assert found == pytest.approx([signal, gradient], rel=0.2)  # one network: 0.15


def test_theory_by_hand():
    he, default = INITIALIZERS["he_normal"], INITIALIZERS["torch_default"]
    assert through(he, "relu") == pytest.approx((math.sqrt(2), 1.0))
    assert through(default, "relu") == pytest.approx((math.sqrt(6**-29 / 3), 6**-14.5))
    assert through(INITIALIZERS["zeros"], "tanh") == (0.0, 0.0)
    assert through(INITIALIZERS["identity"], "tanh") is None


@named(ALL)
def test_what_is_said_has_the_same_headings_and_fits(entry):
    assert list(row(entry)) == ["name", "E w^2", "rms", "relu", "tanh"]
    assert all(facts(entry).values())
