"""Recipes of the kind `conv`: records like the others, and the networks they become."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d
from torch import nn

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS
from layerwise.models import MLP, Conv, Recipe, build, read_recipe

BY_CHANNEL = [name for name, entry in ACTIVATIONS.items() if entry.pieces_default == 1] + ["maxout", "crelu"]
SIZES = st.integers(1, 4).map(lambda half: 2 * half)  # even, for crelu
OF_CONV = {
    "channels": st.one_of(SIZES, st.lists(SIZES, min_size=1, max_size=2)),
    "kernel": st.sampled_from([1, 3, 5]),
    "pool": st.integers(1, 2),
    "dense": st.one_of(SIZES, st.lists(SIZES, max_size=2), st.just("none")),
}
SHARED = {
    "activation": st.sampled_from(BY_CHANNEL),
    "pieces": st.integers(1, 3),
    "initializer": st.sampled_from([name for name in INITIALIZERS if name != "identity"]),
    "bias": st.sampled_from([0.1, "none", "torch_default"]),
    "normalizer": st.sampled_from(["none", "batch", "group"]),
    "normalizer_place": st.sampled_from(["before_activation", "after_activation"]),
    "dropout": st.floats(0, 1, exclude_max=True),
}
CHOICES = st.fixed_dictionaries({"kind": st.just("conv")}, optional=OF_CONV | SHARED)


def draw(seed=0):
    return torch.Generator().manual_seed(seed)


@given(CHOICES)
def test_json_gives_the_recipe_back(choices):
    recipe = Recipe().replace(**choices)
    assert isinstance(recipe.architecture, Conv)
    assert Recipe.model_validate(recipe.model_dump()) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert Recipe().replace(**json.loads(json.dumps(recipe.flat()))) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe
    assert hash(Recipe().replace(**choices)) == hash(recipe)


@given(CHOICES, CHOICES)
def test_diff_is_exactly_what_replace_needs(mine, theirs):
    a, b = Recipe().replace(**mine), Recipe().replace(**theirs)
    assert a.replace(**{name: value for name, (_, value) in a.diff(b).items()}) == b


@given(CHOICES)
def test_another_kind_keeps_what_both_have(choices):
    recipe = Recipe().replace(**choices, learning_rate=0.3)
    there = recipe.replace(kind="mlp", depth=3)
    assert {*recipe.diff(there)} == {*Conv.model_fields} ^ {*MLP.model_fields} | {"kind"}
    back = there.replace(kind="conv", channels=recipe.architecture.channels)
    assert back.diff(recipe).keys() <= {"kernel", "pool", "dense"}


def test_diff_names_what_only_one_kind_has():
    found = Recipe().diff(Recipe().replace(kind="conv", dense=()))
    assert found == {
        "kind": ("mlp", "conv"),
        "depth": (8, None),
        "width": (64, None),
        "channels": (None, (16, 32)),
        "kernel": (None, 3),
        "pool": (None, 2),
        "dense": (None, ()),
    }


def test_it_prints_what_sets_it_apart():
    recipe = Recipe(name="a").replace(kind="conv", channels=[8, 4], kernel=5, dense=(7, 6), normalizer="batch")
    assert str(recipe) == (
        "a: Conv 8-4 5x5, pool 2, dense 7-6, relu, he_normal, batch norm before activation; sgd 0.1; batch 32, "
        "about 700 updates, cross_entropy"
    )
    assert str(Conv(channels=3, pool=1, dense="none")) == "Conv 3 3x3, relu, he_normal"


@pytest.mark.parametrize("own", [{"learning_rate": 3.0}, {"l2": 0.5}, {"initializer": "normal", "scale": 0.3}])
def test_structure_forgets_what_each_member_has_of_its_own(own):
    recipe = Recipe(name="a").replace(kind="conv")
    assert recipe.replace(**own).structure() == recipe.structure()


@pytest.mark.parametrize("choice", [{"channels": 3}, {"kernel": 1}, {"pool": 1}, {"dense": ()}, {"kind": "mlp"}])
def test_structure_keeps_what_a_batch_must_share(choice):
    recipe = Recipe().replace(kind="conv")
    assert recipe.replace(**choice).structure() != recipe.structure()


def test_it_is_read_from_a_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("kind: conv\nchannels: [8, 16]\ndense: none\nactivation: tanh\n")
    wanted = Recipe(name="mine").replace(kind="conv", channels=(8, 16), dense=(), activation="tanh")
    assert read_recipe(path) == wanted
    path.write_text("preset: conv_relu_he_2015\ndepth: 3\n")
    with pytest.raises(InvalidInput) as caught:
        read_recipe(path)
    assert str(caught.value) == (
        "`depth` is a choice of the kind 'mlp' and not of 'conv'. Give `kind` 'mlp' too, or one of `channels`, "
        "`kernel`, `pool`, `dense`."
    )


def test_the_schema_knows_both_kinds():
    schema = Recipe.model_json_schema()
    assert schema["properties"]["architecture"]["anyOf"] == [{"$ref": "#/$defs/MLP"}, {"$ref": "#/$defs/Conv"}]
    assert {schema["$defs"][kind]["properties"]["kind"]["const"] for kind in ("MLP", "Conv")} == {"mlp", "conv"}


def test_layers_by_hand():
    shape = Conv(channels=(4, 6), kernel=3, pool=2, dense=5, activation="maxout", pieces=3)
    first, second, dense, output = shape.layers((3, 9, 12), 2)
    assert (first.fan_in, first.preactivations, first.units, first.grid) == (27, 12, 4, (9, 12))
    assert (second.fan_in, second.preactivations, second.units, second.grid) == (36, 18, 6, (4, 6))
    assert (dense.fan_in, dense.preactivations, dense.units, dense.grid) == (6 * 2 * 3, 15, 5, None)
    assert (output.fan_in, output.preactivations, output.places) == (5, 2, 1)
    assert (shape.depth, shape.widths, shape.preactivations) == (3, (4, 6, 5), (12, 18, 15))


def test_children_stand_in_order_under_their_names():
    recipe = Recipe().replace(kind="conv", channels=(4, 6), dense=5, normalizer="batch", dropout=0.1)
    conv = [("conv", nn.Conv2d), ("normalizer", nn.BatchNorm2d), ("activation", nn.ReLU), ("pool", nn.MaxPool2d)]
    dense = [("linear", nn.Linear), ("normalizer", nn.BatchNorm1d), ("activation", nn.ReLU)]
    dropout = [("dropout", nn.Dropout)]
    expected = [("unflatten", nn.Unflatten)]
    expected += [(f"{role}{k}", kind) for k in (1, 2) for role, kind in conv + dropout]
    expected += [("flatten", nn.Flatten)] + [(f"{role}3", kind) for role, kind in dense + dropout]
    expected += [("output", nn.Linear)]
    net = build(recipe, (1, 8, 8), 2, draw())
    assert [(name, type(child)) for name, child in net.named_children()] == expected


@given(CHOICES, st.integers(0, 2**31))
@settings(max_examples=40)
def test_same_generator_same_bits_and_rows_become_outputs(choices, seed):
    recipe = Recipe().replace(**choices)
    before = torch.get_rng_state()
    first, second = (build(recipe, (3, 4, 5), 2, draw(seed)) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    states = zip(first.state_dict().values(), second.state_dict().values(), strict=True)
    assert all(torch.equal(mine, theirs) for mine, theirs in states)
    assert first.eval()(torch.zeros(3, 60)).shape == (3, 2)


def test_the_output_by_hand():
    recipe = Recipe().replace(kind="conv", channels=2, dense=(), activation="tanh", bias=0.1)
    net = build(recipe, (3, 4, 5), 2, draw(), torch.float64)
    image = np.random.default_rng(0).random((3, 4, 5))
    kernels = net.conv1.weight.detach().numpy()
    maps = [sum(correlate2d(image[c], kernel[c], "same") for c in range(3)) + 0.1 for kernel in kernels]
    pooled = [np.tanh(m)[:4, :4].reshape(2, 2, 2, 2).max((1, 3)) for m in maps]
    expected = np.concatenate([p.ravel() for p in pooled]) @ net.output.weight.detach().numpy().T + 0.1
    x = torch.from_numpy(image.reshape(1, -1))
    np.testing.assert_allclose(net(x).detach().numpy()[0], expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (
            64,
            (
                "The data must be images where `kind` is 'conv'. Got rows of 64 features instead. Give an array with "
                "more than two axes, or say how rows are folded: `Data.create(..., image=(channels, rows, columns))`."
            ),
        ),
        (
            (1, 3, 8),
            (
                "Images must have at least 4 rows and columns for 2 poolings by 2. Got 3 rows and 8 columns instead. "
                "Use fewer `channels`, or a smaller `pool`."
            ),
        ),
        ((0, 8, 8), "`n_inputs` must be a positive int. Got 0 instead."),
    ],
)
def test_what_is_no_image_is_refused(inputs, message):
    with pytest.raises(InvalidInput) as caught:
        build(Recipe().replace(kind="conv"), inputs, 2, draw())
    assert str(caught.value) == message


def test_a_dense_network_takes_images_as_rows():
    net = build(Recipe().replace(depth=1, width=3), (3, 4, 5), 2, draw())
    assert net.linear1.weight.shape == (3, 60)
