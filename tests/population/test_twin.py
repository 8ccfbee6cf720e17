"""A population ends where a plain loop over single networks ends: every optimizer, every ingredient."""

from __future__ import annotations

import math

import pytest
import torch
from plain_twin import distance, train_plainly

from layerwise.activations import ACTIVATIONS
from layerwise.data import Data, linear_teacher, multilabel
from layerwise.initializers import INITIALIZERS
from layerwise.models import Recipe
from layerwise.normalizers import NORMALIZERS
from layerwise.population import fit

TOLERANCE = 1e-9  # float64, depth <= 3, 20 steps


@pytest.fixture(scope="module")
def data() -> Data:
    generator = torch.Generator().manual_seed(3)
    x = torch.randn(160, 5, generator=generator)
    return Data.create("twin", x.numpy(), (x[:, 0] * x[:, 1] > 0).long().add(2 * (x[:, 2] > 0)).numpy())


def small(**choices) -> Recipe:
    # 96 training rows, batches of 19: 5 an epoch with one row left out; 4 epochs are 20 steps
    return Recipe().replace(**({"depth": 2, "width": 7, "batch_size": 19, "epochs": 4, "activation": "tanh"} | choices))


def check_against_twin(recipe: Recipe, data: Data, n_seeds: int = 3) -> None:
    fitted = fit(recipe, data, seeds=n_seeds, dtype=torch.float64, progress=False)
    assert all(run.n_steps == 20 for run in fitted.runs)
    for run, model in zip(fitted.runs, fitted.models, strict=True):
        assert distance(model, train_plainly(recipe, data, run.seed)) < TOLERANCE


METHODS = [
    {"method": "sgd"},
    {"method": "sgd", "l2": 0.01},
    {"method": "sgd", "l1": 0.02},
    {"method": "momentum", "learning_rate": 0.02},
    {"method": "momentum", "learning_rate": 0.02, "l2": 0.01},
    {"method": "nesterov", "learning_rate": 0.02, "l2": 0.01},
    {"method": "rmsprop", "learning_rate": 0.003, "l2": 0.01},
    {"method": "adam", "learning_rate": 0.01, "l2": 0.01},
    {"method": "adam", "learning_rate": 0.01, "l1": 0.01},
    {"method": "adamw", "learning_rate": 0.01, "l2": 0.1},
    {"method": "muon", "learning_rate": 0.01},
    {"method": "muon", "learning_rate": 0.01, "l2": 0.1, "schedule": "cosine"},
    {"method": "sgd", "schedule": "cosine", "warmup": 0.2},
    {"method": "adam", "schedule": "linear", "learning_rate": 0.01},
    {"method": "momentum", "schedule": "step"},
    {"method": "sgd", "clip_norm": 0.3, "l2": 0.01},
    {"method": "adam", "clip_norm": 0.1, "learning_rate": 0.01},
    {"method": "sgd", "input_noise": 0.5},
    {"method": "sgd", "loss": "squared_error"},
]


@pytest.mark.parametrize("choices", METHODS, ids=lambda c: " ".join(map(str, c.values())))
def test_every_optimizer(choices, data):
    check_against_twin(small(**choices), data)


@pytest.mark.parametrize(
    ("loss", "other"),
    [
        ("squared_error", linear_teacher(n=160, n_features=6, n_outputs=3)),
        ("huber", linear_teacher(n=160, n_features=6, n_outputs=3, noise=2.0)),
        ("binary_cross_entropy", multilabel(n=160, n_features=6, n_labels=3)),
    ],
    ids=["squared_error", "huber", "binary_cross_entropy"],
)
def test_every_task(loss, other):
    check_against_twin(small(loss=loss), other)


# rrelu is random in training: what it draws is tested with the stages
@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "rrelu"])
def test_every_activation(activation, data):
    rate = 0.01 if ACTIVATIONS[activation].max_slope == math.inf else 0.1  # squared_relu diverges at 0.1
    recipe = small(activation=activation, initializer="lecun_normal", width=8, depth=3, learning_rate=rate)
    check_against_twin(recipe, data)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_initializer(initializer, data):
    scale = {"constant": 0.1, "normal": 0.3, "uniform": 0.4}.get(initializer)
    check_against_twin(small(initializer=initializer, scale=scale), data)


@pytest.mark.parametrize("place", ["before_activation", "after_activation"])
@pytest.mark.parametrize("normalizer", [name for name in NORMALIZERS if name != "none"])
@pytest.mark.parametrize("activation", ["relu", "maxout", "prelu"])
def test_every_normalizer(normalizer, place, activation, data):
    # batch normalization makes the bias before it idle: its gradient is rounding noise, which Adam would blow up
    check_against_twin(small(normalizer=normalizer, normalizer_place=place, activation=activation), data)


