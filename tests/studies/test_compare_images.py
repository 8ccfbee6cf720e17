"""Convolutional arms beside dense ones: compared, explained and kept like any other."""

from __future__ import annotations

import numpy as np
import pytest

from layerwise._base import InvalidInput
from layerwise.data import Data
from layerwise.models import PRESETS, Conv, Recipe, preset
from layerwise.records import dump, load
from layerwise.studies import compare
from layerwise.studies.study._arms import as_recipes, cross
from layerwise.studies.study._schema import study_schema

SMALL = {"channels": (3, 4), "dense": 6, "epochs": 2, "batch_size": 10}


@pytest.fixture(scope="module")
def record():
    x = np.random.default_rng(0).normal(size=(90, 1, 6, 6))
    data = Data.create("corners", x, (x[:, 0, :3, :3].mean((1, 2)) > 0).astype(int))
    arms = [PRESETS[f"conv_relu_he{kind}_2015"].replace(**SMALL) for kind in ("", "_batchnorm")]
    arms.append(preset("relu_he_2015").replace(depth=2, width=8, epochs=2))
    return compare(arms, data, seeds=3, learning_rates=0.1, progress=False).record


def test_every_arm_has_its_layers_and_its_facts(record):
    for arm, layers in zip(record.arms, (3, 3, 2), strict=True):
        names = {measure.layer for measure in arm.runs[0].measures}
        assert names == {"input", *(f"hidden{k}" for k in range(1, layers + 1)), "output"}
        facts = {fact.name: fact.value for fact in arm.facts}
        assert (facts["n_hidden_layers"], facts["width"]) == (layers, 3 if layers == 3 else 8)
        assert {measure.layer for measure in arm.predicted} <= names
    assert {measure.layer for measure in record.arms[0].predicted} == {"hidden1", "hidden2", "hidden3", "output"}


def test_the_record_gives_the_recipe_back(record):
    kept = load(type(record), dump(record)).arms[0].recipe
    recipe = Recipe.model_validate(kept)
    assert isinstance(recipe.architecture, Conv)
    assert recipe.flat() == PRESETS["conv_relu_he_2015"].replace(**SMALL, learning_rate=0.1).flat()


def test_pretrained_arms_can_not_become_convolutional():
    with pytest.raises(InvalidInput, match=r"^`pretraining` of 'rbm_2006' must be 'none' where `kind` is 'conv'\."):
        preset("rbm_2006").replace(kind="conv")


def test_a_study_takes_them_as_arms_and_in_grids():
    (arm,) = as_recipes([{"preset": "relu_he_2015", "kind": "conv", "channels": [8]}])
    grid = cross([arm], {"channels": [[4], [4, 4]], "pool": [1, 2]})
    assert [recipe.architecture.channels for recipe in grid] == [(4,), (4,), (4, 4), (4, 4)]
    assert grid[0].name == "relu_he_2015 channels=4 pool=1"
    assert {"depth", "width", *Conv.model_fields} <= study_schema()["properties"]["grid"]["properties"].keys()
