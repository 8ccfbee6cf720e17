"""What a wrong choice is answered with, word for word."""

from __future__ import annotations

import pytest

from layerwise._base import InvalidInput, LayerwiseError, UnknownName
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS
from layerwise.models import MLP, Conv, Optimizer, Pretraining, Recipe, Training, preset

NAN = float("nan")
INF = float("inf")
KNOWN_ACTIVATIONS = ", ".join(ACTIVATIONS)
KNOWN_INITIALIZERS = ", ".join(INITIALIZERS)

MESSAGES = [
    (MLP, {"depth": 0}, "`depth` must be a positive int. Got 0 instead."),
    (MLP, {"depth": -3}, "`depth` must be a positive int. Got -3 instead."),
    (MLP, {"depth": 2.0}, "`depth` must be a positive int. Got 2.0 instead."),
    (MLP, {"depth": True}, "`depth` must be a positive int. Got True instead."),
    (MLP, {"width": 0}, "`width` must be a positive int. Got 0 instead."),
    (MLP, {"width": (4, 0)}, "`width` must be a positive int. Got 0 instead."),
    (MLP, {"width": []}, "`width` must be a positive int, or one for each hidden layer. Got [] instead."),
    (
        MLP,
        {"depth": 2, "width": (3, 4, 5)},
        "`depth` must agree with the 3 widths given. Got 2 instead. Leave one out.",
    ),
    (
        MLP,
        {"activation": "tahn"},
        f"There is no activation 'tahn'. Did you mean 'tanh' or 'hardtanh'? Known: {KNOWN_ACTIVATIONS}.",
    ),
    (MLP, {"activation": 3}, "`activation`: Input should be a valid string. Got 3 instead."),
    (MLP, {"pieces": 0}, "`pieces` must be a positive int. Got 0 instead."),
    (
        MLP,
        {"initializer": "he_norml"},
        (
            f"There is no initializer 'he_norml'. Did you mean 'he_normal' or 'he_uniform' or 'normal'? "
            f"Known: {KNOWN_INITIALIZERS}."
        ),
    ),
    (
        MLP,
        {"scale": 2.0},
        "`scale` must be left out with the initializer 'he_normal'. Got 2.0 instead.",
    ),
    (MLP, {"initializer": "normal", "scale": NAN}, "`scale` must be a finite number. Got nan instead."),
    (MLP, {"initializer": "normal", "scale": "big"}, "`scale` must be a finite number. Got 'big' instead."),
    (
        MLP,
        {"initializer": "normal", "scale": -1.0},
        "`scale` is the std of 'normal' here: `std` must be a number of at least 0. Got -1.0 instead.",
    ),
    (MLP, {"bias": "zero"}, "`bias` must be a number, 'torch_default' or 'none'. Got 'zero' instead."),
    (MLP, {"bias": NAN}, "`bias` must be a number, 'torch_default' or 'none'. Got nan instead."),
    (MLP, {"bias": "inf"}, "`bias` must be a number, 'torch_default' or 'none'. Got 'inf' instead."),
    (MLP, {"bias": True}, "`bias` must be a number, 'torch_default' or 'none'. Got True instead."),
    (MLP, {"bias": [0.1]}, "`bias` must be a number, 'torch_default' or 'none'. Got [0.1] instead."),
    (
        MLP,
        {"normalizer": "bach"},
        (
            "There is no normalizer 'bach'. Did you mean 'batch' or 'ghost_batch' or 'batch_renorm'? Known: none, "
            "batch, ghost_batch, batch_renorm, layer, rms, group, dyt."
        ),
    ),
    (
        MLP,
        {"normalizer_place": "before"},
        "`normalizer_place` must be one of 'before_activation', 'after_activation'. Got 'before' instead.",
    ),
    (MLP, {"dropout": 1.0}, "`dropout` must be a number from 0 up to, but not including, 1. Got 1.0 instead."),
    (MLP, {"dropout": -0.1}, "`dropout` must be a number from 0 up to, but not including, 1. Got -0.1 instead."),
    (MLP, {"dept": 3}, "`dept` is not a choice of MLP. Did you mean `depth`?"),
    (Optimizer, {"learning_rate": 0}, "`learning_rate` must be a positive number. Got 0 instead."),
    (Optimizer, {"learning_rate": -0.1}, "`learning_rate` must be a positive number. Got -0.1 instead."),
    (Optimizer, {"learning_rate": NAN}, "`learning_rate` must be a positive number. Got nan instead."),
    (Optimizer, {"learning_rate": INF}, "`learning_rate` must be a positive number. Got inf instead."),
    (Optimizer, {"learning_rate": "0.1"}, "`learning_rate` must be a positive number. Got '0.1' instead."),
    (
        Optimizer,
        {"method": "adm"},
        "`method` must be one of 'sgd', 'momentum', 'nesterov', 'rmsprop', 'adam', 'adamw', 'muon'. Got 'adm' instead.",
    ),
    (
        Optimizer,
        {"schedule": "cosin"},
        "`schedule` must be one of 'constant', 'linear', 'cosine', 'step'. Got 'cosin' instead.",
    ),
    (
        Optimizer,
        {"schedule": ["cosine"]},
        "`schedule` must be one of 'constant', 'linear', 'cosine', 'step'. Got ['cosine'] instead.",
    ),
    (Optimizer, {"warmup": 1}, "`warmup` must be a number from 0 up to, but not including, 1. Got 1 instead."),
    (Optimizer, {"l2": -1}, "`l2` must be a number of at least 0. Got -1 instead."),
    (Optimizer, {"l1": NAN}, "`l1` must be a number of at least 0. Got nan instead."),
    (Optimizer, {"epsilon": 0.0}, "`epsilon` must be a positive number. Got 0.0 instead."),
    (Optimizer, {"learningrate": 1}, "`learningrate` is not a choice of Optimizer. Did you mean `learning_rate`?"),
    (
        Optimizer,
        {"lr": 1},
        (
            "`lr` is not a choice of Optimizer. Known: method, learning_rate, schedule, warmup, momentum, beta1, "
            "beta2, epsilon, l2, l1."
        ),
    ),
    (Training, {"batch_size": 0}, "`batch_size` must be a positive int. Got 0 instead."),
    (Training, {"epochs": 0}, "`epochs` must be a positive int. Got 0 instead."),
    (Training, {"epochs": 1.5}, "`epochs` must be a positive int. Got 1.5 instead."),
    (
        Training,
        {"loss": "mse"},
        "`loss` must be one of 'cross_entropy', 'squared_error', 'huber', 'binary_cross_entropy'. Got 'mse' instead.",
    ),
    (Training, {"clip_norm": 0}, "`clip_norm` must be a positive number. Got 0 instead."),
    (Training, {"patience": 0}, "`patience` must be a positive int. Got 0 instead."),
    (
        Pretraining,
        {"pretraining": "rbms"},
        (
            "`pretraining` must be one of 'none', 'autoencoder', 'denoising', 'contractive', 'sparse', 'supervised', "
            "'rbm'. Got 'rbms' instead."
        ),
    ),
    (Pretraining, {"pretraining_epochs": 0}, "`pretraining_epochs` must be a positive int. Got 0 instead."),
    (Pretraining, {"pretraining_rate": 0}, "`pretraining_rate` must be a positive number. Got 0 instead."),
    (
        Pretraining,
        {"corruption": 2},
        "`corruption` must be a number from 0 up to, but not including, 1. Got 2 instead.",
    ),
    (
        Recipe,
        {"architecture": {"activation": "maxout"}, "pretraining": {"pretraining": "contractive"}},
        (
            "`activation` must make each unit of one pre-activation where `pretraining` is 'contractive'. "
            "Got 'maxout' instead. Its Jacobian has no such closed form; 'denoising' does much the same without it."
        ),
    ),
    (Recipe, {"name": 3}, "`name`: Input should be a valid string. Got 3 instead."),
    (Recipe, {"nam": "x"}, "`nam` is not a choice of Recipe. Did you mean `name`?"),
    (
        Recipe,
        {"architecture": 3},
        "`architecture` must be an MLP, a Conv, or the choices of one. Got 3 instead.",
    ),
    (
        Recipe,
        {"architecture": {"kind": "cnn"}},
        "There is no kind of architecture 'cnn'. Did you mean 'conv'? Known: mlp, conv.",
    ),
    (Recipe, {"architecture": {"kind": "conv", "kernel": 0}}, "`kernel` must be a positive int. Got 0 instead."),
    (
        Recipe,
        {"name": "a", "architecture": {"kind": "conv"}, "pretraining": {"pretraining": "rbm"}},
        (
            "`pretraining` of 'a' must be 'none' where `kind` is 'conv'. Got 'rbm' instead. `layerwise.pretrain` takes "
            "convolutions: hand it the network, `build(recipe, ...)`."
        ),
    ),
    (Conv, {"channels": ()}, "`channels` must be a positive int, or one for each layer. Got () instead."),
    (Conv, {"channels": [8, 0]}, "`channels` must be a positive int. Got 0 instead."),
    (Conv, {"channels": "none"}, "`channels` must be a positive int, or one for each layer. Got 'none' instead."),
    (Conv, {"dense": "wide"}, "`dense` must be a positive int. Got 'wide' instead."),
    (
        Conv,
        {"kernel": 4},
        "`kernel` must be odd. Got 4 instead. Its middle then lies on a pixel, and images keep their size.",
    ),
    (Conv, {"kernel": 3.0}, "`kernel` must be a positive int. Got 3.0 instead."),
    (Conv, {"pool": 0}, "`pool` must be a positive int. Got 0 instead."),
    (Conv, {"pol": 2}, "`pol` is not a choice of Conv. Did you mean `pool`?"),
    (
        Conv,
        {"activation": "glu"},
        (
            "`activation` must be one for channels where `kind` is 'conv'. Got 'glu' instead. It takes the gates from "
            "the last axis, which in images are columns; 'maxout' and 'crelu' can do with channels."
        ),
    ),
    (
        Conv,
        {"initializer": "identity"},
        (
            "`initializer` must be one for kernels where `kind` is 'conv'. Got 'identity' instead. It is for square "
            "matrices; 'orthogonal' keeps lengths as well."
        ),
    ),
    (
        Conv,
        {"activation": "crelu", "channels": (8, 7)},
        (
            "`channels` and `dense` must be even where the activation is 'crelu'. Got (8, 7, 64) instead. Each of its "
            "pre-activations feeds two units."
        ),
    ),
    (
        Conv,
        {"normalizer": "layer"},
        (
            "`normalizer` must be one of 'none', 'batch', 'group' where `kind` is 'conv'. Got 'layer' instead. "
            "The others normalize dense units; 'group' is layer normalization for up to 31 channels."
        ),
    ),
    (MLP, {"bias_std": -1}, "`bias_std` must be a number of at least 0. Got -1 instead."),
    (
        MLP,
        {"bias": "none", "bias_std": 0.1},
        "`bias_std` must be 0 where `bias` is 'none'. Got 0.1 instead. Give `bias` a number for them to lie around.",
    ),
    (Recipe, {"architecture": {"depth": 0}}, "`depth` must be a positive int. Got 0 instead."),
    (Recipe, {"training": {"epoch": 3}}, "`epoch` is not a choice of Training. Did you mean `epochs`?"),
]