def test_random_slopes_belong_to_the_member(data):
    recipe = small(activation="rrelu", dropout=0.2)
    together = fit(recipe, data, seeds=3, dtype=torch.float64, progress=False)
    alone = fit(recipe, data, seeds=[2], dtype=torch.float64, progress=False)
    assert distance(together.models[2], alone.models[0]) < TOLERANCE
    assert distance(together.models[1], together.models[0]) > 0.01


def test_ghosts_of_a_batch(data):
    check_against_twin(small(normalizer="ghost_batch", batch_size=38, epochs=10), data)  # two ghosts of 19


@pytest.mark.parametrize("bias", [0.1, "torch_default", "none"])
def test_every_bias(bias, data):
    check_against_twin(small(bias=bias, width=(6, 4, 8), depth=3), data)


def test_members_with_numbers_of_their_own(data):
    recipes = [
        small(name="a", learning_rate=0.3, l2=0.02, initializer="normal", scale=0.5),
        small(name="b", learning_rate=0.05, clip_norm=0.2, bias=0.1),
        small(name="c", l1=0.01, initializer="orthogonal"),
    ]
    assert len({recipe.structure() for recipe in recipes}) == 1
    fitted = fit(recipes, data, seeds=2, dtype=torch.float64, progress=False)
    for run, model in zip(fitted.runs, fitted.models, strict=True):
        recipe = next(r for r in recipes if r.name == run.recipe)
        assert distance(model, train_plainly(recipe, data, run.seed)) < TOLERANCE


def test_a_deeper_network_stays_within_its_own_sensitivity(data):
    # chaotic beyond some depth: held to what one ulp of the input does to the twin itself
    recipe = small(depth=8, activation="relu", epochs=8)
    fitted = fit(recipe, data, seeds=1, dtype=torch.float64, progress=False)
    twin = train_plainly(recipe, data, 0)
    nudged = Data.create("nudged", data.features * (1 + 2**-23), data.targets)
    assert distance(fitted.models[0], twin) <= distance(train_plainly(recipe, nudged, 0), twin)


@pytest.fixture(scope="module")
def images() -> Data:
    generator = torch.Generator().manual_seed(4)
    x = torch.randn(160, 3, 6, 7, generator=generator)
    return Data.create("images", x.numpy(), (x[:, 0, :3].sum((1, 2)) > 0).long().add(2 * (x[:, 1, 2, 3] > 0)).numpy())


def convolutional(**choices) -> Recipe:
    # 3 channels are read one network after the other, 8 as groups of one convolution
    own = {"kind": "conv", "channels": (8, 6), "dense": (5,), "batch_size": 19, "epochs": 4, "activation": "tanh"}
    return Recipe().replace(**(own | choices))


CONVOLUTIONS = [
    {},
    {"pool": 1, "kernel": 5, "dense": ()},
    {"pool": 3, "channels": 8},
    {"method": "sgd", "l2": 0.01, "l1": 0.005},
    {"method": "momentum", "learning_rate": 0.02, "l2": 0.01},
    {"method": "adam", "learning_rate": 0.01, "clip_norm": 0.3},
    {"bias": "none"},
    {"bias": "torch_default", "initializer": "torch_default"},
    {"normalizer": "batch", "activation": "relu"},
    {"normalizer": "batch", "normalizer_place": "after_activation", "pool": 1},
    {"normalizer": "group"},
    {"normalizer": "group", "normalizer_place": "after_activation", "channels": (32, 4)},
    {"activation": "maxout", "pieces": 3},
    {"activation": "maxout", "normalizer": "batch"},
    {"activation": "crelu", "dense": (4,)},
    {"activation": "prelu"},
    {"activation": "silu", "initializer": "orthogonal", "loss": "squared_error"},
]


@pytest.mark.parametrize("choices", CONVOLUTIONS, ids=lambda c: " ".join(map(str, c.values())) or "plain")
def test_convolutions(choices, images):
    check_against_twin(convolutional(**choices), images)


def test_convolutions_with_numbers_of_their_own(images):
    recipes = [
        convolutional(name="a", learning_rate=0.3, l2=0.02, initializer="normal", scale=0.2),
        convolutional(name="b", learning_rate=0.05, clip_norm=0.2, bias=0.1),
    ]
    assert len({recipe.structure() for recipe in recipes}) == 1
    fitted = fit(recipes, images, seeds=2, dtype=torch.float64, progress=False)
    for run, model in zip(fitted.runs, fitted.models, strict=True):
        recipe = next(r for r in recipes if r.name == run.recipe)
        assert distance(model, train_plainly(recipe, images, run.seed)) < TOLERANCE
