"""A pre-training as text, as charts, as images and as a page: what is shown is what was measured."""

from __future__ import annotations

import base64
import json
import math
import re
import struct
import zlib
from dataclasses import replace

import altair as alt
import numpy as np
import pytest
import vl_convert
from example_pretraining import N_FILTERS, N_PICTURES, make_pretraining, make_verdict
from hypothesis import given
from hypothesis import strategies as st

from layerwise.records import CodeMap, DataSummary, LabelCurves, VerdictRecord, dump, load
from layerwise.report import render_html, render_text
from layerwise.report._charts import (
    code_figure,
    depth_figure,
    error_figure,
    label_curve_figures,
    layer_curve_figures,
    tuning_figures,
)
from layerwise.report._png import png
from layerwise.report._pretraining_page import pretraining_page
from layerwise.report._pretraining_sentences import pretraining_sentences

TEXT = """\
2 numbers per image: squared error 2.80 per image on 359 test images; PCA with 2
components: 3.50; the mean image: 4.67.
Trained one after the other, the layers reach 4.00; 3 epochs of training all of
them together then lead to 2.80. That is 20% less than PCA, the best linear code
of that size.
The encoder is 64-20-2 with sigmoid units. Each layer was pre-trained (rbm) on
what the layers below make of 1,294 training images, for 2 epochs at rate 0.1,
in batches of 100.
Squared error: (input - reconstruction) squared, summed over the 64 pixels from
0 (black) to 1 (white), mean over test images.

layer    units  objective  epochs  rate   own error  to here    PCA
-------------------------------------------------------------------
linear1     20        rbm       2   0.1  45.8 to 16    0.500  0.100
linear2      2        rbm       2   0.1  45.8 to 16     4.00   3.50

Own error: of what the layer itself reads, on training rows kept back, before
and after (cross-entropy, nats). To here: squared error of test rows through
this layer and those below, and back, layer by layer alone. PCA: the same with
as many components as the layer has units."""


NOTE = "The network was pre-trained once."


@pytest.fixture(scope="module")
def record():
    return make_pretraining()


@pytest.fixture(scope="module")
def judged():
    return make_pretraining(verdict=make_verdict())


def rows(figure):
    return figure.spec["datasets"]["rows"]


def figures(record):
    alone = (error_figure(record), depth_figure(record), code_figure(record))
    return (*alone, *layer_curve_figures(record), *tuning_figures(record))


