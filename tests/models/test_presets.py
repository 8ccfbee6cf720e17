"""The presets are what their sources say."""

from __future__ import annotations

import math
import re

import pytest
import torch
from scipy import stats

from layerwise.models import PRESETS, build, preset

# Name: activation, initializer, scale, bias, normalizer.
SAID = {
    "sigmoid_1986": ("sigmoid", "normal", 0.01, 0.0, "none"),
    "autoencoder_2006": ("sigmoid", "normal", 0.01, 0.0, "none"),
    "rbm_2006": ("sigmoid", "normal", 0.01, 0.0, "none"),
    "denoising_2010": ("sigmoid", "normal", 0.01, 0.0, "none"),
    "tanh_small": ("tanh", "normal", 0.01, 0.0, "none"),
    "tanh_large": ("tanh", "normal", 1.0, 0.0, "none"),
    "tanh_glorot_2010": ("tanh", "glorot_uniform", None, 0.0, "none"),
    "relu_torch_default": ("relu", "torch_default", None, "torch_default", "none"),
    "relu_he_2015": ("relu", "he_normal", None, 0.0, "none"),
    "relu_he_batchnorm_2015": ("relu", "he_normal", None, 0.0, "batch"),
    "elu_he_2016": ("elu", "he_normal", None, 0.0, "none"),
    "selu_2017": ("selu", "lecun_normal", None, 0.0, "none"),
    "maxout_2013": ("maxout", "lecun_normal", None, 0.0, "none"),
}
# Name: the distribution of a weight with that fan_in and fan_out, as the paper has it.
DRAWN = {
    "sigmoid_1986": lambda n, m: stats.norm(0, 0.01),
    "autoencoder_2006": lambda n, m: stats.norm(0, 0.01),
    "rbm_2006": lambda n, m: stats.norm(0, 0.01),
    "denoising_2010": lambda n, m: stats.norm(0, 0.01),
    "tanh_small": lambda n, m: stats.norm(0, 0.01),
    "tanh_large": lambda n, m: stats.norm(0, 1.0),
    "tanh_glorot_2010": lambda n, m: _uniform(math.sqrt(6 / (n + m))),
    "relu_torch_default": lambda n, m: _uniform(1 / math.sqrt(n)),
    "relu_he_2015": lambda n, m: stats.norm(0, math.sqrt(2 / n)),
    "relu_he_batchnorm_2015": lambda n, m: stats.norm(0, math.sqrt(2 / n)),
    "elu_he_2016": lambda n, m: stats.norm(0, math.sqrt(2 / n)),
    "selu_2017": lambda n, m: stats.norm(0, math.sqrt(1 / n)),
    "maxout_2013": lambda n, m: stats.norm(0, math.sqrt(1 / n)),
}

# Those of images, whose layers have other names; told from one another by the normalizer.
CONVOLUTIONAL = {"conv_relu_he_2015": "none", "conv_relu_he_batchnorm_2015": "batch"}


def _uniform(bound):
    return stats.uniform(-bound, 2 * bound)


def test_these_presets_there_are():
    assert list(PRESETS) == [*SAID, *CONVOLUTIONAL]
    assert list(SAID) == list(DRAWN)


@pytest.mark.parametrize("name", SAID)
def test_a_preset_is_what_its_source_says(name):
    recipe, shape = PRESETS[name], PRESETS[name].architecture
    assert (shape.activation, shape.initializer, shape.scale, shape.bias, shape.normalizer) == SAID[name]
    assert recipe.name == name
    assert (shape.depth, shape.width) == (8, 64)
    assert preset(name) is recipe


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_a_source_of_the_year_in_its_name(name):
    source = PRESETS[name].source
    assert len(source) > 20
    year = re.search(r"[0-9]{4}$", name)
    assert year is None or year.group() in source


@pytest.mark.parametrize("name", SAID)
def test_weights_are_drawn_as_the_paper_says(name):
    recipe = PRESETS[name].replace(depth=2, width=40)
    net = build(recipe, 30, 10, torch.Generator().manual_seed(3))
    for layer in (net.linear1, net.linear2, net.output):
        fan_out, fan_in = layer.weight.shape
        expected = DRAWN[name](fan_in, fan_out)
        assert stats.kstest(layer.weight.detach().flatten().numpy(), expected.cdf).pvalue > 1e-3
        assert math.isclose(layer.weight.std().item(), expected.std(), rel_tol=0.15)


@pytest.mark.parametrize("name", SAID)
def test_only_the_default_of_torch_draws_biases(name):
    net = build(PRESETS[name].replace(depth=2, width=40), 30, 10, torch.Generator().manual_seed(3))
    drawn = [bool(net.get_submodule(layer).bias.count_nonzero()) for layer in ("linear1", "linear2", "output")]
    assert drawn == [name == "relu_torch_default"] * 3


def test_maxout_has_five_pieces():
    net = build(PRESETS["maxout_2013"], 30, 10, torch.Generator().manual_seed(0))
    assert net.linear1.weight.shape == (64 * 5, 30)
    assert net.linear2.weight.shape == (64 * 5, 64)


@pytest.mark.parametrize(("name", "normalizer"), CONVOLUTIONAL.items())
def test_convolutional_presets_are_two_convolutions_and_a_dense_layer(name, normalizer):
    shape = PRESETS[name].architecture
    assert (shape.kind, shape.channels, shape.kernel, shape.pool, shape.dense) == ("conv", (16, 32), 3, 2, (64,))
    assert (shape.activation, shape.initializer, shape.normalizer) == ("relu", "he_normal", normalizer)
    net = build(PRESETS[name].replace(channels=(40, 40)), (1, 8, 8), 10, torch.Generator().manual_seed(3))
    for layer in (net.conv1, net.conv2, net.linear3, net.output):
        expected = stats.norm(0, math.sqrt(2 / layer.weight[0].numel()))
        assert stats.kstest(layer.weight.detach().flatten().numpy(), expected.cdf).pvalue > 1e-3
        assert not layer.bias.any()


PRETRAINED = {"autoencoder_2006": "autoencoder", "rbm_2006": "rbm", "denoising_2010": "denoising"}


@pytest.mark.parametrize("name", PRETRAINED)
def test_pretraining_is_all_that_sets_it_apart_from_the_network_that_does_not_train(name):
    changed = PRESETS["sigmoid_1986"].diff(PRESETS[name])
    assert changed.pop("pretraining") == ("none", PRETRAINED[name])
    assert set(changed) <= {"pretraining_rate"}


def test_the_others_are_not_pretrained():
    assert {name for name, recipe in PRESETS.items() if recipe.pretraining.wanted} == set(PRETRAINED)
