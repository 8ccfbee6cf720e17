"""What holds for every comparison: what it takes, what it gives back, and what it never does."""

from __future__ import annotations

import dataclasses
import html
import json
import math
import warnings

import numpy as np
import pytest
import torch
from tiny_comparison import tiny_comparison

from layerwise._base import InvalidInput, UnknownName
from layerwise.data import Data
from layerwise.models import PRESETS, Recipe
from layerwise.population import Fit, fit
from layerwise.records import ComparisonRecord, dump, load
from layerwise.store import read
from layerwise.studies import DEFAULT_ARMS, Comparison, _trainer, compare

TINY = {"depth": 2, "width": 8, "epochs": 1}
GOOD = PRESETS["relu_he_2015"].replace(**TINY)
TANH = PRESETS["tanh_large"].replace(**TINY)


@pytest.fixture(name="tiny", scope="module")
def _tiny():
    return tiny_comparison()


@pytest.fixture(name="record", scope="module")
def _record():
    return tiny_comparison().record


def run(arms=(GOOD, TANH), data="circles", seeds=3, learning_rates=0.3, **options):
    return compare(arms, data, seeds=seeds, learning_rates=learning_rates, progress=False, **options)


def without_seconds(record):
    found = json.loads(dump(record))
    for part in (found, *found["arms"], *(one for arm in found["arms"] for one in arm["runs"])):
        part["seconds"] = 0.0
    return found


def test_the_same_call_gives_the_same_record_but_for_the_seconds():
    first, second = (run(learning_rates=[0.1, 0.3], search_seeds=1).record for _ in range(2))
    assert without_seconds(first) == without_seconds(second)


def test_global_generators_are_left_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002
    run()
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # noqa: NPY002


def test_the_record_survives_json(record):
    assert load(ComparisonRecord, dump(record)) == record


def test_presets_may_be_named(monkeypatch):
    def caught(recipes, *_, **__):
        raise LookupError(list(recipes))

    monkeypatch.setattr(_trainer, "fit", caught)
    with pytest.raises(LookupError) as found:
        run(["relu_he_2015", TANH, "tanh_small"])
    by_value = [PRESETS["relu_he_2015"], TANH, PRESETS["tanh_small"]]
    assert found.value.args[0] == [recipe.replace(learning_rate=0.3) for recipe in by_value]


@pytest.mark.parametrize("one", [GOOD, [GOOD], (GOOD,), iter([GOOD])], ids=["recipe", "list", "tuple", "iterator"])
def test_one_recipe_is_enough(one):
    record = run(one).record
    assert [arm.name for arm in record.arms] == ["relu_he_2015"]
    assert record.pairs == ()


def test_all_presets_of_the_default_are_there():
    assert len(DEFAULT_ARMS) == 8
    assert set(DEFAULT_ARMS) <= set(PRESETS)


def test_a_pair_of_arrays_will_do():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(90, 3))
    record = run(data=(x, (x[:, 0] > 0).astype(int))).record
    assert (record.data.name, record.data.n_features, record.data.n_outputs) == ("data", 3, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arms": []}, "`recipes` must be at least one, with different names. Got [] instead."),
        (
            {"arms": [GOOD, GOOD]},
            "`recipes` must be at least one, with different names. Got ['relu_he_2015', 'relu_he_2015'] instead.",
        ),
        (
            {"arms": [GOOD, TANH.replace(name="relu_he_2015")]},
            "`recipes` must be at least one, with different names. Got ['relu_he_2015', 'relu_he_2015'] instead.",
        ),
        ({"arms": [GOOD, 3]}, "`recipes` must be recipes or names of presets. Got 3 instead."),
        ({"seeds": 0}, "`seeds` must be a positive int. Got 0 instead."),
        ({"seeds": True}, "`seeds` must be a positive int. Got True instead."),
        ({"seeds": []}, "`seeds` must be a positive int, or different ints of at least 0. Got [] instead."),
        ({"seeds": [1, 1]}, "`seeds` must be a positive int, or different ints of at least 0. Got [1, 1] instead."),
        ({"seeds": [-1]}, "`seeds` must be an int of at least 0. Got -1 instead."),
        ({"search_seeds": 0}, "`search_seeds` must be a positive int. Got 0 instead."),
        ({"chunk_size": 0}, "`chunk_size` must be a positive int. Got 0 instead."),
        ({"device": "gpu"}, "`device` must be 'cpu', 'cuda', 'cuda:<number>' or 'mps'. Got 'gpu' instead."),
    ],
    ids=str,
)
def test_bad_input_is_refused_before_anything_is_trained(options, message, monkeypatch):
    monkeypatch.setattr("layerwise.population._fit.train", lambda *_: pytest.fail("something was trained"))
    with pytest.raises(InvalidInput) as caught:
        run(**({"learning_rates": None} | options))
    assert str(caught.value) == message


