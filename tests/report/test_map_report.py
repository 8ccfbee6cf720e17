"""A map of trainability as text, as a chart and as a page: what is shown is what was measured."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import altair as alt
import pytest
import vl_convert
from example_map import CRITICAL, DEPTHS, VARIANCES, accuracy, make_map, xi_c

from layerwise.records import Agreement
from layerwise.report import render_html, render_text
from layerwise.report._charts import map_figure
from layerwise.report._map_page import map_page
from layerwise.report._map_sentences import map_sentences

TEXT = """\
The depth to which tanh networks on mnist train follows xi_c (rank correlation
0.96 over 13 weight variances): half of what the best learn is lost at 5.0 [4.8,
5.2] xi_c, and nine tenths at 6.6 [6.1, 7.3].
xi_c is the number of layers over which the difference between two inputs fades
by a factor e. Theory gives it from the variances of weights and biases alone,
before any training; its rule is that networks train to 6 xi_c.
They train deepest at weight variance 1.5 to 2.25 (over 91 layers); the critical
line, where xi_c has no end, is at 1.76.
Each network made 200 updates of sgd at rate 0.01, batches of 100, 100 units
wide, bias variance 0.05; 1 network in each cell. Multiples of xi_c, with 95%
intervals, are those of the 9 weight variances whose 6 xi_c lies inside the map.
Half is a training accuracy of 50%: halfway from guessing (10%) to the best cell
(90%). From there on a network counts as trained.
"""


@pytest.fixture(scope="module")
def record():
    return make_map()


def rows(record, kind):
    return [row for row in map_figure(record, "A map").spec["datasets"]["rows"] if row["kind"] == kind]


def test_the_text_begins_with_the_finding(record):
    assert render_text(record).startswith(TEXT)


def test_the_text_fits_80_columns_and_shows_every_cell(record):
    lines = render_text(record).splitlines()
    assert max(map(len, lines)) <= 80
    shown = [line for line in lines if re.match(r"depth \d", line)]
    assert [line.split()[1] for line in shown] == [str(depth) for depth in reversed(DEPTHS)]
    for line, depth in zip(shown, reversed(DEPTHS), strict=True):
        cells = line.replace("*", " ").split()[2:]
        assert cells == [f"{100 * accuracy(depth, variance):.0f}" for variance in VARIANCES]


def test_a_star_marks_the_deepest_that_six_xi_c_allows(record):
    lines = render_text(record).splitlines()
    shown = [line for line in lines if re.match(r"depth \d", line)]
    for place, variance in enumerate(VARIANCES):
        starred = [int(line.split()[1]) for line in shown if line[15 + 5 * place : 20 + 5 * place].endswith("*")]
        assert starred == [max(depth for depth in DEPTHS if depth <= 6 * xi_c(variance))]


def test_the_lines_below_the_map_are_the_columns(record):
    lines = {line[:15].strip(): line[15:].split() for line in render_text(record).splitlines()}
    assert lines["weight var."] == [f"{variance:g}" for variance in VARIANCES]
    assert lines["6 xi_c"] == [f"{6 * xi_c(variance):.0f}" for variance in VARIANCES]
    halves = [5 * xi_c(variance) for variance in VARIANCES]
    assert lines["half lost at"] == [f"{half:.0f}" if half <= 91 else ">91" for half in halves]


def test_many_variances_are_thinned_out():
    wide = make_map()
    columns = tuple(replace(wide.columns[0], weight_variance=1 + place / 100) for place in range(200))
    lines = render_text(replace(wide, columns=columns)).splitlines()
    (shown,) = [line for line in lines if line.startswith("weight var. ")]
    assert len(shown) <= 80
    assert (shown.split()[2], shown.split()[-1]) == ("1", "2.99")


def test_the_chart_is_valid_and_compiles(record):
    spec = map_figure(record, "A map").spec
    alt.LayerChart.from_dict(spec, validate=True)
    assert vl_convert.vegalite_to_vega(spec)["marks"]


def test_every_cell_is_drawn_once_and_cells_touch(record):
    cells = rows(record, "cell")
    assert len(cells) == len(DEPTHS) * len(VARIANCES)
    for cell in cells:
        assert cell["x"] < cell["variance"] < cell["x2"]
        assert cell["y"] < cell["depth"] < cell["y2"]
        assert cell["train"] == pytest.approx(100 * accuracy(cell["depth"], cell["variance"]), rel=1e-3)
    row = sorted((cell["x"], cell["x2"]) for cell in cells if cell["depth"] == 8)
    assert [end for _, end in row[:-1]] == [start for start, _ in row[1:]]


def test_the_curve_is_six_xi_c(record):
    drawn = {row["x"]: row["y"] for row in rows(record, "theory")}
    assert sorted(drawn) == sorted({*VARIANCES, CRITICAL})
    for variance in VARIANCES:
        assert drawn[variance] == pytest.approx(min(6 * xi_c(variance), 9100), rel=1e-3)
    assert [row["x"] for row in rows(record, "critical")] == [CRITICAL]


def test_points_stand_where_half_is_lost(record):
    drawn = {row["x"]: row["y"] for row in rows(record, "boundary")}
    expected = {variance: 5 * xi_c(variance) for variance in VARIANCES if 5 * xi_c(variance) <= 91}
    assert drawn == pytest.approx(expected, rel=1e-3)


def test_a_map_of_one_cell_can_be_drawn():
    whole = make_map(trained=None, lost=None)
    one = replace(whole, columns=whole.columns[:1], cells=whole.cells[:1], curve=((1.0, 63.0),), critical=None)
    assert vl_convert.vegalite_to_vega(map_figure(one, "One cell").spec)["marks"]
    assert "Too few boundaries" in render_text(one)
    assert "Too few boundaries" in render_html(one)


@pytest.mark.parametrize(("rank", "verb"), [(0.96, "follows"), (0.3, "does not follow"), (math.nan, "does not follow")])
def test_the_verb_is_the_rank_correlations(rank, verb):
    record = make_map(trained=Agreement(factor=5.0, low=4.8, high=5.2, n=9, rank_correlation=rank, n_ranked=13))
    assert f"train {verb} xi_c" in map_sentences(record)[0]
    assert f"trains {verb} ξc" in map_page(record).sections[0].figures[0].title


def test_the_page_holds_sentences_table_and_chart(record):
    page = render_html(record)
    for wanted in ("layerwise map", "train follows ξc", "half lost at", "layerwise map</code>", 'data-chart="map"'):
        assert wanted in page
    assert page.count('<tr><th scope="row"') == len(VARIANCES)
    assert "xi_c" not in page
    assert len(page) < 5_000_000


def test_names_are_text_and_never_run():
    page = render_html(make_map(command="<script>alert(1)</script>"))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
