"""Numbers and verdicts of a study: recounted by hand, and decided as the rule said."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_study import study
from scipy import stats as scipy_stats
from tiny_study import Canned, tiny, undisturbed

from layerwise import stats
from layerwise.records import StudyRecord, dump, load
from layerwise.report import pair_sentence, render_text, study_sentences, turned_pair, value_sentence
from layerwise.store import scores_of
from layerwise.studies.study import run_study
from layerwise.studies.study._pairs import MOST_ARMS

RNG = np.random.default_rng(1)
NOISE = RNG.normal(0, 0.01, 12)
HIGH, LOW, SAME = 0.9 + NOISE, 0.6 + NOISE[::-1], 0.9 + np.roll(NOISE, 5)


@pytest.mark.parametrize(
    ("rule", "verdict"),
    [
        ({"better": "high", "than": "low"}, "holds"),
        ({"better": "high", "than": "low", "by": 0.2}, "holds"),
        ({"better": "high", "than": "low", "by": 0.35}, "not shown"),
        ({"better": "low", "than": "high"}, "does not hold"),
        ({"better": "high", "than": "same"}, "not shown"),
        ({"better": "high", "than": "others"}, "not shown"),
        ({"better": "high", "than": ["low"], "at": 0.0001}, "not shown"),  # 12 pairs cannot give less than 2 / 2^12
        ({"arm": "high", "at_least": 0.85}, "holds"),
        ({"arm": "high", "at_least": 0.95}, "does not hold"),
        ({"arm": "high", "at_least": 0.9}, "not shown"),
        ({"arm": "low", "at_most": 0.7}, "holds"),
        ({"arm": "low", "at_most": 0.5}, "does not hold"),
        ({"arm": "low", "of": "median", "at_most": float(np.median(LOW))}, "not shown"),
        ({"arm": "high", "of": "trained", "at_least": 0.7}, "holds"),
        ({"arm": "low", "of": "trained", "at_most": 0.3}, "holds"),
        ({"arm": "low", "of": "trained", "at_least": 0.3}, "does not hold"),
        ({"alike": ["high", "same"], "within": 0.05}, "holds"),
        ({"alike": ["high", "low"], "within": 0.05}, "does not hold"),
        ({"alike": ["high", "same"], "within": 0.0001}, "not shown"),
        ({"words": "The rows of high lie above those of low."}, "open"),
    ],
    ids=str,
)
def test_each_rule(rule, verdict):
    found = study([rule], high=HIGH, low=LOW, same=SAME)
    assert found.verdict == found.decisions[0].verdict == verdict
    assert found.decisions[0].because


def test_all_rules_must_hold():
    good, bad, open_ = ({"arm": "high", "at_least": limit} for limit in (0.8, 0.95, 0.9))
    assert study([good, good], high=HIGH, low=LOW).verdict == "holds"
    assert study([good, open_], high=HIGH, low=LOW).verdict == "not shown"
    assert study([good, open_, bad], high=HIGH, low=LOW).verdict == "does not hold"


def test_a_verdict_is_open_while_members_are_missing():
    found = study([{"better": "high", "than": "low"}], missing=1, high=HIGH, low=LOW)
    assert (found.verdict, found.decisions[0].verdict) == ("open", "open")
    assert "24 of 25 members are recorded: the same command goes on." in study_sentences(found)


def test_a_loss_turns_the_direction_round():
    rule = {"better": "low", "than": "high"}
    assert study([rule], metric="test_loss", high=HIGH, low=LOW).verdict == "holds"
    assert study([rule], metric="test_loss", high=LOW, low=HIGH).verdict == "does not hold"


def test_pairs_by_hand():
    (pair,) = study([{"better": "a", "than": "b"}], a=[0.9, 0.8, 0.7, 0.9, 0.9], b=[0.5, 0.6, 0.7, 0.4, 1.0]).pairs
    delta = np.array([0.4, 0.2, 0.0, 0.5, -0.1])
    assert pair.difference == pytest.approx(delta.mean())
    assert pair.effect == pytest.approx(delta.mean() / delta.std(ddof=1))
    assert (pair.wins, pair.ties, pair.n) == (3, 1, 5)
    signs = np.array(np.meshgrid(*[[-1, 1]] * 5)).reshape(5, -1).T
    assert pair.p_value == pytest.approx(np.mean(np.abs(signs @ delta) >= abs(delta.sum()) - 1e-12))
    twin = scipy_stats.levene([0.9, 0.8, 0.7, 0.9, 0.9], [0.5, 0.6, 0.7, 0.4, 1.0], center="median").pvalue
    assert pair.spread_p == pytest.approx(twin)


def test_values_that_are_not_finite_are_left_out_of_pairs():
    (pair,) = study([{"better": "a", "than": "b"}], a=[0.9, math.inf, 0.8, 0.7], b=[0.1, 0.1, 0.1, 0.2]).pairs
    assert pair.n == 3


def test_of_many_arms_the_best_is_compared_and_what_is_named():
    values = {f"a{k:02}": 0.5 + 0.01 * k + NOISE for k in range(MOST_ARMS + 3)}
    found = study([{"better": "a01", "than": "a00"}], **values)
    pairs = {(pair.a, pair.b) for pair in found.pairs}
    assert len(pairs) == MOST_ARMS + 3
    assert ("a00", "a01") in pairs
    assert all("a14" in pair for pair in pairs - {("a00", "a01")})
    assert found.verdict == "holds"


def test_a_pair_turned_twice_is_itself():
    for pair in study([{"better": "high", "than": "low"}], high=HIGH, low=LOW, same=SAME).pairs:
        assert turned_pair(turned_pair(pair)) == pair
        assert turned_pair(pair).wins + pair.wins + pair.ties == pair.n


def test_sentences_read_well():
    found = study([{"better": "high", "than": "low"}], high=HIGH, low=LOW, same=SAME)
    apart, alike = (pair_sentence(found, pair) for pair in found.pairs[:2])
    assert apart.startswith("high does better than low (+")
    assert " points of test accuracy, 95% interval +" in apart
    assert "in 12 of 12 seeds, effect size " in apart
    assert alike.startswith("No difference between high and same is shown (")
    trained = value_sentence(found, found.arm("high"), "trained")
    assert trained.startswith("12 of 12 seeds of high trained (95% interval 76")
    sentences = study_sentences(found)
    assert sentences[:2] == ["Asked: Why?", "Predicted: So."]
    assert sentences[2].startswith("The prediction holds: high does better than low")


def test_a_spread_that_differs_is_said():
    wide = 0.8 + 20 * NOISE
    found = study([{"better": "high", "than": "wide"}], high=HIGH, wide=wide)
    said = pair_sentence(found, found.pairs[0])
    assert "high varies less from seed to seed (standard deviation 0.6 against 12.2, Brown-Forsythe p = 0.018)" in said


def test_every_line_fits_80_columns():
    names = {f"an_arm_with_a_name_that_is_much_too_long_for_a_column_{k}": 0.5 + 0.1 * k + NOISE for k in range(4)}
    text = render_text(study([{"better": list(names)[3], "than": "others"}], **names))
    assert max(map(len, text.splitlines())) <= 80


def test_a_record_goes_through_json():
    found = study([{"better": "high", "than": "low"}], high=HIGH, low=LOW, same=SAME)
    assert load(StudyRecord, dump(found)) == found


def test_the_record_is_what_the_rows_say(tmp_path):
    record = run_study(tiny(), tmp_path, engine=Canned(), progress=False).record
    rows = [row for row in undisturbed() if row.arm == 0]
    values = [scores_of(row.scores)["test_accuracy"] for row in rows]
    fast = record.arm("fast")
    assert fast.values == tuple(values)
    assert fast.mean == pytest.approx(np.mean(values))
    assert fast.median == np.median(values)
    assert fast.std == pytest.approx(np.std(values, ddof=1))
    assert fast.seconds == pytest.approx(sum(row.seconds for row in rows))
    best = max(np.median(arm.values) for arm in record.arms)
    assert record.trained_at == pytest.approx((0.5 + best) / 2)
    assert fast.n_trained == sum(value >= record.trained_at for value in values)
    assert (fast.trained_low, fast.trained_high) == (
        stats.wilson_interval(fast.n_trained, 6).low,
        stats.wilson_interval(fast.n_trained, 6).high,
    )
    raw = [
        stats.paired_difference(record.arm(a).values, record.arm(b).values, generator=np.random.default_rng(0)).p_value
        for a, b in (("fast", "slow"), ("fast", "deep"), ("slow", "deep"))
    ]
    assert [pair.p_value for pair in record.pairs] == pytest.approx(list(stats.holm(raw)))
    assert record.n_recorded == 18


def test_a_height_for_trained_may_be_given(tmp_path):
    record = run_study(tiny(trained_at=0.99), tmp_path, progress=False).record
    assert record.trained_at == pytest.approx(0.99)


def test_a_metric_may_be_whether_it_trained(tmp_path):
    study_ = tiny(metric="trained", decision={"arm": "slow", "of": "trained", "at_most": 0.9})
    record = run_study(study_, tmp_path, engine=Canned(), progress=False).record
    assert {value for arm in record.arms for value in arm.values} <= {0.0, 1.0}


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=20), st.floats(-50, 50), st.floats(0.01, 100))
def test_an_effect_knows_no_scale_and_no_origin(values, shift, scale):
    a, zero = np.array(values), np.zeros(len(values))
    if np.std(a) < 1e-3:
        return
    effect = stats.paired_effect(a, zero)
    assert stats.paired_effect(scale * a, zero).size == pytest.approx(effect.size)
    assert stats.paired_effect(a + shift, zero + shift).size == pytest.approx(effect.size, abs=1e-6)
    assert stats.paired_effect(zero, a).size == pytest.approx(-effect.size)


def test_effects_of_differences_that_are_all_the_same():
    assert stats.paired_effect([1, 2], [1, 2]).size == 0
    assert stats.paired_effect([2, 3], [1, 2]).size == math.inf
    assert stats.paired_effect([0, 1], [1, 2]).size == -math.inf
    assert math.isnan(stats.paired_effect([1], [2]).size)