def decoded(content):
    """Return the pixels of a PNG file, [row, column, channel], by a reader that knows no filters."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    parts, place = {}, 8
    while place < len(content):
        (size,) = struct.unpack_from(">I", content, place)
        name, inside = content[place + 4 : place + 8], content[place + 8 : place + 8 + size]
        assert struct.unpack_from(">I", content, place + 8 + size)[0] == zlib.crc32(name + inside)
        parts[name], place = inside, place + 12 + size
    width, height, depth, color = struct.unpack_from(">IIBB", parts[b"IHDR"])
    assert depth == 8
    assert b"IEND" in parts
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not lines[:, 0].any()
    return lines[:, 1:].reshape(height, width, {0: 1, 2: 3}[color])


@given(height=st.integers(1, 5), width=st.integers(1, 5), channels=st.sampled_from([1, 3]), draw=st.data())
def test_an_image_comes_back_pixel_by_pixel(height, width, channels, draw):
    size = height * width * channels
    values = draw.draw(st.lists(st.integers(0, 255), min_size=size, max_size=size))
    pixels = decoded(png(values, (height, width, channels)))
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                assert pixels[i, j, c] == values[(c * height + i) * width + j]


def test_the_text(record):
    assert render_text(record) == TEXT


def test_the_text_fits_80_columns_and_a_verdict_stands_below(record, judged):
    text = render_text(judged)
    assert max(map(len, text.splitlines())) <= 80
    helped = "As a start for a network with labels, against a random one, over 12 seeds: with\n216 labels it helped.\n"
    assert helped in text
    assert text.replace(helped, "").startswith(TEXT)
    below = text[text.index("Did pre-training help?") :]
    assert below.count("\n") < 14
    assert below.endswith(f"(Holm). {NOTE}")
    assert re.search(r"216 +random start +90\.0 +80\.0 +\+10\.0 +\+8\.0 to \+12\.0 +0\.0005\n", below)
    assert re.search(r"216 +same histogram +90\.0 +89\.5 +\+0\.5 +-1\.5 to \+2\.5 +0\.400\n", below)


@pytest.mark.parametrize(
    ("error", "pca", "words"),
    [
        (2.8, 3.5, "That is 20% less than PCA, the best linear code of that size."),
        (4.2, 3.5, "That is 20% more than PCA, the best linear code of that size: more epochs"),
        (8.0, 2.0, "That is 4.0 times the error of PCA, the best linear code of that size: more epochs"),
        (8.0, 1e-7, "PCA of that size loses nothing."),
    ],
)
def test_a_sentence_holds_the_error_to_pca(error, pca, words):
    assert words in pretraining_sentences(make_pretraining(fine_tuned_error=error, pca_error=pca))[1]


@pytest.mark.parametrize(
    ("p_value", "difference", "words"), [(0.01, -0.1, "hurt"), (0.06, 0.1, "made no difference that shows")]
)
def test_a_sentence_says_if_it_helped(p_value, difference, words):
    judged = make_verdict()
    effects = tuple(replace(effect, p_value=p_value, difference=difference) for effect in judged.effects)
    said = pretraining_sentences(make_pretraining(verdict=replace(judged, effects=effects)))[2]
    assert said.endswith(f"over 12 seeds: with 216 labels it {words}.")


def test_without_fine_tuning_the_layers_stand_alone():
    record = make_pretraining(fine_tuning=(), fine_tuned_error=None)
    first, second = pretraining_sentences(record)[:2]
    assert first.startswith("2 numbers per image: squared error 4.00 per image")
    assert second.startswith("The layers were trained one after the other and never together.")
    assert tuning_figures(record) == ()
    assert [row["value"] for row in rows(error_figure(record))] == [4, 3.5, 4.67]


def test_every_chart_is_valid_and_compiles_and_says_what_it_shows(record):
    shown = figures(record)
    assert len({figure.name for figure in shown}) == len(shown) == 6
    for figure in shown:
        alt.LayerChart.from_dict(figure.spec, validate=True)
        assert vl_convert.vegalite_to_vega(figure.spec)["marks"]
        assert figure.title


def test_the_bars_are_the_errors(record):
    found = {row["what"]: (row["value"], row["said"]) for row in rows(error_figure(record))}
    assert found == {
        "then all layers together": (2.8, "2.80"),
        "layer by layer alone": (4, "4.00"),
        "PCA, 2 components": (3.5, "3.50"),
        "the mean image": (4.67, "4.67"),
    }


def test_lines_are_the_errors_by_depth_and_by_epoch(record):
    depth = [(row["layer"], row["series"], row["value"]) for row in rows(depth_figure(record))]
    ours, pca = "layer by layer alone", "PCA, as many components"
    assert depth == [("1: 20", ours, 0.5), ("1: 20", pca, 0.1), ("2: 2", ours, 4), ("2: 2", pca, 3.5)]
    first, second = layer_curve_figures(record)
    assert (first.title, second.title) == ("linear1: 64 to 20 units", "linear2: 20 to 2 units")
    assert [(row["epoch"], row["value"]) for row in rows(first)] == [(0, 45.8), (1, 20.5), (2, 16)]
    (tuning,) = tuning_figures(record)
    kept_back = [row["value"] for row in rows(tuning) if row.get("series") == "rows kept back"]
    assert kept_back == [4, 3.2, 3.1]
    assert [row["pca"] for row in rows(tuning) if "pca" in row] == [3.5]


def test_curves_are_medians_over_seeds_with_their_intervals(judged):
    (figure,) = label_curve_figures(judged.verdict)
    assert figure.title == "216 labels: pre-training helped"
    assert figure.note == "Learning rates: pre-trained 0.01, random start 0.01, same histogram 0.01."
    found = [(row["series"], row["epoch"], row["median"], row["low"], row["high"]) for row in rows(figure)]
    # of 12 values the third from either end bound the median, with 96% (Thompson 1936)
    assert found[:3] == [
        ("pre-trained", 0, 10, 10, 10),
        ("pre-trained", 1, 80, 80, 80),
        ("pre-trained", 2, 90, 86.5, 93.5),
    ]
    assert [row[:2] for row in found[3:]] == [
        (name, e) for name in ("random start", "same histogram") for e in (0, 1, 2)
    ]
    alt.LayerChart.from_dict(figure.spec, validate=True)
    assert vl_convert.vegalite_to_vega(figure.spec)["marks"]
    axes = figure.spec["layer"][0]["encoding"]
    assert (axes["x"]["axis"]["title"], axes["y"]["axis"]["title"]) == ("epoch", "validation accuracy (%)")


@pytest.mark.parametrize(
    ("p_value", "difference", "words"), [(0.01, -0.1, "hurt"), (0.06, 0.1, "made no difference that shows")]
)
def test_a_title_says_if_it_helped(p_value, difference, words):
    judged = make_verdict()
    effects = tuple(replace(effect, p_value=p_value, difference=difference) for effect in judged.effects)
    (figure,) = label_curve_figures(replace(judged, effects=effects))
    assert figure.title == f"216 labels: pre-training {words}"


def test_curves_of_a_regression_are_drawn_where_they_are_finite(judged):
    scores = ((-math.inf, -2.0), (-1.0, -0.5), (-1.5, -1.0))
    arms = tuple(
        replace(arm, curves=LabelCurves(epochs=(0, 1), scores=scores)) if arm.start != "random" else
        replace(arm, curves=None)
        for arm in judged.verdict.arms
    )  # fmt: skip
    (figure,) = label_curve_figures(replace(judged.verdict, metric="minus_squared_error", arms=arms))
    assert [(row["series"], row["median"], row["low"], row["high"]) for row in rows(figure)][:2] == [
        ("pre-trained", -1.5, None, -1),
        ("pre-trained", -1, -2, -0.5),
    ]
    assert {row["series"] for row in rows(figure)} == {"pre-trained", "same histogram"}
    assert figure.spec["layer"][1]["encoding"]["y"]["axis"]["title"] == "minus squared error, validation rows"


def test_a_file_without_curves_is_read_and_drawn(judged):
    verdict = replace(judged.verdict, arms=tuple(replace(arm, curves=None) for arm in judged.verdict.arms))
    text = json.loads(dump(verdict))
    for arm in text["arms"]:
        del arm["curves"]
    assert load(VerdictRecord, json.dumps(text)) == verdict
    assert label_curve_figures(verdict) == ()
    names = [section.name for section in pretraining_page(make_pretraining(verdict=verdict)).sections]
    assert names[-2:] == ["verdict", "ground"]


def test_a_difference_that_rounds_to_nothing_has_no_minus(judged):
    effects = tuple(replace(effect, difference=-1e-5, low=-1e-4) for effect in judged.verdict.effects)
    text = render_text(make_pretraining(verdict=replace(judged.verdict, effects=effects)))
    assert "+0.0" in text
    assert "-0.0 " not in text


def test_epochs_are_labeled_at_whole_numbers(record):
    for figure in (*layer_curve_figures(record), *tuning_figures(record)):
        labels = figure.spec["layer"][0]["encoding"]["x"]["axis"]["values"]
        assert labels == list(range(len(labels)))


def test_codes_are_points_and_classes_are_named_at_their_medians(record):
    points = [row for row in rows(code_figure(record)) if "name" not in row]
    assert [(row["x"], row["y"], row["class"]) for row in points] == [
        (0.1, 0.5, "0"), (0.2, 0.4, "0"), (0.9, 0.3, "1"), (0.7, 0.2, "1"),
    ]  # fmt: skip
    names = {row["name"]: (row["x"], row["y"]) for row in rows(code_figure(record)) if "name" in row}
    assert names == {"0": (pytest.approx(0.15), pytest.approx(0.45)), "1": (pytest.approx(0.8), pytest.approx(0.25))}


@pytest.mark.parametrize(
    ("method", "words"), [("pca", "hold 40% of the codes' variance"), ("t-sne", "keeps neighbors")]
)
def test_a_map_says_how_it_was_made(method, words):
    codes = CodeMap(method=method, x=(0.0, 1.0), y=(1.0, 0.0), labels=(), explained=0.4)
    figure = code_figure(make_pretraining(codes=codes, widths=(20, 5)))
    assert words in figure.note
    assert "Classes" not in figure.note
    assert "from 5 numbers to 2 by" in figure.title


def test_the_page_holds_sentences_images_tables_and_charts(judged):
    page = render_html(judged)
    addresses = re.findall(r'<img src="data:image/png;base64,([^"]+)" alt="([^"]+)"', page)
    assert len(addresses) == 4 * N_PICTURES + N_FILTERS
    first = decoded(base64.b64decode(addresses[N_PICTURES][0]))  # the first image of the second strip
    assert np.array_equal(first, np.full((8, 8, 1), 1))
    assert (
        addresses[N_PICTURES][1]
        == "then all layers together, 2 numbers: squared error 2.80 over all test images, image 1"
    )
    for wanted in ("layerwise pretrain", "2 numbers per image", "Did it help?", "random start", "1,294 to train on"):
        assert wanted in page
    for wanted in ("pre-training helped", "216 labels it helped. The same network learned", NOTE):
        assert wanted in page
    assert page.count("data-chart=") - page.count("[data-chart=") >= 7
    assert len(page) < 5_000_000


def test_rows_that_are_no_images_have_no_pictures():
    data = DataSummary(
        name="wine", kind="table", n_train=100, n_validation=11, n_test=30, n_features=13, n_outputs=3,
        scaling="each feature to [0, 1]", source="my.csv",
    )  # fmt: skip
    record = make_pretraining(data=data, image=None, pictures=(), filters=())
    assert "the mean row" in pretraining_sentences(record)[0]
    assert "13 features, which lie in [0, 1]" in pretraining_sentences(record)[3]
    sections = [section.name for section in pretraining_page(record).sections]
    assert sections == ["errors", "codes", "layers", "curves", "ground"]
    assert "data:image" not in render_html(record)


@pytest.fixture(scope="module")
def told():
    """A pre-training for labels: there is no way back."""
    layers = tuple(
        replace(
            layer, objective="supervised", reconstruction="label_cross_entropy", test_error=None,
            curves=(layer.curves[0], replace(layer.curves[1], name="label_error")),
        )
        for layer in make_pretraining().layers
    )  # fmt: skip
    return make_pretraining(
        layers=layers, pretrained_error=None, fine_tuned_error=None, fine_tuning=(), pictures=(), verdict=make_verdict()
    )


def test_layers_that_learned_labels_have_no_columns_of_what_they_give_back(told, judged):
    heading = "layer    units   objective  epochs  rate   own error\n"
    assert heading in render_text(told)
    assert "to here" not in render_text(told)
    assert "to here and back" not in render_html(told)
    assert "to here and back" in render_html(judged)


def test_it_is_said_what_pretraining_knew_and_the_others_did_not(told, judged):
    said = "(Pre-training had read the labels of 1,294 other images, which the other starts never saw.)"
    assert said in pretraining_sentences(told)[1]
    assert said in render_html(told)
    assert said not in render_html(judged)
    assert "Classes were never shown" in code_figure(judged).note
    assert code_figure(told).note.startswith("Colors are classes, which the network learned from other images.")


def test_names_are_text_and_never_run():
    page = render_html(make_pretraining(command="<script>alert(1)</script>"))
    assert "<script>alert" not in page