@pytest.mark.parametrize(("kind", "choices", "message"), MESSAGES, ids=lambda value: str(value)[:40])
def test_a_wrong_choice_is_named_with_its_rule(kind, choices, message):
    with pytest.raises(InvalidInput) as caught:
        kind(**choices)
    assert str(caught.value) == message
    with pytest.raises(InvalidInput) as caught:
        kind.model_validate(choices)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        (choices, message)
        for kind, choices, message in MESSAGES
        if kind not in {Recipe, Conv} and "is not a choice" not in message
    ],
    ids=lambda value: str(value)[:40],
)
def test_replace_says_the_same(choices, message):
    with pytest.raises(InvalidInput) as caught:
        Recipe().replace(**choices)
    assert str(caught.value) == message


def test_replace_knows_its_choices():
    with pytest.raises(UnknownName) as caught:
        Recipe().replace(depth=3, depht=4)
    hint = "Did you mean 'depth' or 'epochs' or 'dropout'?"
    known = ", ".join(Conv.model_fields | Recipe().flat())
    assert str(caught.value).startswith(f"There is no choice of a recipe 'depht'. {hint} Known: ")
    assert set(str(caught.value).split("Known: ")[1][:-1].split(", ")) == set(known.split(", "))


def test_an_unknown_preset_gets_near_misses():
    with pytest.raises(UnknownName) as caught:
        preset("relu_he")
    assert str(caught.value).startswith(
        "There is no preset 'relu_he'. Did you mean 'relu_he_2015' or 'elu_he_2016' or 'conv_relu_he_2015'? Known: "
    )


def test_bad_json_is_an_error_of_ours():
    with pytest.raises(LayerwiseError, match=r"^`Recipe`: Invalid JSON: .* Got '{' instead\.$"):
        Recipe.model_validate_json("{")
    with pytest.raises(InvalidInput, match=r"^`depth` must be a positive int\. Got 0 instead\.$"):
        Recipe.model_validate_json('{"architecture": {"depth": 0}}')


def test_numpy_numbers_are_numbers():
    import numpy as np

    recipe = Recipe().replace(depth=np.int64(3), learning_rate=np.float32(0.5), width=(np.int32(4),) * 3)
    assert recipe == Recipe().replace(depth=3, learning_rate=0.5, width=(4, 4, 4))
    assert recipe.model_dump_json()
