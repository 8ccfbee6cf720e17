"""Over seeds: shares, medians, severity, the sentence, and findings that survive everything."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs_by_hand import CHANCE, HIDDEN, STEPS, STUCK, facts, run

from layerwise.records import Finding, dump, load
from layerwise.rules import ALARM_SHARE, RULES, judge


def vanished(share, layer="hidden4", since=0, seed=0):
    values = [0.3 if step < since else 0.7 * share for step in STEPS]
    return run(STUCK, {("activation_std_between_inputs", layer): values}, seed=seed)


def finding(runs, code):
    return next(found for found in judge(runs, facts()) if found.code == code)


def test_healthy_runs_have_no_findings_and_no_runs_have_none():
    assert judge([run(seed=seed) for seed in range(30)], facts()) == ()
    assert judge([], facts()) == ()


@pytest.mark.parametrize(("ill", "severity"), [(1, "note"), (4, "note"), (5, "alarm"), (6, "alarm"), (10, "alarm")])
def test_half_of_the_seeds_make_an_alarm_and_a_single_one_a_note(ill, severity):
    runs = [vanished(1e-4, seed=seed) for seed in range(ill)] + [run(seed=seed) for seed in range(ill, 10)]
    found = finding(runs, "SIG001")
    assert ALARM_SHARE == 0.5
    assert (found.seed_fraction, found.severity) == (ill / 10, severity)


def test_value_and_step_are_those_in_the_middle_of_the_seeds_that_show_it():
    runs = [vanished(1e-4), vanished(1e-3, since=200), vanished(3e-3, since=600), run()]
    found = finding(runs, "SIG001")
    assert found.value == pytest.approx(1e-3)
    assert found.step == 200
    assert found.seed_fraction == 0.75
    assert found.threshold == 0.01


def test_between_two_middle_values_the_value_is_their_mean_and_the_step_the_earlier_one():
    found = finding([vanished(1e-3), vanished(3e-3, since=200)], "SIG001")
    assert found.value == pytest.approx(2e-3)
    assert found.step == 0


def test_the_layer_is_the_one_that_is_worst_most_often():
    runs = [vanished(1e-4, "hidden2"), vanished(1e-4, "hidden3"), vanished(1e-4, "hidden3")]
    assert finding(runs, "SIG001").layer == "hidden3"


def test_the_worst_layer_is_named_where_several_are_ill():
    ill = {("activation_std_between_inputs", layer): 1e-3 / n for n, layer in enumerate(HIDDEN, 1)}
    found = finding([run(STUCK, ill)], "SIG001")
    assert found.layer == "hidden4"
    assert found.value == pytest.approx(1e-3 / 4 / 0.7)


def test_the_source_and_the_limit_come_from_the_rule():
    found = finding([vanished(1e-4)], "SIG001")
    assert found.source == RULES["SIG001"].source
    assert found.threshold == RULES["SIG001"].threshold


TEXTS = [
    (
        {("activation_std_between_inputs", "hidden4"): 0.7 * 0.00071234},
        "SIG001",
        (
            "The signal dies out: at layer hidden4 the spread between inputs is 0.00071 of what goes in (limit 0.01), "
            "from the first step on."
        ),
    ),
    (
        {("activation_std_between_inputs", "hidden4"): [0.4, 0.4, *[0.7 * 28_411] * 8]},
        "SIG002",
        (
            "The signal explodes: at layer hidden4 the spread between inputs is 28,000 times what goes in (limit 10), "
            "from step 200 on."
        ),
    ),
    (
        {("preactivation_gradient_rms", "hidden1"): 9.2e-15, ("preactivation_gradient_rms", "output"): 1.0}
        | {("preactivation_gradient_rms", layer): 0.5 for layer in HIDDEN[1:]},
        "GRD001",
        (
            "The gradient dies out on its way back: at layer hidden1 it is 9.2e-15 of that at the output "
            "(limit 0.001), from the first step on."
        ),
    ),
    (
        {("preactivation_gradient_rms", layer): 123.0 for layer in HIDDEN}
        | {("preactivation_gradient_rms", "output"): 1},
        "GRD002",
        (
            "The gradient explodes on its way back: at layer hidden1 it is 120 times that at the output (limit 100), "
            "from the first step on."
        ),
    ),
    (
        {("saturated_fraction", "hidden2"): 0.794},
        "UNT001",
        (
            "Units are saturated: at layer hidden2, 79% of the activations lie on a flat side of the activation "
            "function (limit 50%), where hardly any gradient passes, from the first step on."
        ),
    ),
    (
        {("dead_fraction", "hidden3"): [0.1, *[0.984] * 9]},
        "UNT002",
        (
            "Units are dead: at layer hidden3, 98% of the units pass no gradient for any input of a batch (limit 69%), "
            "from step 100 on."
        ),
    ),
    (
        {("duplicate_unit_fraction", "hidden1"): 1.0},
        "UNT003",
        (
            "Units are copies of one another: at layer hidden1, 100% of the units compute just what another one "
            "computes (limit 50%), and so learn the same, from the first step on."
        ),
    ),
    (
        {("update_ratio", layer): 1e-6 for layer in (*HIDDEN, "output")},
        "UPD001",
        (
            "The steps are too small: all updates of the training added up move the weights of layer hidden1, which "
            "moves most, by 0.1% of their size at most (limit 5%)."
        ),
    ),
    (
        {("update_ratio", "output"): [2.5, *[0.01] * 9]},
        "UPD002",
        (
            "The steps are too large: in the first step an update changes the weights of layer output by 250% of their "
            "size (limit 10%), and the loss is not lower afterwards."
        ),
    ),
    (
        {},
        "LOS001",
        "The training loss does not come down: at the end it is 100% of what guessing costs (limit 90%).",
    ),
]


@pytest.mark.parametrize(("changes", "code", "text"), TEXTS, ids=[code for _, code, _ in TEXTS])
def test_the_sentence_is_for_a_reader(changes, code, text):
    assert finding([run(STUCK, changes)], code).text == text


def test_the_sentences_about_losses_that_fell_or_broke():
    fell = finding([run([9.0, 5.0, *[1.1 * CHANCE] * 8])], "LOS001")
    broke = finding([run([2.3, 2.5, math.inf], status="diverged")], "LOS002")
    assert fell.text == (
        "By its loss the network is no better than chance: the training loss came down from a bad start, but at the "
        "end it is still 110% of what guessing costs (limit 90%)."
    )
    assert broke.text == "The loss stops being a finite number: at step 300 it leaves the range of numbers."
    assert broke.value == math.inf


def test_findings_go_to_json_and_back_with_their_infinities():
    found = judge([run([2.3, math.nan], status="diverged"), run([2.3, math.inf], status="diverged")], facts())
    assert [load(Finding, dump(one)) for one in found] == list(found)


anything = st.floats(allow_nan=True, allow_infinity=True)
readings = st.lists(anything, min_size=1, max_size=10)
places = st.sampled_from(sorted({(m.quantity, m.layer) for m in run().measures}))


@given(
    changes=st.dictionaries(places, readings, max_size=6),
    losses=st.lists(anything, max_size=10),
    width=anything,
    status=st.sampled_from(["finished", "stopped_early", "diverged", "interrupted"]),
)
def test_whatever_was_measured_the_judge_answers_in_numbers_and_sentences(changes, losses, width, status):
    for found in judge([run(losses, changes, status=status), run()], facts(width=width)):
        assert found.seed_fraction == 0.5
        assert found.severity == "alarm"
        assert not math.isnan(found.value)
        assert not math.isnan(found.threshold)
        assert "{" not in found.text
        assert found.text.endswith(".")


@given(order=st.permutations(range(5)), copies=st.integers(1, 3))
def test_findings_depend_neither_on_the_order_of_seeds_nor_on_how_often_they_are_all_repeated(order, copies):
    runs = [
        vanished(share, since=since) for share, since in [(1e-4, 0), (1e-3, 100), (2e-3, 200), (5e-3, 300), (0.5, 0)]
    ]
    assert judge([runs[i] for i in order] * copies, facts())[0].code == "SIG001"
    first, again = judge(runs, facts())[0], judge([runs[i] for i in order], facts())[0]
    assert first == again
    repeated = judge(runs * copies, facts())[0]
    assert (repeated.seed_fraction, repeated.value, repeated.step) == (first.seed_fraction, first.value, first.step)


spread = st.floats(0.05, 3.0)
small = st.floats(0.0, 0.4)


@given(signal=spread, gradient=spread, saturated=small, dead=small, update=st.floats(1e-9, 0.09))
def test_whatever_a_healthy_network_looks_like_it_raises_no_alarm(signal, gradient, saturated, dead, update):
    alive = {("activation_std_between_inputs", "hidden3"): signal, ("preactivation_gradient_rms", "hidden1"): gradient}
    alive |= {("preactivation_gradient_rms", "output"): 0.5, ("update_ratio", "hidden2"): update}
    alive |= {("saturated_fraction", "hidden4"): saturated, ("dead_fraction", "hidden4"): dead}
    assert judge([run(changes=alive)], facts()) == ()
