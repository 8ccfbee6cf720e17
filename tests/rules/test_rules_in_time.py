"""Since when, for how long, and when it no longer counts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runs_by_hand import CHANCE, HIDDEN, LEARNS, STUCK, facts, run, view

from layerwise.rules import RULES, View
from layerwise.rules._units import dead_limit

SPREAD = ("activation_std_between_inputs", "hidden4")
GONE, THERE = 1e-5, 0.4


def inspect(code, *args, **told):
    return RULES[code].inspect(view(*args, **told))


@pytest.mark.parametrize(
    ("gone", "first"),
    [
        ([0, 1], None),  # for 200 of 1000 steps: it woke up in time
        ([0, 1, 2], 0),  # for 300
        ([4, 5, 6], 400),
        ([3], None),  # an odd batch
        ([1, 3, 5, 7], None),  # four of them
        ([9], None),  # at the end, but once
        ([8, 9], 800),  # to the end
    ],
)
def test_a_state_must_last_for_a_quarter_of_the_training_or_to_its_end(gone, first):
    values = [GONE if reading in gone else THERE for reading in range(10)]
    breach = inspect("SIG001", STUCK, {SPREAD: values})
    assert (breach and breach.step) == first


def test_a_single_reading_is_all_there_is_to_go_by():
    breach = inspect("SIG001", STUCK, {("activation_std_between_inputs", layer): [GONE] for layer in HIDDEN})
    assert breach is not None
    assert breach.step == 0


@pytest.mark.parametrize("code", ["SIG002", "GRD002"])
def test_an_explosion_does_its_harm_at_once(code):
    quantity = {"SIG002": "activation_std_between_inputs", "GRD002": "preactivation_gradient_rms"}[code]
    breach = inspect(code, STUCK, {(quantity, "hidden2"): [THERE, THERE, 1e4, *[THERE] * 7]})
    assert breach is not None
    assert breach.step == 200
    assert breach.layer == "hidden2"


@pytest.mark.parametrize(
    ("code", "quantity", "value"),
    [
        ("SIG001", "activation_std_between_inputs", GONE),
        ("SIG002", "activation_std_between_inputs", 1e4),
        ("GRD001", "preactivation_gradient_rms", 1e-15),
        ("GRD002", "preactivation_gradient_rms", 1e4),
        ("UNT001", "saturated_fraction", 1.0),
        ("UNT002", "dead_fraction", 1.0),
        ("UPD002", "update_ratio", 5.0),
    ],
)
def test_what_happens_after_the_network_has_learnt_is_no_illness(code, quantity, value):
    healthy = {"saturated_fraction": 0.05, "dead_fraction": 0.15}.get(quantity, 0.05)
    late = {(quantity, "hidden2"): [*[healthy] * 5, *[value] * 5]}  # the loss passes half of guessing before step 500
    assert inspect(code, LEARNS, late) is None
    assert inspect(code, STUCK, late) is not None


def test_the_gradient_of_a_finished_network_is_tiny_in_all_layers_and_that_is_no_finding():
    tiny = {("preactivation_gradient_rms", layer): 1e-12 for layer in (*HIDDEN, "output")}
    assert inspect("GRD001", STUCK, tiny) is None


def test_a_gradient_of_exactly_zero_at_the_output_compares_with_nothing():
    none = {("preactivation_gradient_rms", layer): 0.0 for layer in (*HIDDEN, "output")}
    assert inspect("GRD001", STUCK, none) is None


def test_units_are_not_called_dead_because_the_forward_pass_has_broken():
    readings = {
        ("preactivation_rms", "hidden1"): [0.9, 0.9, *[math.nan] * 8],
        ("dead_fraction", "hidden2"): [0.1, 0.1, *[1.0] * 8],
    }
    assert inspect("UNT002", [2.3, 2.3, *[math.nan] * 8], readings) is None
    whole = {("dead_fraction", "hidden2"): readings["dead_fraction", "hidden2"]}
    assert inspect("UNT002", [2.3, 2.3, *[math.nan] * 8], whole) is not None


@pytest.mark.parametrize(("batch_size", "found"), [(15, False), (16, True)])
def test_in_a_small_batch_only_a_layer_that_is_dead_as_a_whole_counts(batch_size, found):
    most = {("dead_fraction", "hidden2"): 0.9}
    assert (inspect("UNT002", STUCK, most, batch_size=batch_size) is not None) == found
    assert inspect("UNT002", STUCK, {("dead_fraction", "hidden2"): 1.0}, batch_size=batch_size) is not None


@given(width=st.integers(1, 2000))
def test_chance_alone_hardly_ever_reaches_the_limit_of_dead_units(width):
    limit = dead_limit(width, 32)
    least = math.ceil(limit * width - 1e-9)
    tail = sum(math.comb(width, k) for k in range(least, width + 1)) / 2**width
    assert 0.5 < limit <= 1
    assert tail < 0.005 or limit == 1
    assert dead_limit(width + 1, 32) <= limit


def test_copies_count_from_the_first_reading_on_only():
    later = {("duplicate_unit_fraction", "hidden1"): [0.0, *[1.0] * 9]}
    broken_up = {("duplicate_unit_fraction", "hidden1"): [1.0, 1.0, *[0.0] * 8]}
    assert inspect("UNT003", STUCK, later) is None
    assert inspect("UNT003", STUCK, broken_up) is None


def test_units_that_are_fed_with_a_constant_are_no_copies():
    above = {("duplicate_unit_fraction", "hidden3"): 1.0}
    assert inspect("UNT003", STUCK, above).layer == "hidden3"
    assert inspect("UNT003", STUCK, above | {("activation_std_between_inputs", "hidden2"): 0.0}) is None


def test_the_first_layer_of_copies_is_named():
    every = {("duplicate_unit_fraction", layer): 1.0 for layer in HIDDEN}
    assert inspect("UNT003", STUCK, every).layer == "hidden1"


def test_a_large_step_that_does_no_harm_is_none():
    large = {("update_ratio", "hidden2"): [0.5, *[0.01] * 9]}
    assert inspect("UPD002", LEARNS, large) is None
    assert inspect("UPD002", [*LEARNS[:3], *[math.nan] * 7], large).step == 0
    assert inspect("UPD002", [2.3, 1.5, *[2.2] * 8], large).step == 0


def test_a_later_large_step_is_measured_by_the_loss_before_it():
    later = {("update_ratio", "hidden2"): [0.01, 0.01, 0.01, 0.5, *[0.01] * 6]}
    before = [2.2, 1.9, 1.5]
    assert inspect("UPD002", [*before, *[1.36] * 7], later).step == 300
    assert inspect("UPD002", [*before, *[1.34] * 7], later) is None


def test_beside_weights_of_next_to_nothing_every_step_is_large():
    large = {("update_ratio", "output"): [0.5, *[0.01] * 9]}
    assert inspect("UPD002", STUCK, large | {("weight_rms", "output"): 0.0249}) is None  # 0.2 / sqrt(64) = 0.025
    assert inspect("UPD002", STUCK, large | {("weight_rms", "output"): 0.0251}).layer == "output"


def test_weights_that_started_at_zero_have_moved():
    updates = {("update_ratio", layer): 1e-9 for layer in HIDDEN}
    assert inspect("UPD001", STUCK, updates | {("update_ratio", "output"): [math.inf, *[1e-9] * 9]}) is None
    assert inspect("UPD001", STUCK, updates | {("update_ratio", "output"): [math.nan, *[1e-9] * 9]}) is not None


@pytest.mark.parametrize(("status", "found"), [("finished", True), ("stopped_early", True), ("interrupted", False)])
def test_what_was_interrupted_is_not_blamed_for_its_end(status, found):
    still = {("update_ratio", layer): 1e-9 for layer in (*HIDDEN, "output")}
    seen = View(run(STUCK, still, status=status), facts())
    assert (RULES["UPD001"].inspect(seen) is not None) == found
    assert (RULES["LOS001"].inspect(seen) is not None) == found


def test_a_loss_that_came_down_to_guessing_is_told_apart_from_one_that_never_moved():
    fell = inspect("LOS001", [9.0, 4.0, *[CHANCE] * 8])
    still = inspect("LOS001", STUCK)
    assert fell.value == still.value == pytest.approx(1.0)
    assert "no better than chance" in fell.sentence
    assert "does not come down" in still.sentence


def test_without_the_cost_of_guessing_the_first_loss_is_the_measure():
    flat, falling = [0.5] * 10, [0.5, *[0.44] * 9]
    assert RULES["LOS001"].inspect(View(run(flat))).value == 1.0
    assert RULES["LOS001"].inspect(View(run(falling))) is None


def test_the_last_reading_alone_does_not_decide():
    assert inspect("LOS001", [*LEARNS[:9], 2.4]) is None
    assert inspect("LOS001", [*LEARNS[:8], 2.3, 2.4]).value == pytest.approx(2.3 / CHANCE)


def test_a_run_that_diverged_between_two_readings_is_known_by_its_status():
    gone = View(run(LEARNS[:3], status="diverged", n_steps=345), facts())
    assert RULES["LOS002"].inspect(gone).step == 345
    assert RULES["LOS001"].inspect(gone) is None


def test_a_loss_breaks_no_later_than_the_last_update():
    assert RULES["LOS002"].inspect(View(run([math.nan], status="diverged", n_steps=4), facts())).step == 4
    assert RULES["LOS002"].inspect(View(run([2.0, math.nan], status="diverged"), facts())).step == 200
