"""The documentation's page of each table is written from the entries themselves."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("activations", "initializers", "normalizers")

rooms = pytest.mark.parametrize("room", ROOMS)


def catalog(room):
    return import_module(f"layerwise.{room}.catalog").CATALOG


def page(room):
    return (ROOT / "docs" / f"{room}.md").read_text(encoding="utf-8")


@rooms
def test_the_page_is_what_the_entries_say(room):
    again = f"stale: PYTHONPATH=src python -m layerwise.{room} > docs/{room}.md"
    assert page(room) == catalog(room).page() + "\n", again


@rooms
def test_the_command_at_its_top_makes_it(room):
    command = page(room).splitlines()[0].split("`")[1].split(" > ")[0].split()
    assert command[:2] == ["python", "-m"]
    done = subprocess.run([sys.executable, *command[1:]], capture_output=True, check=True, cwd=ROOT / "src")
    assert done.stdout.decode() == page(room)


@rooms
def test_the_catalog_shows_the_table_that_the_room_offers(room):
    assert catalog(room).entries is getattr(import_module(f"layerwise.{room}"), room.upper())


@rooms
def test_every_entry_has_its_row_and_its_section_with_its_source(room):
    text = page(room)
    for name, entry in catalog(room).entries.items():
        assert f"\n| {name} | " in text
        section = text.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert f"- source: {entry.citation}\n" in section + "\n" if entry.citation else name == "none"


@rooms
def test_what_stands_beside_the_table_has_its_section(room):
    for name, facts in catalog(room).further.items():
        section = page(room).partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert all(text in section for text in facts.values())


@rooms
def test_every_public_function_is_on_the_page(room):
    module = import_module(f"layerwise.{room}")
    functions = {name for name in module.__all__ if inspect.isroutine(getattr(module, name))}
    assert functions - set(re.findall(r"- call: `(\w+)\(", page(room))) == set()
