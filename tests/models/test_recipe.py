"""A recipe is a value: frozen, hashable, printable, comparable, and the same after a trip through JSON."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS
from layerwise.models import MLP, PRESETS, Optimizer, Pretraining, Recipe, Training
from layerwise.normalizers import NORMALIZERS

COUNTS = st.integers(1, 10**6)
SIZES = st.floats(1e-12, 1e12)
WIDTHS = COUNTS.map(lambda half: 2 * half)  # even, for crelu
FRACTIONS = st.floats(0, 1, exclude_max=True)
CHOICES = {
    "width": st.one_of(WIDTHS, st.lists(WIDTHS, min_size=1, max_size=5)),
    "activation": st.sampled_from(list(ACTIVATIONS)),
    "pieces": COUNTS,
    "initializer": st.sampled_from(list(INITIALIZERS)),
    "bias": st.one_of(st.floats(-9, 9), st.sampled_from(["none", "torch_default"])),
    "normalizer": st.sampled_from(list(NORMALIZERS)),
    "normalizer_place": st.sampled_from(["before_activation", "after_activation"]),
    "dropout": FRACTIONS,
    "method": st.sampled_from(["sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "muon"]),
    "learning_rate": SIZES,
    "schedule": st.sampled_from(["constant", "linear", "cosine", "step"]),
    "warmup": FRACTIONS,
    "momentum": FRACTIONS,
    "beta1": FRACTIONS,
    "beta2": FRACTIONS,
    "epsilon": SIZES,
    "l2": st.floats(0, 9),
    "l1": st.floats(0, 9),
    "batch_size": COUNTS,
    "epochs": st.none() | COUNTS,
    "loss": st.sampled_from(["cross_entropy", "squared_error", "huber", "binary_cross_entropy"]),
    "clip_norm": st.none() | SIZES,
    "patience": st.none() | COUNTS,
    "input_noise": st.floats(0, 2),
    # contractive not for all
    "pretraining": st.sampled_from(["none", "autoencoder", "denoising", "sparse", "supervised", "rbm"]),
    "pretraining_epochs": COUNTS,
    "pretraining_rate": SIZES,
    "corruption": FRACTIONS,
    "name": st.text(max_size=9),
    "source": st.text(max_size=9),
}
SOME_CHOICES = st.fixed_dictionaries({}, optional=CHOICES)


@given(SOME_CHOICES)
def test_equal_choices_make_equal_recipes_with_equal_hashes(choices):
    first, second = Recipe().replace(**choices), Recipe().replace(**copy.deepcopy(choices))
    assert first == second
    assert hash(first) == hash(second)
    assert len({first, second}) == 1


@given(SOME_CHOICES)
def test_json_gives_the_recipe_back(choices):
    recipe = Recipe().replace(**choices)
    assert Recipe.model_validate(recipe.model_dump()) == recipe
    assert Recipe.model_validate(recipe.model_dump(mode="json")) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
    assert pickle.loads(pickle.dumps(recipe)) == recipe


@given(SOME_CHOICES, SOME_CHOICES)
def test_diff_is_exactly_what_replace_needs(mine, theirs):
    a, b = Recipe().replace(**mine), Recipe().replace(**theirs)
    changed = {name: value for name, (_, value) in a.diff(b).items()}
    assert a.replace(**changed).flat() == b.flat()
    assert {name: (x, y) for name, (y, x) in b.diff(a).items()} == a.diff(b)
    assert a.diff(a) == {}


@given(SOME_CHOICES)
def test_what_is_replaced_is_what_is_read_and_the_rest_stays(choices):
    before, after = Recipe().flat(), Recipe().replace(**choices).flat()
    for name, value in after.items():
        if name == "depth" and isinstance(choices.get("width"), list):
            assert value == len(choices["width"])
        elif name in choices:
            given_value = choices[name]
            assert value == (tuple(given_value) if isinstance(given_value, list) else given_value)
        else:
            assert value == before[name]


@given(SOME_CHOICES)
def test_a_recipe_prints_as_one_line_that_names_it(choices):
    recipe = Recipe().replace(**(choices | {"name": "mine"}))
    assert str(recipe).startswith("mine: MLP ")
    assert recipe.architecture.activation in str(recipe)
    assert f"{recipe.optimizer.learning_rate:g}" in str(recipe)
    assert "\n" not in str(recipe)


def test_it_prints_what_sets_it_apart():
    recipe = Recipe(name="a").replace(
        depth=3,
        width=5,
        activation="tanh",
        initializer="normal",
        scale=0.5,
        normalizer="batch",
        dropout=0.25,
        method="adam",
        learning_rate=0.001,
        schedule="cosine",
        l2=0.1,
        epochs=7,
        clip_norm=1.0,
        patience=4,
        input_noise=0.2,
    )
    assert str(recipe) == (
        "a: MLP 3x5 tanh, normal(0.5), batch norm before activation, dropout 0.25; adam 0.001, cosine, l2 0.1; "
        "batch 32, 7 epochs, cross_entropy, clip 1, patience 4, input noise 0.2"
    )
    early = Recipe(name="c").replace(pretraining="denoising", corruption=0.3, pretraining_epochs=4)
    assert str(early) == (
        "c: MLP 8x64 relu, he_normal; pre-trained: denoising 0.3, 4 epochs a layer at 0.1; sgd 0.1; "
        "batch 32, about 700 updates, cross_entropy"
    )
    assert "pre-trained: rbm, 10 epochs" in str(Recipe().replace(pretraining="rbm", corruption=0.3))
    assert str(Recipe(name="b").replace(width=[5, 4])).startswith("b: MLP 5-4 relu, he_normal; sgd 0.1; batch 32, ")


RECORDS = [MLP(), Optimizer(), Training(), Pretraining(), Recipe()]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_nothing_can_be_set(record):
    field = next(iter(type(record).model_fields))
    with pytest.raises(ValidationError, match="frozen"):
        setattr(record, field, "x")


def test_a_list_of_widths_is_kept_as_a_tuple_and_left_as_it_was():
    given_choices = {"width": [3, 4]}
    recipe = Recipe(architecture=given_choices)
    assert given_choices == {"width": [3, 4]}
    assert recipe.architecture.widths == (3, 4)
    assert recipe.architecture.depth == 2
    assert hash(recipe) == hash(Recipe(architecture=MLP(width=(3, 4))))


def test_diff_names_both_sides():
    a, b = Recipe(name="a"), Recipe(name="b", source="s").replace(activation="tanh", epochs=3)
    assert a.diff(b) == {"activation": ("relu", "tanh"), "epochs": (None, 3)}


def test_every_choice_has_a_name_of_its_own():
    parts = [MLP, Optimizer, Training, Pretraining]
    names = [name for part in parts for name in part.model_fields]
    assert len(names) == len(set(names))
    assert list(Recipe().flat()) == names


def test_a_new_depth_keeps_one_width():
    assert Recipe().replace(width=[5, 5]).replace(depth=3).architecture.widths == (5, 5, 5)
    assert Recipe().replace(width=5).replace(depth=3).architecture.widths == (5, 5, 5)


def test_a_new_width_keeps_the_depth():
    assert Recipe().replace(width=[5, 4, 3]).replace(width=7).architecture.widths == (7, 7, 7)
    assert Recipe().replace(depth=2, width=7).architecture.widths == (7, 7)


def test_a_depth_alone_cannot_follow_different_widths():
    with pytest.raises(InvalidInput) as caught:
        Recipe().replace(width=[5, 4]).replace(depth=3)
    assert str(caught.value) == ("`depth` can't change alone where hidden layers differ in width. Give `width` too.")
    assert Recipe().replace(width=[5, 4]).replace(depth=1, width=[5]).architecture.widths == (5,)


def test_structure_forgets_what_each_member_has_of_its_own():
    plain = Recipe(name="a", source="b")
    own = {"learning_rate": 3.0, "l2": 0.5, "l1": 0.1, "clip_norm": 2.0, "bias": 0.7, "name": "x", "source": "y"}
    assert plain.replace(**own, initializer="normal", scale=0.3).structure() == plain.structure()
    assert plain.replace(bias="torch_default").structure() == plain.structure()
    assert plain.structure().structure() == plain.structure()


@pytest.mark.parametrize(
    "choice",
    [
        {"depth": 3},
        {"width": 5},
        {"activation": "tanh"},
        {"bias": "none"},
        {"normalizer": "batch"},
        {"normalizer": "layer", "normalizer_place": "after_activation"},
        {"dropout": 0.5},
        {"method": "adam"},
        {"schedule": "cosine"},
        {"warmup": 0.1},
        {"momentum": 0.5},
        {"batch_size": 7},
        {"epochs": 2},
        {"loss": "squared_error"},
        {"patience": 3},
        {"input_noise": 0.5},
        {"pretraining": "rbm"},
        {"pretraining_epochs": 3},
        {"pretraining_rate": 0.5},
        {"corruption": 0.5},
    ],
    ids=str,
)
def test_structure_keeps_what_a_batch_must_share(choice):
    assert Recipe().replace(**choice).structure() != Recipe().structure()


def test_presets_of_one_shape_share_a_structure():
    tanh = [name for name, recipe in PRESETS.items() if recipe.architecture.activation == "tanh"]
    assert tanh == ["tanh_small", "tanh_large", "tanh_glorot_2010"]
    assert len({PRESETS[name].structure() for name in tanh}) == 1


def test_pretraining_can_be_what_there_is_an_objective_for():
    from layerwise.models._pretraining import OBJECTIVES
    from layerwise.pretraining import OBJECTIVES as OF_CODERS

    assert set(OBJECTIVES) == {"none", "rbm", *OF_CODERS}


def test_updates_of_pretraining_are_counted():
    recipe = Recipe().replace(depth=3, batch_size=32, pretraining_epochs=5)
    assert recipe.n_pretraining_steps(1079) == 0
    assert recipe.replace(pretraining="rbm").n_pretraining_steps(1079) == 3 * 5 * 34  # the last of them a short one
