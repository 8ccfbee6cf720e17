"""The cause stands before what follows from it."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs_by_hand import CHANCE, HIDDEN, STUCK, facts, run

from layerwise.records import Finding
from layerwise.rules import RULES, judge
from layerwise.rules._order import PRECEDENCE, leading_first

ALL = (*HIDDEN, "output")


def everywhere(quantity, values, layers=HIDDEN):
    return {(quantity, layer): values for layer in layers}


def codes(losses, changes, **told):
    return [found.code for found in judge([run(losses, changes)], facts(**told))]


NO_SIGNAL = everywhere("activation_std_between_inputs", [1e-6] * 10)
NO_GRADIENT = everywhere("preactivation_gradient_rms", [1e-9] * 10) | {("preactivation_gradient_rms", "output"): 0.3}
LATER = [0.5, *[1e-6] * 9]
DIES_LATER = everywhere("activation_std_between_inputs", LATER) | everywhere("preactivation_gradient_rms", LATER)
BIG_FIRST_STEP = everywhere("update_ratio", [0.8, *[1e-3] * 9], ALL)


def test_a_signal_that_is_gone_from_the_start_explains_the_gradient():
    assert codes(STUCK, NO_SIGNAL | NO_GRADIENT) == ["SIG001", "GRD001", "LOS001"]


def test_a_gradient_that_is_gone_while_the_signal_is_there_leads():
    assert codes(STUCK, NO_GRADIENT) == ["GRD001", "LOS001"]


def test_units_saturated_from_the_start_explain_all_the_rest():
    full = everywhere("saturated_fraction", 0.95)
    assert codes(STUCK, full | NO_SIGNAL | NO_GRADIENT) == ["UNT001", "SIG001", "GRD001", "LOS001"]
    assert codes(STUCK, full | DIES_LATER | BIG_FIRST_STEP) == ["UNT001", "UPD002", "SIG001", "GRD001", "LOS001"]


def test_steps_too_large_come_before_the_death_and_the_saturation_that_follow():
    dies = everywhere("dead_fraction", [0.1, *[1.0] * 9])
    fills = everywhere("saturated_fraction", [0.1, *[1.0] * 9])
    assert codes(STUCK, BIG_FIRST_STEP | dies | DIES_LATER) == ["UPD002", "UNT002", "SIG001", "GRD001", "LOS001"]
    assert codes(STUCK, BIG_FIRST_STEP | fills | DIES_LATER) == ["UPD002", "UNT001", "SIG001", "GRD001", "LOS001"]


def test_they_do_even_if_one_was_read_only_after_the_units_had_died():
    dies = everywhere("dead_fraction", [0.1, *[0.8] * 9])
    read_late = everywhere("update_ratio", [0.05, 0.05, 0.05, 0.5, *[0.05] * 6], ALL)
    assert codes(STUCK, read_late | dies) == ["UPD002", "UNT002", "LOS001"]


def test_weights_of_zero_look_like_everything_at_once_and_are_named_first():
    zeros = everywhere("duplicate_unit_fraction", 1.0) | everywhere("dead_fraction", 1.0)
    zeros |= everywhere("activation_std_between_inputs", 0.0) | everywhere("preactivation_gradient_rms", 0.0)
    zeros |= everywhere("update_ratio", 0.0, ALL)
    zeros |= {("preactivation_gradient_rms", "output"): 0.3}
    found = codes(STUCK, zeros, activation="relu")
    assert found == ["UNT003", "UNT002", "SIG001", "GRD001", "UPD001", "LOS001"]


def test_units_born_dead_explain_the_signal():
    born = everywhere("dead_fraction", 1.0) | everywhere("activation_std_between_inputs", 0.0)
    assert codes(STUCK, born, activation="relu") == ["UNT002", "SIG001", "LOS001"]


def test_an_exploding_signal_explains_the_steps_and_the_end():
    grows = {("activation_std_between_inputs", "hidden4"): 1e5, ("preactivation_gradient_rms", "hidden1"): 1e5}
    lost = [1e5, *[math.nan] * 9]
    broken = {("preactivation_rms", "hidden1"): [1e5, *[math.nan] * 9]}
    assert codes(lost, grows | BIG_FIRST_STEP | broken) == ["SIG002", "GRD002", "UPD002", "LOS002"]


def test_a_learning_rate_that_is_too_small_stands_alone_before_the_loss():
    assert codes(STUCK, everywhere("update_ratio", 1e-7, ALL)) == ["UPD001", "LOS001"]


def test_what_most_seeds_show_comes_before_what_a_few_show():
    few = [run(STUCK, everywhere("duplicate_unit_fraction", 1.0))]
    most = [run(STUCK, NO_GRADIENT), run(STUCK, NO_GRADIENT), run(STUCK, NO_GRADIENT)]
    found = judge([*few, *most], facts())
    assert [(one.code, one.severity) for one in found] == [
        ("GRD001", "alarm"),
        ("LOS001", "alarm"),
        ("UNT003", "note"),
    ]


def made(code, step=0, severity="alarm"):
    return Finding(
        code=code,
        severity=severity,
        layer=None,
        step=step,
        seed_fraction=1.0,
        value=CHANCE,
        threshold=0,
        text="",
        source="",
    )


# each pair: the first is the cause
PAIRS = [
    (("UNT003", 0), ("SIG001", 0)),
    (("UNT003", 0), ("UNT002", 0)),
    (("SIG001", 0), ("GRD001", 0)),
    (("UNT001", 0), ("GRD001", 0)),
    (("UNT001", 0), ("SIG001", 0)),
    (("UNT001", 0), ("GRD002", 0)),
    (("UNT001", 0), ("UPD002", 0)),
    (("SIG002", 0), ("UPD002", 0)),
    (("SIG002", 80), ("UNT002", 80)),
    (("UPD002", 0), ("UNT002", 1)),
    (("UPD002", 90), ("UNT002", 80)),
    (("UPD002", 0), ("SIG001", 80)),
    (("SIG001", 0), ("UNT002", 80)),
    (("UNT002", 80), ("UPD001", 0)),
    (("GRD001", 80), ("SIG001", 160)),
    (("GRD001", 900), ("LOS002", 40)),
    (("UPD001", 0), ("LOS001", 900)),
    (("LOS002", 40), ("LOS001", 30)),
]


@pytest.mark.parametrize(("cause", "effect"), PAIRS, ids=[f"{a[0]}@{a[1]}-{b[0]}@{b[1]}" for a, b in PAIRS])
def test_of_two_the_cause_comes_first(cause, effect):
    for pair in itertools.permutations([made(*cause), made(*effect)]):
        assert [one.code for one in leading_first(pair)] == [cause[0], effect[0]]


def test_every_rule_has_its_place_in_the_order():
    assert sorted(PRECEDENCE) == sorted(RULES)


@given(
    st.permutations(sorted(RULES)),
    st.lists(st.integers(0, 500), min_size=11, max_size=11),
    st.lists(st.sampled_from(["alarm", "note"]), min_size=11, max_size=11),
)
def test_the_order_does_not_depend_on_the_order_of_asking(shuffled, steps, severities):
    findings = [made(code, step, sev) for code, step, sev in zip(sorted(RULES), steps, severities, strict=True)]
    again = sorted(findings, key=lambda one: shuffled.index(one.code))
    assert leading_first(findings) == leading_first(again)
