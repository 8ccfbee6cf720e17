"""Every number of a comparison, counted again from its runs by other means."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from scipy import stats
from tiny_comparison import tiny_comparison

from layerwise.data import circles
from layerwise.models import Recipe, predict
from layerwise.population import fit
from layerwise.records import dump


@pytest.fixture(name="tiny", scope="module")
def _tiny():
    return tiny_comparison()


@pytest.fixture(name="record", scope="module")
def _record():
    return tiny_comparison().record


@pytest.fixture
def frame(tiny):
    return tiny.frame()


def test_the_frame_has_a_row_for_each_arm_and_seed(record, frame):
    assert len(frame) == 3 * 6
    assert list(frame.columns[:6]) == ["arm", "seed", "learning_rate", "status", "n_steps", "seconds"]
    assert set(frame.columns[6:]) == {
        f"{part}_{score}" for part in ("train", "validation", "test") for score in ("accuracy", "loss")
    }
    assert list(dict.fromkeys(frame.arm)) == [arm.name for arm in record.arms]
    assert [set(rows.seed) for _, rows in frame.groupby("arm")] == [set(range(6))] * 3
    assert (frame.n_steps == 2 * (600 // 32)).all()
    assert (frame.status == "finished").all()


def test_medians_and_intervals(record, frame):
    for arm in record.arms:
        values = frame.test_accuracy[frame.arm == arm.name]
        assert arm.test_accuracy.values == tuple(values)
        assert arm.test_accuracy.median == np.median(values)
        # Six values: only (smallest, largest) covers the median with 95%, namely with 1 - 2 / 2^6.
        assert (arm.test_accuracy.low, arm.test_accuracy.high) == (values.min(), values.max())
        assert arm.test_r2 is None
        assert arm.n_seeds == 6
        assert arm.seconds == pytest.approx(frame.seconds[frame.arm == arm.name].sum())


def test_heights_follow_from_chance_and_the_best_median(record, frame):
    labels = circles().targets
    best = frame.groupby("arm").test_accuracy.median().max()
    assert record.chance == max((labels == c).mean() for c in (0, 1)) == 0.5
    assert record.trained_at == pytest.approx((0.5 + best) / 2)
    assert record.target == pytest.approx(0.5 + 0.9 * (best - 0.5))
    assert record.metric == "test_accuracy"


def test_trained_runs_are_those_at_half_the_height(record, frame):
    for arm in record.arms:
        values = frame.test_accuracy[frame.arm == arm.name]
        assert arm.n_trained == sum(value >= record.trained_at for value in values)
        share = stats.binomtest(arm.n_trained, 6).proportion_ci(method="wilson")
        assert (arm.trained_low, arm.trained_high) == pytest.approx((share.low, share.high), abs=1e-9)
    assert record.arm("relu_he_2015").n_trained == 6
    assert record.arm("equal_units").n_trained == 0


def test_steps_to_the_target_are_read_off_the_curves(record):
    for arm in record.arms:
        counted = []
        for run in arm.runs:
            curve = next(curve for curve in run.curves if curve.name == "validation_accuracy")
            reached = [step for step, value in zip(curve.steps, curve.values, strict=True) if value >= record.target]
            counted.append(min(reached, default=math.inf))
        assert list(arm.steps_to_target.values) == counted
        assert arm.steps_to_target.median == np.median(counted)


def test_bands_are_quantiles_over_seeds(record):
    for arm in record.arms:
        assert [band.name for band in arm.curves] == ["validation_accuracy", "train_loss", "validation_loss"]
        for band in arm.curves:
            values = np.array([run.curve(band.name).values for run in arm.runs])
            np.testing.assert_allclose(band.median, np.median(values, axis=0))
            np.testing.assert_allclose(band.low, np.percentile(values, 10, axis=0))
            np.testing.assert_allclose(band.high, np.percentile(values, 90, axis=0))
            assert {run.curve(band.name).steps for run in arm.runs} == {band.steps}


def test_pairs_are_paired_by_seed(record, frame):
    scores = frame.pivot_table(index="seed", columns="arm", values="test_accuracy")
    assert [(pair.a, pair.b) for pair in record.pairs] == list(itertools.combinations([a.name for a in record.arms], 2))
    for pair in record.pairs:
        delta = (scores[pair.a] - scores[pair.b]).to_numpy()
        assert pair.difference == pytest.approx(delta.mean(), abs=1e-12)
        assert pair.low <= pair.difference <= pair.high
        assert (pair.metric, pair.n) == ("test_accuracy", 6)
        theirs = stats.bootstrap((delta,), np.mean, method="BCa", rng=np.random.default_rng(1), n_resamples=9999)
        interval = theirs.confidence_interval
        assert (pair.low, pair.high) == pytest.approx((interval.low, interval.high), abs=0.2 * np.ptp(delta))


def test_p_values_are_holms_over_all_pairs(record, frame):
    scores = frame.pivot_table(index="seed", columns="arm", values="test_accuracy")
    raw = []
    for pair in record.pairs:
        delta = (scores[pair.a] - scores[pair.b]).to_numpy()
        sums = [abs(np.dot(signs, delta)) for signs in itertools.product((1, -1), repeat=6)]
        raw.append(np.mean([total >= abs(delta.sum()) - 1e-9 for total in sums]))
    corrected, largest = {}, 0.0
    for rank, place in enumerate(np.argsort(raw, kind="stable")):
        largest = max(largest, min(1.0, (len(raw) - rank) * raw[place]))
        corrected[place] = largest
    assert [pair.p_value for pair in record.pairs] == pytest.approx([corrected[i] for i in range(len(raw))])


def test_a_run_is_the_run_that_fit_gives(record):
    arm = record.arm("relu_he_2015")
    recipe = Recipe.model_validate(arm.recipe)
    assert recipe.optimizer.learning_rate == arm.learning_rate
    assert recipe.name == arm.name
    alone = fit(recipe, "circles", seeds=[4], keep_models=False, progress=False).runs[0]
    run = next(run for run in arm.runs if run.seed == 4)
    assert run.scores == pytest.approx(alone.scores, abs=0.02)
    assert run.n_steps == alone.n_steps


def test_the_ground_is_told(record):
    split = circles().split(0)
    data = record.data
    assert (data.name, data.kind, data.n_features, data.n_outputs) == ("circles", "table", 2, 2)
    assert (data.n_train, data.n_validation, data.n_test) == (600, 200, 200)
    assert data.scaling == split.summary(circles()).scaling
    assert record.seeds == (0, 1, 2, 3, 4, 5)
    assert record.device == "cpu"
    assert record.command == "layerwise compare ..."
    assert {"layerwise", "torch", "numpy", "python", "machine"} <= record.versions.keys()
    assert record.seconds >= max(run.seconds for arm in record.arms for run in arm.runs)


def test_facts_tell_the_rules_what_the_arm_is(record):
    told = {fact.name: fact.value for fact in record.arm("equal_units").facts}
    expected = {
        "activation": "tanh",
        "n_hidden_layers": 2,
        "width": 8,
        "initializer": "constant",
        "normalizer": "none",
        "loss": "cross_entropy",
        "n_outputs": 2,
        "batch_size": 32,
        "optimizer": "sgd",
        "learning_rate": record.arm("equal_units").learning_rate,
        "n_steps": 36,
    }
    assert {name: told[name] for name in expected} == expected
    assert told["chance_loss"] == pytest.approx(math.log(2))


def test_equal_units_are_found_out(record):
    codes = [finding.code for finding in record.arm("equal_units").findings if finding.severity == "alarm"]
    assert "UNT003" in codes
    assert not [finding for finding in record.arm("relu_he_2015").findings if finding.code == "UNT003"]


def test_histograms_hold_what_all_seeds_saw(record):
    arm = record.arm("tanh_large")
    assert [(one.layer, one.step) for one in arm.histograms] == [
        (layer, step) for step in (0, 35) for layer in ("hidden1", "hidden2")
    ]
    for one in arm.histograms:
        assert (one.low, one.high) == (-1.0, 1.0)
        assert sum(one.counts) == 6 * 32 * 8


def test_every_arm_says_what_theory_predicts_next_to_what_was_measured(record):
    arm = record.arm("relu_he_2015")
    recipe = Recipe.model_validate(arm.recipe)
    layers = predict(recipe, "circles", seed=arm.runs[0].seed).layers
    told = {(one.quantity, one.layer): one.values[0] for one in arm.predicted}
    names = ["hidden1", "hidden2", "output"]
    for name, layer in zip(names, layers, strict=True):
        assert told["preactivation_rms", name] == pytest.approx(layer.predicted_rms, rel=1e-6)
    first = [m.values[0] for run in arm.runs for m in run.measures
             if (m.quantity, m.layer) == ("preactivation_gradient_rms", "output")]  # fmt: skip
    assert told["preactivation_gradient_rms", "output"] == pytest.approx(float(np.median(first)), rel=1e-6)
    ratio = layers[0].predicted_gradient_rms / layers[-1].predicted_gradient_rms
    assert told["preactivation_gradient_rms", "hidden1"] == pytest.approx(ratio * float(np.median(first)), rel=1e-6)
    assert record.arm("equal_units").predicted == ()  # constant weights are not random


def test_json_has_what_is_promised(record):
    found = json.loads(dump(record))
    assert {"arms", "pairs", "versions", "device", "seeds", "command"} <= found.keys()
    for arm in found["arms"]:
        assert {"name", "recipe", "n_seeds", "n_trained", "test_accuracy", "findings", "curves"} <= arm.keys()
        assert arm["test_accuracy"].keys() == {"median", "low", "high", "values"}
    finding = next(finding for arm in found["arms"] for finding in arm["findings"])
    assert {"code", "layer", "step", "seed_fraction", "value", "threshold", "text"} <= finding.keys()
    for pair in found["pairs"]:
        assert {"a", "b", "metric", "difference", "low", "high", "p_value"} <= pair.keys()
