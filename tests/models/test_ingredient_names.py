"""Every entry of the three tables is a choice of a recipe, in JSON, in YAML, and built."""

from __future__ import annotations

import json

import pytest
import torch

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS
from layerwise.models import MLP, Recipe, build
from layerwise.models._file import read_recipe
from layerwise.normalizers import NORMALIZERS
from layerwise.records import Arm, Summary, dump, load

TABLES = {"activation": ACTIVATIONS, "initializer": INITIALIZERS, "normalizer": NORMALIZERS}
EACH = [(choice, name) for choice, table in TABLES.items() for name in table]

each = pytest.mark.parametrize(("choice", "name"), EACH)


@each
def test_it_goes_through_json(choice, name):
    recipe = Recipe().replace(**{choice: name})
    assert getattr(recipe.architecture, choice) == name
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@each
def test_it_goes_through_a_record_in_json(choice, name):
    recipe = Recipe().replace(**{choice: name})
    summary = Summary(median=0.5, low=0.25, high=0.75, values=(0.5,))
    arm = Arm(
        name="a",
        recipe=recipe.model_dump(mode="json"),
        learning_rate=0.1,
        trials=(),
        n_seeds=1,
        n_trained=1,
        trained_low=0.0,
        trained_high=1.0,
        test_accuracy=summary,
        test_r2=None,
        steps_to_target=summary,
        seconds=1.0,
        findings=(),
        curves=(),
    )
    assert Recipe.model_validate(load(Arm, dump(arm)).recipe) == recipe


@each
@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_it_is_read_from_a_file(choice, name, ending, tmp_path):
    path = tmp_path / f"mine.{ending}"
    path.write_text(f"{choice}: {name}\n" if ending == "yaml" else json.dumps({choice: name}))
    assert read_recipe(path) == Recipe(name="mine").replace(**{choice: name})


@each
def test_it_is_built_as_wide_as_the_recipe_says(choice, name):
    recipe = Recipe().replace(**{choice: name}, width=(6, 4), pieces=3)
    net = build(recipe, 5, 2, torch.Generator().manual_seed(0)).eval()
    x = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    for place, width in enumerate((6, 4), start=1):
        assert net[: list(net._modules).index(f"activation{place}") + 1](x).shape == (3, width)
    assert net(x).shape == (3, 2)
    found = [net.get_submodule(f"linear{place}").out_features for place in (1, 2)]
    assert found == list(recipe.architecture.preactivations)


@pytest.mark.parametrize(
    ("activation", "preactivations"), [("relu", (6, 4)), ("glu", (12, 8)), ("maxout", (18, 12)), ("crelu", (3, 2))]
)
def test_preactivations_by_hand(activation, preactivations):
    assert MLP(width=(6, 4), pieces=3, activation=activation).preactivations == preactivations


@pytest.mark.parametrize("width", [7, (6, 5)])
def test_crelu_wants_an_even_width(width):
    with pytest.raises(InvalidInput) as caught:
        Recipe().replace(activation="crelu", width=width)
    assert str(caught.value) == (
        f"`width` must be even where the activation is 'crelu'. Got {width} instead. "
        "Each of its pre-activations feeds two units."
    )
