"""Every rule has a page, with the same parts, and the limits that the code has."""

from __future__ import annotations

from pathlib import Path

import pytest

import layerwise.rules
from layerwise._base import UnknownName
from layerwise.rules import RULES, explain
from layerwise.rules._phrase import number, percent

PAGES = Path(layerwise.rules.__file__).parent / "pages"
PARTS = ["What it sees", "Why it matters", "Limits and known false alarms", "What helps", "Source"]


def test_there_is_one_page_for_each_rule_and_no_other():
    assert {path.stem for path in PAGES.glob("*.md")} == set(RULES)


@pytest.mark.parametrize("code", list(RULES))
def test_a_page_has_its_parts_and_something_in_each(code):
    lines = RULES[code].page.splitlines()
    assert lines[0] == f"# {code}: {RULES[code].title}"
    assert [line[3:] for line in lines if line.startswith("## ")] == PARTS
    bodies = RULES[code].page.split("\n## ")[1:]
    assert all(len(body.split()) > 10 for body in bodies)
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize("code", list(RULES))
def test_a_page_names_the_limit_in_force(code):
    rule = RULES[code]
    shown = percent if rule.unit == "percent" else number
    assert f"**{shown(rule.threshold)}**" in rule.page


@pytest.mark.parametrize("code", list(RULES))
def test_explain_gives_the_page_whatever_the_capitals(code):
    assert explain(code) == explain(code.lower()) == explain(f" {code.title()} ") == RULES[code].page


def test_an_unknown_code_is_answered_with_near_misses_and_the_list():
    with pytest.raises(UnknownName) as caught:
        explain("unt04")
    message = str(caught.value)
    assert message.startswith("There is no rule 'UNT04'. Did you mean 'UNT00")
    assert message.endswith("Known: " + ", ".join(RULES) + ".")
