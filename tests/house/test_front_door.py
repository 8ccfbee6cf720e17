"""The front door: few names, each where it belongs, and nothing loaded before it is used."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest

import layerwise as lw

HEAVY = ("torch", "numpy", "pandas", "scipy", "sklearn", "pydantic", "altair", "rich", "typer", "jinja2")

HOMES = {
    "Conv": "models",
    "MLP": "models",
    "Optimizer": "models",
    "PRESETS": "models",
    "Pretraining": "models",
    "Recipe": "models",
    "Study": "studies",
    "Training": "models",
    "build": "models",
    "compare": "studies",
    "fit": "population",
    "predict": "models",
    "pretrain": "pretraining",
    "stack": "population",
    "trainability_map": "studies",
    "unstack": "population",
}
ROOMS = ("activations", "data", "initializers", "normalizers", "pretraining", "records", "stats", "theory", "tracing")


def test_every_name_is_known():
    assert sorted(lw.__all__) == sorted([*HOMES, *ROOMS])
    assert len(lw.__all__) <= 25


@pytest.mark.parametrize(("name", "room"), HOMES.items())
def test_a_name_is_the_one_in_its_room(name, room):
    home = import_module(f"layerwise.{room}")
    assert getattr(lw, name) is getattr(home, name)
    assert name in home.__all__


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_an_attribute(room):
    assert getattr(lw, room) is import_module(f"layerwise.{room}")


def test_dir_lists_names_that_are_not_loaded_yet():
    code = "import layerwise as lw; print(*dir(lw))"
    assert set(lw.__all__) < set(_python(code).split())


def test_an_unknown_name_gets_near_misses():
    with pytest.raises(AttributeError) as caught:
        lw.Recipes  # noqa: B018
    assert str(caught.value) == "module 'layerwise' has no attribute 'Recipes'. Did you mean 'Recipe'?"
    assert not hasattr(lw, "zzz")


def test_an_unknown_name_far_from_all_gets_no_hint():
    with pytest.raises(AttributeError) as caught:
        lw.zzz  # noqa: B018
    assert str(caught.value) == "module 'layerwise' has no attribute 'zzz'."


def test_import_loads_nothing_heavy_and_says_nothing():
    code = f"import sys, layerwise; print(*[name for name in {HEAVY} if name in sys.modules])"
    assert _python(code) == "\n"


def test_star_import_brings_every_name():
    code = "from layerwise import *; import layerwise; print(all(name in globals() for name in layerwise.__all__))"
    assert _python(code) == "True\n"


def _python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout
