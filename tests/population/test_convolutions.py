"""Convolutional networks in a population: what is measured of them, and data that they can't read."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from layerwise._base import InvalidInput, child_seed
from layerwise.data import Data, circles, digits
from layerwise.models import PRESETS, Recipe, build
from layerwise.population import fit


@pytest.fixture(scope="module")
def images() -> Data:
    x = np.random.default_rng(0).normal(size=(60, 2, 5, 4))
    x[:, :, 0] = 0  # a border that never changes
    return Data.create("images", x, np.arange(60) % 3)


def small(**choices) -> Recipe:
    own = {"kind": "conv", "channels": (3, 8), "dense": 4, "batch_size": 12, "epochs": 2}
    return Recipe().replace(**(own | choices))


def first_step(recipe, data, seed):
    """The network, its pre-activations and activations at the first step, after autograd has gone back."""
    split = data.split(seed)
    net = build(recipe, data.inputs, 3, torch.Generator().manual_seed(child_seed(seed, "weights")), torch.float64)
    order = torch.randperm(len(split.train), generator=torch.Generator().manual_seed(child_seed(seed, "order")))
    rows = split.train[order[: recipe.training.batch_size].numpy()]
    h = torch.as_tensor(split.scaled(data, rows)).double()
    kept = {}
    for name, layer in net.named_children():
        h = layer(h)
        if name[:-1] in {"conv", "linear", "activation"}:
            h.retain_grad()
            kept[name] = h
    torch.nn.functional.cross_entropy(h, torch.as_tensor(data.targets[rows])).backward()
    return net, kept, len(rows)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_first_reading_is_what_autograd_says(activation, images):
    recipe = small(activation=activation, initializer="normal", scale=0.8)
    for run in fit(recipe, images, seeds=2, dtype=torch.float64, progress=False).runs:
        found = {(m.layer, m.quantity): m.values[0] for m in run.measures}
        net, kept, n = first_step(recipe, images, run.seed)
        for layer, name in (("hidden1", "conv1"), ("hidden2", "conv2"), ("hidden3", "linear3")):
            z, a, weight = kept[name], kept[f"activation{name[-1]}"], net.get_submodule(name).weight
            columns_z, columns_a = (t.movedim(1, -1).reshape(-1, weight.shape[0]) for t in (z, a))
            wanted = {
                "preactivation_rms": z.square().mean().sqrt(),
                "preactivation_gradient_rms": z.grad.square().mean().sqrt() * n,
                "activation_mean": a.mean(),
                "activation_std_between_inputs": columns_a.var(0, correction=0).mean().sqrt(),
                "weight_gradient_rms": weight.grad.square().mean().sqrt(),
                "weight_rms": weight.square().mean().sqrt(),
                "update_ratio": 0.1 * weight.grad.norm() / weight.norm(),
                "duplicate_unit_fraction": torch.zeros(()),
            }
            if activation == "relu":
                wanted["dead_fraction"] = (columns_z <= 0).all(0).double().mean()
            else:
                wanted["saturated_fraction"] = (1 - a.square() < 0.05).double().mean()
            for quantity, value in wanted.items():
                assert found[layer, quantity] == pytest.approx(float(value.detach()), rel=1e-5, abs=1e-9), quantity


def test_what_an_observer_sees_has_a_unit_for_each_channel(images):
    seen = []
    recipe = small(pool=1)
    fit(recipe, images, seeds=2, observe=lambda snapshot: seen.append(snapshot.layers) or {}, progress=False)
    first, second, dense, output = seen[0]
    places = 5 * 4
    assert (first.x.shape, first.z.shape, first.a.shape) == ((2, 12, 40), (2, 12 * places, 3), (2, 12 * places, 3))
    assert (second.x.shape, second.weight_before.shape) == ((2, 12, 3 * places), (2, 8, 27))
    assert second.weight_gradient.shape == second.weight_after.shape == (2, 8, 27)
    assert (dense.x.shape, dense.z.shape, output.z.shape) == ((2, 12, 8 * places), (2, 12, 4), (2, 12, 3))


def test_a_border_that_never_changes_makes_no_dead_or_equal_units(images):
    run = fit(small(initializer="he_normal", channels=(8, 8)), images, progress=False).runs[0]
    first = {m.quantity: m.values[0] for m in run.measures if m.layer == "hidden1"}
    assert (first["dead_fraction"], first["duplicate_unit_fraction"]) == (0, 0)
    equal = fit(small(initializer="constant", scale=0.1), images, progress=False).runs[0]
    assert {m.values[0] for m in equal.measures if m.quantity == "duplicate_unit_fraction"} == {1.0}


def test_one_member_or_several_is_the_same(images):
    recipe = small(normalizer="batch", dropout=0.2)
    together = fit(recipe, images, seeds=3, dtype=torch.float64, progress=False)
    alone = fit(recipe, images, seeds=[2], dtype=torch.float64, progress=False)
    pairs = zip(together.models[2].parameters(), alone.models[0].parameters(), strict=True)
    assert all(torch.allclose(mine, theirs, rtol=1e-9, atol=1e-12) for mine, theirs in pairs)


def test_a_member_that_diverges_never_reaches_another(images):
    good = small(name="good", activation="leaky_relu")
    bad = good.replace(name="bad", learning_rate=1e30)
    beside = fit([good, bad], images, seeds=2, progress=False)
    assert [run.status for run in beside.runs] == ["finished", "finished", "diverged", "diverged"]
    alone = fit(good, images, seeds=2, progress=False)
    for mine, theirs in zip(beside.models[:2], alone.models, strict=True):
        pairs = zip(mine.parameters(), theirs.parameters(), strict=True)
        assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in pairs)


@pytest.mark.parametrize(
    ("choices", "data", "message"),
    [
        ({}, circles, "The data must be images where `kind` is 'conv'. Got rows of 2 features instead."),
        ({"channels": (2, 2, 2, 2)}, digits, "Images must have at least 16 rows and columns for 4 poolings by 2."),
    ],
)
def test_data_that_can_not_be_read_is_refused_before_anything_is_trained(choices, data, message):
    with pytest.raises(InvalidInput) as caught:
        fit(small(**choices), data(), progress=lambda _: pytest.fail("trained"))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("name", ["conv_relu_he_2015", "conv_relu_he_batchnorm_2015"])
def test_the_presets_read_digits(name):
    recipe = PRESETS[name].replace(epochs=6)
    run = fit(recipe, "digits", probe_every=0, progress=False).runs[0]
    assert run.scores["test_accuracy"] > 0.93


@pytest.mark.parametrize("method", ["sgd", "nesterov", "adam", "muon"])
# a bias before batch normalization is idle: its gradient is rounding noise, which Adam would blow up
@pytest.mark.parametrize("choices", [{}, {"normalizer": "batch", "bias": "none"}, {"activation": "maxout"}], ids=str)
def test_kernels_of_one_pixel_on_images_of_one_pixel_are_a_dense_layer(method, choices):
    x = np.random.default_rng(0).normal(size=(60, 7))
    data = Data.create("pixels", x, (x[:, :2].sum(1) > 0).astype(int), image=(7, 1, 1))
    shared = {"activation": "tanh", "method": method, "learning_rate": 0.02, "batch_size": 12, "epochs": 4} | choices
    conv = Recipe().replace(kind="conv", channels=6, kernel=1, pool=1, dense=(), **shared)
    mlp = Recipe().replace(depth=1, width=6, **shared)
    first, second = (fit(recipe, data, seeds=2, dtype=torch.float64, progress=False) for recipe in (conv, mlp))
    for mine, theirs in zip(first.models, second.models, strict=True):
        pairs = zip(mine.state_dict().values(), theirs.state_dict().values(), strict=True)
        assert all(torch.allclose(a.flatten(), b.flatten(), rtol=1e-9, atol=1e-10) for a, b in pairs)
