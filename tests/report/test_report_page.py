"""The page as text: whole, self-contained, escaped."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from example_record import make_record
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise.records import ComparisonRecord
from layerwise.report import render_html
from layerwise.report._budget import within_budget
from layerwise.report._page import page_of
from layerwise.report._tables import recipe_table

HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    '" onmouseover="alert(1)" x=\'',
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;",
    "\u2028\u2029\\u003c",
]
VOID = {"meta", "link", "br", "img", "input", "hr"}
URL = re.compile(r"https?://|//[a-z]", re.IGNORECASE)


class Reader(HTMLParser):
    """Tags and attributes, the text outside scripts, and what each script holds; refuses tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        elif self.open and self.open[-1] != "style":
            self.text += data


@pytest.fixture(scope="module")
def record() -> ComparisonRecord:
    return make_record()


@pytest.fixture(scope="module")
def html(record: ComparisonRecord) -> str:
    return render_html(record)


@pytest.fixture(scope="module")
def page(html: str) -> Reader:
    return Reader(html)


def charts(page: Reader) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.scripts[0])
    return found


def test_one_file_of_at_most_5_megabytes_that_asks_for_nothing(html: str, page: Reader) -> None:
    assert html.startswith("<!doctype html>")
    assert len(html.encode()) < 5_000_000
    assert not {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object", "embed", "base", "form"}
    loading = {"src", "srcset", "action", "formaction", "poster", "data", "background"}
    assert not [(tag, attributes) for tag, attributes in page.tags if loading & set(attributes)]
    assert all(attributes["href"].startswith("#") for tag, attributes in page.tags if tag == "a")
    assert not re.search(r"@import|url\(", html[html.index("<style>") : html.index("</style>")])


def test_addresses_stand_only_in_the_bundle_and_are_names(html: str, page: Reader) -> None:
    outside = html.replace(page.scripts[1], "")
    assert not URL.search(outside)
    known = {"http://www.w3.org/", "https://vega.github.io/", "https://github.com/vega/"}
    found = set(re.findall(r"https?://[\w.]+/(?:vega/)?", page.scripts[1]))
    assert found <= known


def test_policy_names_exactly_the_scripts_that_run(page: Reader) -> None:
    (policy,) = (a["content"] for _, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    hashes = {base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in page.scripts[1:]}
    assert set(re.findall(r"'sha256-([^']+)'", policy)) == hashes
    assert not re.search(r"https?:|\*|script-src[^;]*unsafe-inline", policy)


def test_one_bundle_and_a_chart_for_every_place(html: str, page: Reader) -> None:
    assert len(page.scripts) == 3
    assert html.count("window.vegaEmbed=") == 1
    places = [attributes["data-chart"] for _, attributes in page.tags if "data-chart" in attributes]
    assert len(places) == 21
    assert set(places) == set(charts(page)["charts"])


def test_links_lead_to_sections_and_ids_are_unique(page: Reader) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {a["href"][1:] for tag, a in page.tags if tag == "a"} == {
        a["id"] for tag, a in page.tags if tag == "section"
    }


@pytest.mark.parametrize(
    "words",
    [
        "On digits, 3 of 6 arms train, in every seed",
        "97.8%",
        "97.5 to 98.0",
        "Does not train. GRD001: gradient at hidden1 is 2.7 × 10⁻¹³ of",
        "A seed counts as trained if its test accuracy is at least 53.9%: halfway from guessing (10.0%) to the best",
        "No findings for tanh_glorot_2010, relu_he_2015, relu_he_batchnorm_2015.",
        "Glorot and Bengio 2010",
        "+87.6",
        "corrected for all 15 pairs (Holm)",
        "1,149 to train on, 288 to choose with, 360 to test on",
        "64 features, 10 classes",
        "100 to 129; for the search 7 to 9",
        "layerwise 0.1.0, torch 2.13.0, python 3.11.2",
        "data order is shared by the arms, seed by seed",
        "The charts need JavaScript; the tables do not.",
    ],
)
def test_words_of_the_page(page: Reader, words: str) -> None:
    assert words in " ".join(page.text.split())


def test_same_record_same_page(record: ComparisonRecord, html: str) -> None:
    assert render_html(record) == html


def test_hostile_names_are_text_everywhere() -> None:
    record = make_record(HOSTILE)
    record = replace(
        record, command=HOSTILE[0], notes=(HOSTILE[1],), device=HOSTILE[2], data=replace(record.data, name=HOSTILE[0])
    )
    html = render_html(record)
    page = Reader(html)
    assert len(page.scripts) == 3
    assert not {"img", "b"} & {tag for tag, _ in page.tags}
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert charts(page)["arms"] == HOSTILE
    for name in HOSTILE:
        assert name in page.text
    assert "<" not in page.scripts[0]


@settings(max_examples=4, deadline=None)
@given(name=st.text(min_size=1, max_size=30))
def test_any_name_survives(name: str) -> None:
    page = Reader(render_html(make_record([name], n_seeds=2, histograms=False)))
    assert charts(page)["arms"] == [name]


@pytest.mark.parametrize(
    ("n_arms", "metric"), [(1, "test_accuracy"), (2, "test_accuracy"), (1, "test_r2"), (2, "test_r2")]
)
def test_fewer_arms_and_other_metrics(n_arms: int, metric: str) -> None:
    record = make_record([f"arm{n}" for n in range(n_arms)], n_seeds=2, metric=metric, histograms=False)
    page = Reader(render_html(record))
    sections = {attributes["id"] for tag, attributes in page.tags if tag == "section"}
    assert "activations" not in sections
    assert ("pairs" in sections) == (n_arms > 1)
    assert ("R2" in page.text) == (metric == "test_r2")
    assert ("classes" in page.text) == (metric == "test_accuracy")


def test_bare_record_still_is_a_page() -> None:
    record = make_record(["a", "b"], n_seeds=2, histograms=False)
    bare = [
        replace(arm, test_accuracy=None, n_seeds=0, runs=(), curves=(), trials=(), findings=()) for arm in record.arms
    ]
    page = Reader(render_html(replace(record, arms=tuple(bare), pairs=(), notes=(), interrupted=True)))
    assert not charts(page)["charts"]
    assert "no run has ended: there is nothing to compare." in page.text
    assert "It was interrupted" in page.text


def test_many_arms_stay_below_5_megabytes_and_the_page_says_what_is_missing() -> None:
    record = make_record(n_seeds=2)
    arms = tuple(replace(record.arms[place % 6], name=f"arm{place}") for place in range(90))
    html = render_html(replace(record, arms=arms, pairs=()))
    assert len(html.encode()) < 5_000_000
    assert "Left out, to keep the page small: Activations, layer by layer." in html


def test_budget_drops_the_largest_first(record: ComparisonRecord) -> None:
    sections = list(page_of(record).sections)
    kept, left_out = within_budget(sections, 300_000)
    assert left_out
    assert left_out[0].name == "activations"
    assert [section for section in sections if section not in left_out] == kept
    assert within_budget(sections, 10**9) == (sections, [])


def test_very_many_pairs_are_cut_to_those_of_the_best() -> None:
    record = make_record(n_seeds=2, histograms=False)
    page = page_of(replace(record, pairs=record.pairs * 30))
    assert page.pairs_left_out
    assert {pair["a"] for group in page.pairs for pair in group} == {"relu_he_batchnorm_2015"}


def test_recipes_are_told_by_what_they_differ_in(record: ComparisonRecord) -> None:
    differing, shared = recipe_table(record)
    assert differing == {"activation": ["relu", "relu", "tanh", "tanh", "relu", "sigmoid"]}
    assert shared == "depth 8, width 60"


def test_user_theme_of_altair_has_no_say(record: ComparisonRecord, html: str) -> None:
    import altair as alt

    with alt.theme.enable("dark"):
        assert render_html(record) == html


def test_charts_are_imported_only_when_drawn() -> None:
    code = (
        "import sys, layerwise.report\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'altair', 'vl_convert', 'jinja2', 'pandas', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