def test_an_unknown_preset_gets_near_misses():
    with pytest.raises(UnknownName, match=r"There is no preset 'relu_he'\. Did you mean 'relu_he_2015'"):
        run(["relu_he"])
    with pytest.raises(UnknownName, match=r"There is no preset 'relu_he'\. Did you mean 'relu_he_2015'"):
        run("relu_he")


def test_regression_gets_squared_error_and_r2():
    record = run(data="linear_teacher", learning_rates=[0.03, 0.3], search_seeds=1).record
    assert (record.metric, record.chance) == ("test_r2", 0.0)
    for arm in record.arms:
        assert arm.recipe["training"]["loss"] == "squared_error"
        assert arm.test_accuracy is None
        assert arm.test_r2.values == tuple(one.scores["test_r2"] for one in arm.runs)
        assert arm.test_r2.median == np.median(arm.test_r2.values)
        assert [band.name for band in arm.curves] == ["validation_r2", "train_loss", "validation_loss"]
        told = {fact.name: fact.value for fact in arm.facts}
        assert (told["chance_loss"], told["loss"]) == (1.0, "squared_error")
        best = max(arm.trials, key=lambda trial: trial.score)
        assert arm.learning_rate == best.learning_rate
    assert {pair.metric for pair in record.pairs} == {"test_r2"}
    assert load(ComparisonRecord, dump(record)) == record


def test_labels_get_binary_cross_entropy_and_accuracy():
    record = run(data="multilabel", learning_rates=0.3).record
    assert record.metric == "test_accuracy"
    assert 0.5 < record.chance < 0.55  # every label is on in about half of the rows
    for arm in record.arms:
        assert arm.recipe["training"]["loss"] == "binary_cross_entropy"
        told = {fact.name: fact.value for fact in arm.facts}
        assert told["chance_loss"] == pytest.approx(math.log(2), abs=0.01)


def test_a_loss_that_fits_is_kept():
    record = run([GOOD.replace(loss="huber")], "linear_teacher", learning_rates=0.1).record
    assert record.arms[0].recipe["training"]["loss"] == "huber"
    told = {fact.name: fact.value for fact in record.arms[0].facts}
    assert told["chance_loss"] == pytest.approx(0.4247, abs=0.02)  # of a standard normal, by integration


def test_r2_is_one_minus_squared_error_over_variance():
    record = run([GOOD], "linear_teacher").record
    data = Data.create("again", *_teacher())
    for one in record.arms[0].runs:
        split = data.split(one.seed)
        y = (data.targets[split.test] - split.target_center) / split.target_scale
        # squared_error is the mean over rows (one output), so R2 = 1 - loss / variance of the test targets.
        assert one.scores["test_r2"] == pytest.approx(1 - one.scores["test_loss"] / y.var(), abs=1e-4)


def _teacher():
    from layerwise.data import linear_teacher

    teacher = linear_teacher()
    return teacher.features, teacher.targets


def test_an_arm_that_diverges_is_recorded_and_spoils_no_other():
    hot = GOOD.replace(name="hot", initializer="normal", scale=1e30)  # of one structure with GOOD: they share a batch
    assert hot.structure() == GOOD.structure().replace(name="", source="")
    together, alone = run([GOOD, hot]).record, run([GOOD]).record
    assert [one.status for one in together.arm("hot").runs] == ["diverged"] * 3
    assert together.arm("hot").n_trained == 0
    assert "LOS002" in [finding.code for finding in together.arm("hot").findings]
    for mine, theirs in zip(together.arm("relu_he_2015").runs, alone.arm("relu_he_2015").runs, strict=True):
        assert mine.status == "finished"
        assert mine.scores == pytest.approx(theirs.scores, rel=1e-3, abs=0.006)


@pytest.mark.parametrize("data", ["circles", "linear_teacher"])
def test_a_huge_learning_rate_diverges_and_is_still_a_record(data):
    result = run([GOOD, GOOD.replace(name="wide", width=16)], data, learning_rates=1e25)
    assert {one.status for arm in result.record.arms for one in arm.runs} == {"diverged"}
    assert [arm.n_trained for arm in result.record.arms] == [0, 0]
    assert all(math.isinf(arm.steps_to_target.median) for arm in result.record.arms)
    assert dump(load(ComparisonRecord, dump(result.record))) == dump(result.record)
    assert "does better than guessing" in " ".join(str(result).split())


def test_where_no_arm_learns_no_run_counts_as_trained():
    record = run([PRESETS["sigmoid_1986"].replace(epochs=1)], "circles").record
    arm = record.arms[0]
    assert arm.test_accuracy.median == pytest.approx(0.5, abs=0.01)
    assert arm.n_trained == 0
    assert set(arm.steps_to_target.values) == {math.inf}
    assert record.notes == (
        "No arm's median is above 0.525, which guessing may reach by luck, so no run counts as trained.",
    )


