"""The lecture as text, as charts and as a page."""

from __future__ import annotations

import re

import altair as alt
import pytest
import vl_convert
from example_lecture import make_claim, make_lecture, make_picture, pictures

from layerwise.records import Axis, LectureRecord, Marks, dump, load
from layerwise.report import claim_line, render_html, render_text
from layerwise.report._charts import picture_figure
from layerwise.report._lecture_page import lecture_page
from layerwise.report._lecture_sentences import lecture_sentences, measured


@pytest.mark.parametrize(
    "picture", list(pictures()), ids=lambda picture: "+".join(marks.kind for marks in picture.marks)
)
def test_every_kind_of_marks_is_a_valid_chart(picture):
    spec = picture_figure(picture, "one").spec
    alt.LayerChart.from_dict(spec, validate=True)
    assert vl_convert.vegalite_to_vega(spec)["marks"]


def test_a_picture_holds_its_numbers_and_no_others():
    rows = picture_figure(make_picture(), "one").spec["datasets"]["rows"]
    drawn = [(row["x"], row["y"], row["series"]) for row in rows if row["marks"] == 1]
    assert drawn == [(1, 0.1, "a"), (2, 0.5, "a"), (3, 0.9, "b")]


def test_a_zero_on_a_logarithmic_axis_is_drawn_at_its_end_and_said():
    *_, logs = pictures()
    figure = picture_figure(logs, "one")
    assert "Zeros" in figure.note
    floor = figure.spec["datasets"]["rows"][1]["y"]
    assert 0 < floor < 1e-9


def test_series_have_the_palette_in_the_order_of_their_first_appearance():
    marks = Marks(kind="points", columns={"x": (1.0, 2.0), "y": (1.0, 2.0), "series": ("second", "first")})
    text = str(picture_figure(make_picture(marks=(marks,)), "one").spec)
    assert "'domain': ['second', 'first'], 'range': ['var(--arm-0)', 'var(--arm-1)']" in text


def test_ends_of_an_axis_are_kept():
    spec = picture_figure(make_picture(), "one").spec
    domains = re.findall(r"'field': '(\w+)'[^{]*'scale': \{'domain': (\[[^]]*\])", str(spec))
    assert ("low", "[0.0, 1.0]") in domains or ("y", "[0.0, 1.0]") in domains


def test_a_bare_axis_has_no_numbers_and_words_are_typeset():
    bare = next(picture for picture in pictures() if picture.x.scale == "bare")
    text = str(picture_figure(bare, "one").spec)
    assert "'labels': False" in text
    assert "xᵢ" in text
    assert "x_i" not in text
    assert "'labels': False" not in str(picture_figure(make_picture(), "one").spec)


def test_bars_and_histograms_stand_on_zero():
    steps = next(picture for picture in pictures() if picture.marks[0].kind == "steps")
    free = make_picture(marks=steps.marks, y=Axis(title="rows"))
    spec = picture_figure(free, "one").spec
    assert spec["layer"][0]["encoding"]["y"]["scale"]["domain"][0] == 0.0


def test_a_lecture_survives_json():
    record = make_lecture()
    assert load(LectureRecord, dump(record)) == record


def test_sentences_count_the_verdicts():
    assert lecture_sentences(make_lecture()) == [
        "Of 3 claims of the lecture, 1 holds; 1 holds under a condition, or once put right; 1 does not hold.",
        "Not as the lecture says: C4.2.",
    ]


def test_sentences_say_that_it_was_stopped():
    assert "same command" in lecture_sentences(make_lecture(interrupted=True))[-1]


def test_the_text_has_a_line_for_each_claim_under_its_module():
    lines = render_text(make_lecture()).splitlines()
    assert max(map(len, lines)) <= 80
    places = [lines.index(heading) for heading in ("9.1 Training networks", "9.3 Activation functions")]
    assert lines[places[0] + 1].split()[:2] == ["C1.1", "holds"]
    assert lines[places[1] + 1].startswith("  C3.7  holds if ")


def test_a_claim_alone_is_told_in_full():
    claim = make_claim(condition="For half the square.", title="A" * 46)
    text = render_text(make_lecture(claim))
    assert max(map(len, text.splitlines())) <= 80
    for part in (claim.statement, claim.prediction, claim.decision_rule, claim.finding, claim.condition, claim.source):
        assert part in text
    assert "Both sides." in text
    assert re.search(r"^a +1 +1e-07$", text, re.MULTILINE)


def test_a_long_title_is_cut_in_its_line():
    assert len(claim_line(make_claim(title="word " * 30))) <= 80


def test_an_interval_stands_only_where_there_are_seeds():
    assert measured(make_claim()) == "difference: 2e-16"
    found = make_claim(metric="dead share", value=0.31, low=0.28, high=0.35, n_seeds=20)
    assert measured(found) == "dead share: 0.31, 95% interval 0.28 to 0.35, 20 seeds"


def test_an_interval_without_seeds_is_said_too():
    found = make_claim(metric="time, 60 rounds", value=1.2, low=1.1, high=1.3)
    assert measured(found) == "time, 60 rounds: 1.2, 95% interval 1.1 to 1.3"


def test_a_condition_is_called_so_only_where_the_claim_holds_under_it():
    names = {"holds if": "Condition", "holds": "Note", "undecided": "Note"}
    for verdict, name in names.items():
        (section,) = lecture_page(make_lecture(make_claim(verdict=verdict, condition="On rows."))).sections
        assert section.claims[0].rows[-1] == (name, "On rows.")


def test_the_page_holds_every_claim_chart_and_table():
    record = make_lecture()
    html = render_html(record)
    for claim in record.claims:
        assert f'<article class="claim" id="{claim.id}">' in html
        assert claim.command in html
    n_charts = sum(len(claim.pictures) for claim in record.claims)
    assert html.count('class="chart" data-chart="') == n_charts
    assert html.count("<caption>Both sides</caption>") == len(record.claims)
    assert "10⁻⁷" in html


def test_the_names_of_charts_are_unique():
    names = [figure.name for section in lecture_page(make_lecture()).sections for figure in section.charts]
    assert len(set(names)) == len(names) > 3


def test_too_large_pictures_are_left_out_and_said():
    n = 100_000
    many = Marks(kind="line", columns={"x": tuple(map(float, range(n))), "y": tuple(map(float, range(n)))})
    huge = make_claim("C2.5", pictures=(make_picture(marks=(many,), x=Axis(title="seed"), y=Axis(title="error")),))
    page = lecture_page(make_lecture(make_claim(), huge))
    assert page.left_out == ["pictures of C2.5"]
    assert [len(claim.figures) for section in page.sections for claim in section.claims] == [9, 0]


def test_what_stands_in_a_claim_is_shown_as_text():
    html = render_html(make_lecture(make_claim(finding="<script>alert(1)</script>")))
    assert "<script>alert(1)" not in html
