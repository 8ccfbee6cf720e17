"""A recipe becomes an ordinary module, drawn from its generator and nothing else."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from torch import nn

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS
from layerwise.models import PRESETS, Recipe, build
from layerwise.normalizers import NORMALIZERS


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


def same(a, b):
    mine, theirs = a.state_dict(), b.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


def test_children_stand_in_order_under_their_names():
    recipe = Recipe().replace(depth=2, width=3, normalizer="batch", dropout=0.5)
    hidden = [("linear", nn.Linear), ("normalizer", nn.BatchNorm1d), ("activation", nn.ReLU), ("dropout", nn.Dropout)]
    expected = [(f"{role}{k}", kind) for k in (1, 2) for role, kind in hidden] + [("output", nn.Linear)]
    assert [(name, type(child)) for name, child in build(recipe, 4, 2, draw()).named_children()] == expected


def test_the_normalizer_may_follow_the_activation():
    recipe = Recipe().replace(depth=1, width=3, normalizer="layer", normalizer_place="after_activation")
    assert list(build(recipe, 4, 2, draw())._modules) == ["linear1", "activation1", "normalizer1", "output"]


@pytest.mark.parametrize(("place", "size"), [("before_activation", 6), ("after_activation", 3)])
def test_a_normalizer_fits_the_pieces_of_maxout(place, size):
    recipe = Recipe().replace(depth=1, width=3, activation="maxout", normalizer="layer", normalizer_place=place)
    net = build(recipe, 4, 2, draw())
    assert net.normalizer1.normalized_shape == (size,)
    assert net(torch.zeros(5, 4)).shape == (5, 2)


def test_widths_follow_one_another():
    net = build(Recipe().replace(width=(7, 5, 3)), 4, 2, draw())
    shapes = [tuple(child.weight.shape) for child in net if isinstance(child, nn.Linear)]
    assert shapes == [(7, 4), (5, 7), (3, 5), (2, 3)]


def test_dropout_suits_the_activation():
    for activation, kind in (("selu", nn.AlphaDropout), ("relu", nn.Dropout)):
        net = build(Recipe().replace(depth=1, width=3, activation=activation, dropout=0.25), 4, 2, draw())
        assert type(net.dropout1) is kind
        assert net.dropout1.p == 0.25


def test_bias_is_a_number_or_drawn_or_not_there():
    recipe = Recipe().replace(depth=1, width=500)
    assert build(recipe.replace(bias=0.3), 4, 2, draw()).linear1.bias.eq(0.3).all()
    assert build(recipe.replace(bias="0.3"), 4, 2, draw()).output.bias.eq(0.3).all()
    assert build(recipe.replace(bias="none"), 4, 2, draw()).linear1.bias is None
    drawn = build(recipe.replace(bias="torch_default"), 4, 2, draw()).linear1.bias.detach().numpy()
    assert stats.kstest(drawn, stats.uniform(-0.5, 1).cdf).pvalue > 1e-3


@given(
    st.fixed_dictionaries(
        {
            "depth": st.integers(1, 4),
            "width": st.integers(1, 3).map(lambda half: 2 * half),  # even, for crelu
            "activation": st.sampled_from(list(ACTIVATIONS)),
            "initializer": st.sampled_from(list(INITIALIZERS)),
            "bias": st.sampled_from([0.0, 0.1, "none", "torch_default"]),
            "normalizer": st.sampled_from(list(NORMALIZERS)),
            "normalizer_place": st.sampled_from(["before_activation", "after_activation"]),
            "dropout": st.sampled_from([0.0, 0.5]),
        }
    ),
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(0, 2**31),
)
@settings(max_examples=50)
def test_same_generator_same_bits_and_no_other_generator_is_touched(choices, n_inputs, n_outputs, seed):
    recipe = Recipe().replace(**choices)
    before = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first = build(recipe, n_inputs, n_outputs, draw(seed))
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before[1:]  # noqa: NPY002
    assert same(first, build(recipe, n_inputs, n_outputs, draw(seed)))
    assert first.eval()(torch.randn(3, n_inputs, generator=draw())).shape == (3, n_outputs)
    assert all(parameter.requires_grad for parameter in first.parameters())


def test_another_seed_other_bits():
    recipe = PRESETS["relu_he_2015"].replace(depth=2, width=8)
    assert not same(build(recipe, 4, 2, draw(0)), build(recipe, 4, 2, draw(1)))


@pytest.mark.parametrize(("a", "b"), [(0.01, 0.5), (0.5, 1.0), (1.0, 2.0)])
def test_the_scale_stretches_the_same_draws(a, b):
    recipe = Recipe().replace(depth=2, width=8, initializer="normal")
    small, large = (build(recipe.replace(scale=s), 4, 2, draw(5), torch.float64) for s in (a, b))
    for (name, mine), (_, theirs) in zip(small.named_parameters(), large.named_parameters(), strict=True):
        torch.testing.assert_close(mine * (b / a), theirs, rtol=1e-12, atol=0, msg=name)


@pytest.mark.parametrize(
    ("initializer", "option"), [(name, entry.options[0]) for name, entry in INITIALIZERS.items() if entry.options]
)
def test_the_scale_is_the_leading_option_of_the_initializer(initializer, option):
    recipe = Recipe().replace(depth=1, width=8, initializer=initializer, scale=0.3)
    expected = INITIALIZERS[initializer].fill(torch.empty(8, 4), generator=draw(), **{option: 0.3})
    assert torch.equal(build(recipe, 4, 2, draw()).linear1.weight, expected)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_all_parameters_and_buffers_have_the_dtype(dtype):
    recipe = Recipe().replace(depth=1, width=3, normalizer="batch", activation="prelu")
    tensors = build(recipe, 4, 2, draw(), dtype).state_dict().values()
    assert {tensor.dtype for tensor in tensors if tensor.is_floating_point()} == {dtype}


def test_without_a_dtype_it_is_the_default_of_torch():
    assert build(Recipe().replace(depth=1, width=3), 4, 2, draw()).output.weight.dtype == torch.get_default_dtype()


def test_torch_default_is_what_linear_does_by_itself():
    recipe = PRESETS["relu_torch_default"].replace(depth=1, width=200)
    ours = build(recipe, 50, 2, draw(1)).linear1
    with torch.random.fork_rng():
        torch.manual_seed(1)
        theirs = nn.Linear(50, 200)
    for name in ("weight", "bias"):
        mine, other = (layer.get_parameter(name).detach().flatten() for layer in (ours, theirs))
        assert stats.ks_2samp(mine.numpy(), other.numpy()).pvalue > 1e-3
        assert max(mine.abs().max(), other.abs().max()) <= 1 / math.sqrt(50) * (1 + 1e-6)


def test_zeros_and_constants_are_what_they_say():
    recipe = Recipe().replace(depth=1, width=3, initializer="constant", scale=0.25)
    assert build(recipe, 4, 2, draw()).linear1.weight.eq(0.25).all()
    assert build(recipe.replace(initializer="zeros", scale=None), 4, 2, draw()).output.weight.eq(0).all()


@pytest.mark.parametrize(("sizes", "name"), [((0, 2), "n_inputs"), ((4, 0), "n_outputs")])
def test_sizes_must_be_positive(sizes, name):
    with pytest.raises(InvalidInput) as caught:
        build(Recipe(), *sizes, draw())
    assert str(caught.value) == f"`{name}` must be a positive int. Got 0 instead."


def test_the_output_is_the_plain_chain_by_hand():
    net = build(PRESETS["tanh_large"].replace(depth=2, width=3, bias=0.1), 2, 2, draw(), torch.float64)
    x = torch.tensor([[0.5, -1.0]], dtype=torch.float64)
    signal = x.numpy()
    for layer in (net.linear1, net.linear2):
        signal = np.tanh(signal @ layer.weight.detach().numpy().T + 0.1)
    expected = signal @ net.output.weight.detach().numpy().T + 0.1
    np.testing.assert_allclose(net(x).detach().numpy(), expected, rtol=1e-12)


def test_biases_are_drawn_around_their_value():
    net = build(Recipe().replace(depth=1, width=20_000, bias=0.5, bias_std=0.2), 4, 2, draw())
    biases = net.linear1.bias.detach()
    assert biases.mean().item() == pytest.approx(0.5, abs=0.01)
    assert biases.std().item() == pytest.approx(0.2, rel=0.03)
    assert stats.normaltest(biases.numpy()).pvalue > 1e-4
    assert biases.requires_grad is False
    assert net.linear1.bias.requires_grad


def test_without_spread_no_bias_is_drawn():
    plain, given = Recipe().replace(depth=2, width=3), Recipe().replace(depth=2, width=3, bias=0.5, bias_std=0.0)
    assert torch.equal(build(plain, 4, 2, draw()).output.weight, build(given, 4, 2, draw()).output.weight)
    assert (build(given, 4, 2, draw()).linear1.bias == 0.5).all()


def test_the_spread_of_biases_is_a_members_own():
    a, b = (Recipe(name="a").replace(bias_std=std) for std in (0.0, 0.3))
    assert a.structure() == b.structure()
    assert "biases N(0, 0.3^2)" in str(b)
