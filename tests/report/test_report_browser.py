"""The page in a real browser."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import PATH, Tab, browser
from example_map import make_map
from example_pretraining import make_pretraining, make_verdict
from example_record import make_record

from layerwise.report import render_html

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(PATH is None, reason="no Chromium on this machine"),
]
HOSTILE = "</script><img src=x onerror=\"document.title='owned'\">"
N_CHARTS = "document.querySelectorAll('[data-chart]').length"
N_DRAWN = "document.querySelectorAll('[data-chart] svg.marks').length"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
AXIS_COLOR = "getComputedStyle(document.querySelector('.role-axis-label text')).fill"


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report with space.html"
    path.write_text(render_html(make_record([HOSTILE, "[b]", "tanh", "title", "image", "relu"])), encoding="utf-8")
    return path


@pytest.fixture(autouse=True)
def quiet(tab: Tab) -> Iterator[None]:
    """No errors, no warnings, no address asked for but the page's own, whatever the test does."""
    tab.complaints.clear()
    tab.urls.clear()
    yield
    tab.evaluate("1")
    assert not tab.complaints
    assert all(url.startswith(("file:", "data:")) for url in tab.urls)


@pytest.mark.parametrize("width", [375, 1280])
def test_every_chart_is_drawn_and_nothing_sticks_out(tab: Tab, page: Path, width: int) -> None:
    assert tab.open(page, width=width) == "drawn"
    assert tab.evaluate(N_CHARTS) == tab.evaluate(N_DRAWN) == 21
    assert tab.evaluate(OVERFLOW) == 0
    assert tab.evaluate("Math.min(...[...document.querySelectorAll('svg.marks')].map(s => s.clientWidth))") > 200
    assert "undefined" not in tab.evaluate("document.body.innerText")


def test_names_are_shown_and_never_run(tab: Tab, page: Path) -> None:
    tab.open(page)
    assert tab.evaluate("document.querySelectorAll('img, script[src], iframe, object').length") == 0
    assert tab.evaluate("document.title") == "6 recipes on digits, 30 seeds each · layerwise"
    assert HOSTILE in tab.evaluate("document.querySelector('.arms').innerText")


@pytest.mark.parametrize(
    ("selector", "words"),
    [
        ("[data-chart=scores] .mark-symbol path", ["arm", "title", "seed", "1", "test accuracy (%)"]),
        ("[data-chart=scores-close] .mark-rect path", ["arm", "tanh", "median [95% interval]", "96.1% ["]),
        ("[data-chart=validation-accuracy] .mark-symbol path", ["arm", "updates", "0", "validation accuracy (%)"]),
        ("[data-chart=preactivation-gradient-rms-start] .mark-symbol path", ["layer", "hidden1", "rms of the loss"]),
        ("[data-chart=histograms-0] .mark-rect path", ["layer", "hidden", "at the start", "mean 0.", "at the end"]),
        ("[data-chart=search] .mark-symbol path", ["learning rate", "0.001"]),
    ],
)
def test_pointer_tells_what_is_under_it(tab: Tab, page: Path, selector: str, words: list[str]) -> None:
    tab.open(page)
    said = tab.hover(selector)
    assert all(word in said for word in words), said
    assert "undefined" not in said


def test_arm_comes_forward_in_every_chart(tab: Tab, page: Path) -> None:
    tab.open(page)
    faint = (
        "[...document.querySelectorAll('[data-chart=train-loss] .mark-line path')].map(p => +p.getAttribute('opacity'))"
    )
    assert tab.evaluate(faint) == [1] * 6
    tab.evaluate("document.querySelectorAll('#search [data-arm]')[0].click()")
    time.sleep(0.3)
    assert sorted(tab.evaluate(faint)) == [0.08] * 5 + [1]
    assert tab.evaluate("document.querySelectorAll('[aria-pressed=true]').length") == 6
    tab.evaluate("document.querySelectorAll('#curves [data-arm]')[0].click()")
    time.sleep(0.3)
    assert tab.evaluate(faint) == [1] * 6


def test_colors_follow_the_scheme_and_the_paper(tab: Tab, page: Path) -> None:
    tab.open(page)
    light = tab.evaluate(AXIS_COLOR), tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.open(page, dark=True)
    dark = tab.evaluate(AXIS_COLOR), tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert all(a != b for a, b in zip(light, dark, strict=True))
    tab.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert tab.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert tab.evaluate(AXIS_COLOR) == "rgb(68, 68, 68)"
    tab.call("Emulation.setEmulatedMedia", media="", features=[])


def test_policy_holds_where_the_escaping_should_fail(tab: Tab, page: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.html"
    attack = "<img src=x onerror=\"document.title='owned'\"><script>document.title = 'owned'</script>"
    broken.write_text(page.read_text(encoding="utf-8").replace("<main>", f"<main>{attack}"), encoding="utf-8")
    assert tab.open(broken) == "drawn"
    assert "owned" not in tab.evaluate("document.title")
    assert any("Content Security Policy" in complaint for complaint in tab.complaints)
    tab.complaints.clear()


@pytest.mark.parametrize("width", [375, 1280])
def test_a_map_is_drawn_and_nothing_sticks_out(tab: Tab, tmp_path: Path, width: int) -> None:
    path = tmp_path / "map.html"
    path.write_text(render_html(make_map()), encoding="utf-8")
    assert tab.open(path, width=width) == "drawn"
    assert tab.evaluate(N_DRAWN) == 1
    assert tab.evaluate(OVERFLOW) == 0
    ticks = "[...document.querySelectorAll('.role-axis-label text')].map(t => t.textContent).join(' ')"
    assert "1.25" in tab.evaluate(ticks)  # and not rounded to the distance between ticks


@pytest.mark.parametrize("width", [375, 1280])
def test_a_pretraining_is_drawn_and_nothing_sticks_out(tab: Tab, tmp_path: Path, width: int) -> None:
    path = tmp_path / "pretraining.html"
    path.write_text(render_html(make_pretraining(verdict=make_verdict())), encoding="utf-8")
    assert tab.open(path, width=width) == "drawn"
    assert tab.evaluate(N_CHARTS) == tab.evaluate(N_DRAWN) == 7
    assert tab.evaluate("[...document.images].every(image => image.complete && image.naturalWidth === 8)")
    assert tab.evaluate("document.images.length") == 60
    assert tab.evaluate(OVERFLOW) == 0
