"""The house: rooms as the import contract lists them, each with one explicit door, none of them a lumber room."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "layerwise"
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS = {contract["id"]: contract for contract in SETTINGS["tool"]["importlinter"]["contracts"]}

PLACES = [place.strip() for line in CONTRACTS["layers"]["layers"] for place in line.split("|")]
PLANNED = {place.strip("()") for place in PLACES if place.startswith("(")}
BUILT = sorted({folder.parent.name for folder in SOURCE.glob("*/__init__.py")})
WITHOUT_TORCH = CONTRACTS["no-torch"]["source_modules"]

LUMBER = {"common", "core", "helper", "helpers", "misc", "util", "utils"}


def test_every_room_has_its_place_and_every_place_its_room():
    rooms = {place for place in PLACES if not place.startswith("(")} - {"__main__"}
    assert rooms <= set(BUILT) <= rooms | PLANNED


def test_rooms_meet_at_their_doors():
    """A private module is imported inside its own room alone: what others need, the room's `__init__` offers."""
    found = []
    for path in SOURCE.rglob("*.py"):
        room = path.relative_to(SOURCE).parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("layerwise."):
                other, *inside = node.module.split(".")[1:]
                if other != room and any(part.startswith("_") for part in inside):
                    found.append(f"{path.relative_to(SOURCE)}:{node.lineno} {node.module}")
    assert found == []


@pytest.mark.parametrize("room", BUILT)
def test_a_room_names_what_it_offers(room):
    module = import_module(f"layerwise.{room}")
    assert module.__doc__
    assert module.__all__
    assert len(set(module.__all__)) == len(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("room", BUILT)
def test_every_public_name_has_a_docstring_of_its_own(room):
    assert [name for name, value in _offered(room) if not _documented(name, value)] == []


@pytest.mark.parametrize("module", WITHOUT_TORCH)
def test_judging_showing_and_keeping_load_no_torch(module):
    code = f"import sys, pkgutil, importlib, {module} as room\n"
    code += "[importlib.import_module(m.name) for m in pkgutil.walk_packages(room.__path__, room.__name__ + '.')]\n"
    code += "print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_six_rooms_without_torch_are_those_of_the_design():
    assert {name.removeprefix("layerwise.") for name in WITHOUT_TORCH} == {
        *("_base", "records", "stats", "rules", "report", "store")
    }


def test_files_are_short():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE.rglob("*.py")}
    assert {str(path): length for path, length in lengths.items() if length >= 300} == {}
    assert median(lengths.values()) < 150


def test_there_is_no_lumber_room():
    found = [path for top in ("src", "tests", "bench", "docs") for path in (ROOT / top).rglob("*")]
    assert [str(path) for path in found if path.stem.strip("_").lower() in LUMBER] == []


def test_the_package_is_marked_as_typed():
    assert (SOURCE / "py.typed").is_file()


def _offered(room):
    module = import_module(f"layerwise.{room}")
    values = [(name, getattr(module, name)) for name in module.__all__]
    return [(name, value) for name, value in values if inspect.isclass(value) or inspect.isroutine(value)]


def _documented(name, value):
    text = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
    made_by_dataclass = text is not None and text.startswith(f"{name}(")
    return bool(text) and not made_by_dataclass