def test_a_listener_hears_of_both_phases():
    heard = []
    result = compare([GOOD, TANH], "circles", seeds=2, search_seeds=1, progress=heard.append)
    assert list(dict.fromkeys(stage.phase for stage in heard)) == ["search", "final"]
    chosen = {arm.name: arm.learning_rate for arm in result.record.arms}
    assert all(stage.rates == ({} if stage.phase == "search" else chosen) for stage in heard)
    for phase in ("search", "final"):
        done = [stage.progress.done for stage in heard if stage.phase == phase]
        assert done == sorted(done)
        assert done[-1] == heard[-1].progress.total * (5 / 2 if phase == "search" else 1)


@pytest.fixture
def interrupted(monkeypatch):
    """Make `fit` stop after so many runs of a phase, as Ctrl-C does."""

    def interrupt(phase, n_kept):
        def cut(recipes, data, seeds, **options):
            whole = fit(recipes, data, seeds, **options)
            if phase != ("search" if options["probe_every"] == 0 else "final"):
                return whole
            warnings.warn("Interrupted", stacklevel=2)  # as `fit` does; the record says it already
            kept = whole.runs[:n_kept]
            histograms = whole.histograms[:n_kept]
            return Fit(kept, n_planned=len(whole.runs), seconds=whole.seconds, device="cpu", histograms=histograms)

        monkeypatch.setattr(_trainer, "fit", cut)

    return interrupt


def test_what_had_ended_before_an_interruption_is_reported(interrupted):
    interrupted("final", 4)
    record = run().record
    assert record.interrupted
    assert record.notes[0] == "Interrupted: 4 of 6 final runs ended and are reported."
    assert [(arm.name, arm.n_seeds) for arm in record.arms] == [("relu_he_2015", 3), ("tanh_large", 1)]
    assert record.pairs == ()  # one common seed is no pair
    assert record.seeds == (0, 1, 2)


def test_an_arm_with_no_run_is_left_out(interrupted):
    interrupted("final", 2)
    assert [arm.name for arm in run().record.arms] == ["relu_he_2015"]


@pytest.mark.parametrize(("phase", "n_kept"), [("search", 3), ("final", 0)])
def test_with_nothing_to_show_it_stays_an_interruption(interrupted, phase, n_kept):
    interrupted(phase, n_kept)
    with pytest.raises(KeyboardInterrupt):
        run(learning_rates=[0.1, 0.3], search_seeds=2)


def test_it_is_saved_whole_and_read_again(tiny, tmp_path):
    folder = tiny.save(tmp_path / "new" / "place")
    assert folder == tmp_path / "new" / "place"
    assert sorted(path.name for path in folder.iterdir()) == ["report.html", "result.json"]
    assert read(folder) == tiny.record
    assert (folder / "report.html").read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")


def test_nothing_is_written_where_the_page_cannot_be_drawn(tiny, tmp_path, monkeypatch):
    def fail(record):
        raise ValueError("no page")

    monkeypatch.setattr("layerwise.report.render_html", fail)
    with pytest.raises(ValueError, match="no page"):
        tiny.save(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_refused_before_the_page_is_drawn(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("layerwise.report.render_html", lambda _: pytest.fail("the page was drawn"))
    (tmp_path / "file").write_text("kept")
    with pytest.raises(InvalidInput, match="must be a place that can be written to"):
        tiny.save(tmp_path / "file" / "below")
    assert (tmp_path / "file").read_text() == "kept"


def test_it_shows_itself_in_a_notebook(tiny):
    assert tiny._repr_html_() == f"<pre>{html.escape(str(tiny))}</pre>"
    assert "relu_he_2015" in str(tiny)
    assert repr(tiny) == "Comparison(relu_he_2015, tanh_large, equal_units; 6 seeds on circles)"


def test_a_hostile_name_is_escaped(tiny):
    arms = (dataclasses.replace(tiny.record.arms[0], name="<script>alert(1)</script>"), *tiny.record.arms[1:])
    hostile = Comparison(dataclasses.replace(tiny.record, arms=arms, pairs=()))
    assert "<script>" not in hostile._repr_html_()


def test_early_stopping_counts_only_steps_that_were_made():
    record = run([GOOD.replace(patience=1, epochs=12)], seeds=8, learning_rates=0.1).record
    runs = record.arms[0].runs
    assert "stopped_early" in {one.status for one in runs}
    for one, steps in zip(runs, record.arms[0].steps_to_target.values, strict=True):
        assert steps <= one.n_steps or math.isinf(steps)


def test_different_widths_are_no_matter():
    recipe = Recipe(name="funnel").replace(width=(8, 4), epochs=1)
    arm = run([recipe]).record.arms[0]
    assert arm.recipe["architecture"]["width"] == [8, 4]
    assert Recipe.model_validate(arm.recipe) == recipe.replace(learning_rate=0.3)
