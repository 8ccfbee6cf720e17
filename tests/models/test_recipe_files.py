"""A recipe in a file: what is read, and what a file that is none is answered with."""

from __future__ import annotations

import json
import re

import pytest

from layerwise._base import InvalidInput, UnknownName
from layerwise.models import PRESETS, Recipe, read_recipe


@pytest.fixture
def write(tmp_path):
    def write(text, name="mine.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refused(path):
    with pytest.raises(InvalidInput) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_yaml_starts_from_its_preset(write):
    path = write("preset: relu_he_2015\nname: deep\ndepth: 20\nactivation: gelu\n")
    assert read_recipe(path) == PRESETS["relu_he_2015"].replace(name="deep", depth=20, activation="gelu")


def test_json_is_read_too(write):
    choices = {"preset": "tanh_large", "width": [8, 4], "scale": 0.5, "epochs": None}
    path = write(json.dumps(choices), "narrow.json")
    assert read_recipe(path) == PRESETS["tanh_large"].replace(name="narrow", width=(8, 4), scale=0.5)


def test_without_a_preset_it_starts_from_the_plain_recipe(write):
    assert read_recipe(write("method: adam\n", "own.yml")) == Recipe().replace(name="own", method="adam")
    assert read_recipe(str(write("method: adam\n", "own.yml"))).name == "own"


def test_every_choice_goes_through_a_file(write):
    recipe = Recipe(name="all", source="here").replace(depth=3, dropout=0.5, bias="none", clip_norm=1.5, patience=2)
    path = write(json.dumps({"name": "all", "source": "here", **recipe.flat()}))
    assert read_recipe(path) == recipe


@pytest.mark.parametrize("text", ["1e-3", "1E-3", "+1e-3", "1.0e-3", "0.001", ".001"])
def test_numbers_with_an_exponent_are_numbers(write, text):
    assert read_recipe(write(f"learning_rate: {text}\n")).optimizer.learning_rate == 0.001


def test_a_missing_file(tmp_path):
    path = tmp_path / "no.yaml"
    assert refused(path) == f"There must be a recipe file '{path}'. There is none; is the path right?"


def test_a_folder(tmp_path):
    wanted = f"The recipe file '{tmp_path}' must be readable text in UTF-8. Got Is a directory instead."
    assert refused(tmp_path) == wanted


def test_not_text(write):
    path = write(b"\xff\xfe\x00")
    assert refused(path).startswith(f"The recipe file '{path}' must be readable text in UTF-8. Got 'utf-8' codec can't")


@pytest.mark.parametrize(
    "text",
    ["depth: [3\n", "a: b: c\n", '{"depth": 3', "born: 2020-13-45\n", "%\n", "[" * 1500, "\x07", "x: !!python/y z"],
)
def test_not_yaml(write, text):
    path = write(text)
    assert re.match(rf"The recipe file '{re.escape(str(path))}' must be YAML or JSON\. Got .+ instead\.", refused(path))


@pytest.mark.parametrize(
    ("text", "got"),
    [("", "nothing"), ("{}", "{}"), ("- depth: 3\n", "[{'depth': 3}]"), ("depth", "'depth'"), ("3: 4", "{3: 4}")],
)
def test_no_choices(write, text, got):
    path = write(text)
    assert refused(path) == (
        f"The recipe file '{path}' must hold lines of the form `choice: value`. Got {got} instead. "
        "For instance `preset: relu_he_2015` and `depth: 20`."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("preset: relu_he\n", "There is no preset 'relu_he'. Did you mean 'relu_he_2015'"),
        ("preset: [relu_he_2015]\n", "There is no preset ['relu_he_2015']."),
        ("depht: 3\n", "There is no choice of a recipe 'depht'. Did you mean 'depth'"),
        ("learning_rate:\n  best: 3\n", "`learning_rate` must be a positive number. Got {'best': 3} instead."),
        ("depth: 0\n", "`depth` must be a positive int. Got 0 instead."),
        ("activation: tahn\n", "There is no activation 'tahn'. Did you mean 'tanh' or 'hardtanh'?"),
        ("name: 3\n", "`name`: Input should be a valid string. Got 3 instead."),
        ("schedule: [cosine]\n", "`schedule` must be one of 'constant', 'linear', 'cosine', 'step'. Got ['cosine']"),
    ],
)
def test_wrong_choices_in_a_file(write, text, message):
    assert refused(write(text)).startswith(message)


def test_unknown_names_are_told_apart(write):
    with pytest.raises(UnknownName):
        read_recipe(write("preset: relu_he\n"))
