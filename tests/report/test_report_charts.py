"""The charts: what is drawn is what was measured, and every specification is valid."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import altair as alt
import numpy as np
import pytest
import vl_convert
from example_record import LAYERS, PROFILES, make_record
from hypothesis import example, given
from hypothesis import strategies as st

from layerwise.records import Arm, Band, ComparisonRecord, Histogram, Measure, Summary
from layerwise.report._charts import (
    Figure,
    accuracy_figures,
    curve_figures,
    histogram_figures,
    layer_figures,
    search_figures,
)
from layerwise.report._charts._histogram_shape import center, edges_of_mass, outline, spread
from layerwise.report._charts._scales import LinearAxis, LogAxis

GRADIENT = ("preactivation_gradient_rms",)
EVERYTHING = (*GRADIENT, "weight_gradient_rms", "activation_std_between_inputs", "saturated_fraction", "dead_fraction")


def all_figures(record: ComparisonRecord) -> Iterator[Figure]:
    yield from accuracy_figures(record)
    yield from curve_figures(record)
    yield from histogram_figures(record)
    yield from layer_figures(record, EVERYTHING)
    yield from search_figures(record)


def rows(figure: Figure) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = figure.spec["datasets"]["rows"]
    return found


def with_arm(record: ComparisonRecord, place: int, **changes: object) -> ComparisonRecord:
    arms = list(record.arms)
    arms[place] = replace(arms[place], **changes)
    return replace(record, arms=tuple(arms))


FIGURES = list(all_figures(make_record()))


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_specification_is_valid_and_compiles(figure: Figure) -> None:
    alt.LayerChart.from_dict(figure.spec, validate=True)
    assert vl_convert.vegalite_to_vega(figure.spec)["marks"]
    assert json.loads(json.dumps(figure.spec, allow_nan=False)) == figure.spec
    assert figure.spec["width"] == "container"
    assert figure.spec["description"]
    assert figure.title


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.name)
def test_every_axis_has_a_title_and_every_tooltip_a_field_that_is_there(figure: Figure) -> None:
    titles, fields = set(), set()
    for layer in figure.spec["layer"]:
        encoding = layer["encoding"]
        for channel in ("x", "y"):
            titles.add((channel, (encoding.get(channel, {}).get("axis") or {}).get("title")))
        fields |= {tip["field"] for tip in encoding.get("tooltip", [])}
    assert any(channel == "x" and title for channel, title in titles)
    assert figure.name.startswith("scores") or any(channel == "y" and title for channel, title in titles)
    assert fields
    assert fields <= {key for row in rows(figure) for key in row}
    assert '"nearest"' not in json.dumps(figure.spec)  # Vega-Lite 6.4 then says "undefined" in every tooltip


def test_names_of_figures_are_unique_and_plain() -> None:
    names = [figure.name for figure in FIGURES]
    assert len(set(names)) == len(names) == 21
    assert all(name.replace("-", "").isalnum() for name in names)


def test_every_seed_is_a_point() -> None:
    record = make_record()
    everything, close = accuracy_figures(record)
    for arm in record.arms:
        points = [row["x"] for row in rows(everything) if row.get("arm") == arm.name and row["kind"] == "seed"]
        assert points == [float(f"{100 * value:.4g}") for value in arm.score.values]
        medians = [row for row in rows(everything) if row.get("arm") == arm.name and row["kind"] == "median"]
        assert [row["x"] for row in medians] == [pytest.approx(100 * arm.score.median, rel=1e-3)]
    assert {row["arm"] for row in rows(close)} == {p.name for p in PROFILES if p.accuracy > 0.9}


def test_points_of_one_lane_stay_in_it() -> None:
    record = with_arm(make_record(), 0, test_accuracy=Summary(median=0.5, low=0.5, high=0.5, values=(0.5,) * 400))
    lanes = {row["arm"]: [] for row in rows(accuracy_figures(record)[0]) if row["kind"] == "seed"}
    for row in rows(accuracy_figures(record)[0]):
        if row["kind"] == "seed":
            lanes[row["arm"]].append(row["y"])
    for lane in lanes.values():
        assert math.floor(min(lane)) == math.floor(max(lane))
        assert max(lane) - min(lane) <= 0.49


def test_scores_without_a_number_are_left_out() -> None:
    values = (math.nan, math.inf, 0.9)
    record = with_arm(make_record(), 5, test_accuracy=Summary(median=0.9, low=0.8, high=0.95, values=values), runs=())
    points = [
        r for r in rows(accuracy_figures(record)[0]) if r.get("arm") == record.arms[5].name and r["kind"] == "seed"
    ]
    assert [point["x"] for point in points] == [90]
    nothing = with_arm(make_record(["only"]), 0, test_accuracy=None)
    assert accuracy_figures(nothing) == ()


def test_r2_far_below_zero_does_not_stretch_the_axis() -> None:
    record = make_record(metric="test_r2")
    record = with_arm(record, 0, test_r2=replace(record.arms[0].score, values=(-1e9, *record.arms[0].score.values[1:])))
    figure = accuracy_figures(record)[0]
    assert figure.note.endswith("Seeds below -1 are not drawn.")
    assert figure.spec["layer"][0]["encoding"]["x"]["scale"]["domain"][0] > -1.2


def test_layers_show_the_middle_of_the_seeds() -> None:
    record = make_record()
    first, last = layer_figures(record, GRADIENT)
    for figure, end in ((first, 0), (last, -1)):
        for arm in record.arms:
            for layer in (*LAYERS, "output"):
                values = [
                    measure.values[end]
                    for run in arm.runs
                    for measure in run.measures
                    if measure.quantity == GRADIENT[0] and measure.layer == layer
                ]
                (row,) = (row for row in rows(figure) if row["arm"] == arm.name and row["place"] == layer)
                assert row["median"] == pytest.approx(float(np.median(values)), rel=1e-3)
                assert row["low"] == pytest.approx(float(np.quantile(values, 0.1)), rel=1e-3)
                assert row["high"] == pytest.approx(float(np.quantile(values, 0.9)), rel=1e-3)
    assert (first.note, last.note) == ("Read after 0 updates.", "Read after 1,000 updates.")
    assert first.spec["layer"][0]["encoding"]["y"]["scale"] == last.spec["layer"][0]["encoding"]["y"]["scale"]


def test_what_theory_predicts_stands_as_crosses_over_the_start_and_breaks_no_line() -> None:
    record = make_record()
    told = tuple(Measure(quantity=GRADIENT[0], layer=layer, steps=(0,), values=(1e-20,)) for layer in LAYERS)
    with_told = with_arm(record, 1, predicted=told)
    (first, last), (plain, _) = layer_figures(with_told, GRADIENT), layer_figures(record, GRADIENT)
    crosses = [row for row in rows(first) if "predicted" in row]
    assert [(row["arm"], row["place"], row["predicted"]) for row in crosses] == [
        (record.arms[1].name, layer, 1e-20) for layer in LAYERS
    ]
    assert [row for row in rows(first) if "predicted" not in row] == rows(plain)
    assert not [row for row in rows(last) if "predicted" in row]
    assert first.note == "Read after 0 updates. Crosses: what theory predicts from the initial weights alone."
    (layer,) = (one for one in first.spec["layer"] if one["mark"]["type"] == "point")
    assert layer["transform"] == [{"filter": "isValid(datum.predicted)"}]
    assert first.spec["layer"][0]["encoding"]["y"]["scale"]["domain"][0] < 1e-20


def test_zeros_and_lost_readings_on_a_logarithmic_axis() -> None:
    record = make_record()
    runs = tuple(
        replace(run, measures=tuple(replace(m, values=(0.0, *m.values[1:-1], math.nan)) for m in run.measures))
        for run in record.arms[0].runs
    )
    first, last = layer_figures(with_arm(record, 0, runs=runs), GRADIENT)
    drawn = [row for row in rows(first) if row["arm"] == record.arms[0].name]
    low = first.spec["layer"][0]["encoding"]["y"]["scale"]["domain"][0]
    assert all(row["median"] >= low > 0 and row["said"] == "0 (0 to 0)" for row in drawn)
    assert "Zeros, which a logarithmic axis cannot hold, are drawn at its lower end." in first.note
    assert not [row for row in rows(last) if row["arm"] == record.arms[0].name]
    assert "270 of 1,620 readings are not finite and left out." in last.note


def test_shares_that_are_zero_everywhere_are_no_chart() -> None:
    record = make_record(["a"])
    assert {figure.name for figure in layer_figures(record, EVERYTHING)} == {
        f"{name}-{end}"
        for name in ("preactivation-gradient-rms", "weight-gradient-rms", "activation-std-between-inputs")
        for end in ("start", "end")
    }


def test_curves_are_the_bands_and_keep_their_last_point() -> None:
    record = make_record(["a"])
    steps = tuple(range(1001))
    band = Band(name="train_loss", steps=steps, median=steps, low=steps, high=(*steps[:-1], math.nan))
    (figure,) = curve_figures(with_arm(record, 0, curves=(replace(band, median=(1.0,) * 1000 + (math.nan,)),)))
    assert [row["x"] for row in rows(figure)] == list(range(0, 1000, 9))
    assert figure.note.endswith("A line ends where the median is no longer finite.")
    (figure,) = curve_figures(with_arm(record, 0, curves=(replace(band, high=steps),)))
    assert len(rows(figure)) == 113
    assert rows(figure)[-1] | {"said": ""} == {
        "arm": "a", "x": 1000, "place": "1,000", "median": 1000, "low": 1000, "high": 1000, "said": ""
    }  # fmt: skip


def test_search_rings_the_chosen_rate() -> None:
    (figure,) = search_figures(make_record())
    chosen = {row["arm"]: row["x"] for row in rows(figure) if row["said"].endswith(", chosen")}
    assert chosen == {profile.name: profile.rate for profile in PROFILES}
    assert "2 trials without a finite score are left out." in figure.note
    no_search = with_arm(make_record(["a"]), 0, trials=())
    assert search_figures(no_search) == ()


def test_histograms_only_where_there_are_counts() -> None:
    assert histogram_figures(make_record(histograms=False)) == ()
    record = make_record(["a", "b"])
    empty = tuple(replace(h, counts=(0,) * len(h.counts)) for h in record.arms[0].histograms)
    (figure,) = histogram_figures(with_arm(record, 0, histograms=empty))
    assert (figure.title, figure.arm) == ("b", 1)
    start_only = tuple(h for h in record.arms[0].histograms if h.step == 0)
    assert histogram_figures(with_arm(record, 0, histograms=start_only))[0].note == "Grey: before training."


def test_histograms_of_a_very_deep_network_show_some_layers_with_both_ends() -> None:
    record = make_record(["a"])
    one = record.arms[0].histograms[0]
    deep = tuple(replace(one, layer=f"hidden{n}", step=step) for n in range(1, 101) for step in (0, 9))
    (figure,) = histogram_figures(with_arm(record, 0, histograms=deep))
    shown = [row["layer"] for row in rows(figure) if row.get("tip")]
    assert len(shown) == 12
    assert (shown[0], shown[-1]) == ("hidden1", "hidden100")
    assert figure.note == "Grey: before training. Color: after 9 updates. 12 of 100 layers."


def test_bounded_activation_keeps_its_whole_range() -> None:
    (figure,) = histogram_figures(make_record(["a"]))
    low, high = figure.spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert low == pytest.approx(-0.02)
    assert high == pytest.approx(1.02)


def test_outline_by_hand() -> None:
    histogram = Histogram(layer="a", step=0, low=0.0, high=4.0, counts=(4, 1, 1, 0))
    corners = [(row["x"], row["top"]) for row in outline(histogram, 2, "end", [0.0, 4.0])]
    assert corners == [(0.0, 2.92), (1.0, 2.46), (3.0, 2.0)]


COUNTS = st.lists(st.integers(0, 1000), min_size=1, max_size=60).filter(any)


@given(counts=COUNTS, low=st.floats(-100, 100), width=st.floats(0.01, 100))
def test_moments_of_a_histogram_have_a_twin(counts: list[int], low: float, width: float) -> None:
    histogram = Histogram(layer="a", step=0, low=low, high=low + width, counts=tuple(counts))
    edges = np.linspace(low, low + width, len(counts) + 1)
    sample = np.repeat((edges[1:] + edges[:-1]) / 2, counts)
    assert center(histogram) == pytest.approx(sample.mean(), abs=1e-9 * (abs(low) + width))
    assert spread(histogram) == pytest.approx(sample.std(), abs=1e-6 * (abs(low) + width))
    left, right = edges_of_mass(histogram, 0.1)
    inside = ((sample > left) & (sample < right)).mean()
    assert inside >= 0.8 - 1e-9
    assert low <= left < right <= low + width + 1e-9


@given(values=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_logarithmic_axis_holds_whatever_comes(values: list[float]) -> None:
    axis = LogAxis.over(values)
    assert 0 < axis.low < axis.high
    for value in values:
        place = axis.place(value)
        assert (place is None) == (not math.isfinite(value))
        assert place is None or axis.low <= place <= axis.high
    assert axis.n_zeros == sum(math.isfinite(value) and value < 1e-300 for value in values)
    low, high = axis.scale().to_dict()["domain"]
    assert 0 < low < high < math.inf
    assert axis.axis("title").to_dict()["title"] == "title"


@given(
    values=st.lists(st.floats(-1e300, 1e300) | st.just(math.nan), max_size=20),
    lowest=st.sampled_from([-math.inf, -1.0]),
)
@example(values=[5e-324], lowest=-math.inf)  # so small that half of it is 0
def test_plain_axis_holds_whatever_comes(values: list[float], lowest: float) -> None:
    axis = LinearAxis.over(values, lowest)
    low, high = axis.scale().to_dict()["domain"]
    assert low < high
    shown = [value for value in values if math.isfinite(value) and value >= lowest]
    assert all(low <= value <= high for value in shown)
    assert bool(axis.note()) == any(value < lowest for value in values)


def test_colors_follow_the_arm_through_every_chart() -> None:
    record = make_record()
    expected = {arm.name: f"var(--arm-{place})" for place, arm in enumerate(record.arms)}
    for figure in (*accuracy_figures(record), *curve_figures(record), *layer_figures(record, GRADIENT)):
        scales = [layer["encoding"]["color"]["scale"] for layer in figure.spec["layer"] if "color" in layer["encoding"]]
        assert scales
        assert all(dict(zip(scale["domain"], scale["range"], strict=True)) == expected for scale in scales)


def test_more_arms_than_colors_are_told_apart_by_dashes() -> None:
    arms: list[Arm] = [replace(make_record().arms[place % 6], name=f"arm{place}") for place in range(17)]
    (figure, _) = curve_figures(replace(make_record(), arms=tuple(arms)))
    line = figure.spec["layer"][1]["encoding"]
    looks = list(zip(line["color"]["scale"]["range"], map(tuple, line["strokeDash"]["scale"]["range"]), strict=True))
    assert len(set(looks)) == 17
