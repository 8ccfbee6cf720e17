"""The page of a study: every seed is on it, whatever the names, however many."""

from __future__ import annotations

import json
import re

import altair as alt
import numpy as np
import pytest
from made_up_study import study

from layerwise.report import render_html
from layerwise.report._charts import seed_figures
from layerwise.report._charts._seeds import MOST_LANES, MOST_POINTS
from layerwise.report._study_text import ranked_arms

RNG = np.random.default_rng(0)
RULE = [{"better": "high", "than": "low"}]


def values(mean, n=12):
    return RNG.normal(mean, 0.02, n).clip(0, 1)


def rows(figure):
    return figure.spec["datasets"]["rows"]


@pytest.fixture(scope="module")
def record():
    return study(RULE, high=values(0.9), low=values(0.6))


def test_it_says_what_was_asked_and_found(record):
    page = render_html(record)
    text = re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL))
    for words in ("Asked: Why?", "The prediction holds: high does better than low", "p below 0.05 after Holm",
                  "12 of 12", "What this stands on", "sign-flip test", "Brown-Forsythe"):  # fmt: skip
        assert words in text
    assert 'data-chart="seeds"' in page


def test_every_seed_is_a_point(record):
    (figure,) = seed_figures(record, ranked_arms(record))
    points = [row for row in rows(figure) if row["kind"] == "seed"]
    assert len(points) == 24
    assert {(row["arm"], row["seed"]) for row in points} == {(a, s) for a in ("high", "low") for s in range(12)}
    alt.Chart.from_dict(figure.spec | {"data": {"name": "rows"}}, validate=True)


def test_of_very_many_seeds_each_is_counted_in_a_bin():
    n = MOST_POINTS
    record = study(RULE, high=values(0.9, n), low=values(0.6, n))
    (figure,) = seed_figures(record, ranked_arms(record))
    for name in ("high", "low"):
        assert sum(row["n"] for row in rows(figure) if row["kind"] == "bin" and row["arm"] == name) == n
    assert len(json.dumps(figure.spec)) < 100_000
    assert len(render_html(record)) < 5_000_000


def test_of_very_many_arms_the_best_are_drawn():
    arms = {f"a{k:03}": values(0.5 + k / 1000) for k in range(MOST_LANES + 5)}
    record = study([{"arm": "a001", "at_least": 0.1}], **arms)
    (figure,) = seed_figures(record, ranked_arms(record))
    assert len({row["arm"] for row in rows(figure)}) == MOST_LANES
    assert f"Of {MOST_LANES + 5} arms the first {MOST_LANES} are drawn." in figure.note


def test_names_are_shown_as_text():
    wicked = "<script>alert('x')</script>"
    record = study([{"arm": wicked, "at_least": 0.1}], **{wicked: values(0.9), "low": values(0.5)})
    page = render_html(record)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_study_without_a_single_value_has_a_page(record):
    from dataclasses import replace

    nan = float("nan")
    empty = [replace(arm, seeds=(), values=(), mean=nan, low=nan, high=nan, median=nan, median_low=nan, statuses={},
                     median_high=nan, std=nan, n_trained=0, learning_rate=nan) for arm in record.arms]  # fmt: skip
    page = render_html(replace(record, arms=tuple(empty), pairs=(), verdict="open", n_recorded=0))
    assert "0 of 24 members are recorded" in page


@pytest.mark.browser
@pytest.mark.slow
def test_it_is_drawn_in_a_real_browser(record, tmp_path):
    import shutil
    import subprocess

    page = tmp_path / "report.html"
    page.write_text(render_html(record))
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}", "--dump-dom",
               "--virtual-time-budget=20000", page.as_uri()]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert 'data-charts="drawn"' in done.stdout
