"""A view reads one run: series, layers in order, facts, and where the loss stood."""

from __future__ import annotations

import math

import pytest
from runs_by_hand import CHANCE, HIDDEN, LEARNS, STEPS, facts, run

from layerwise.records import Curve, Fact, Measure, Run
from layerwise.rules import View


def bare(*measures, losses=(), steps=()):
    curves = (Curve(name="train_loss", steps=tuple(steps), values=tuple(losses)),) if losses else ()
    return Run(
        recipe="arm",
        seed=0,
        learning_rate=0.1,
        status="finished",
        n_steps=100,
        seconds=0.0,
        scores={},
        curves=curves,
        measures=measures,
    )


def measure(quantity, layer, *values):
    return Measure(quantity=quantity, layer=layer, steps=tuple(range(len(values))), values=values)


def test_a_series_is_steps_with_values():
    seen = View(run(), facts())
    assert seen.series("dead_fraction", "hidden2") == tuple((step, 0.15) for step in STEPS)
    assert seen.first("dead_fraction", "hidden2") == 0.15
    assert seen.series("dead_fraction", "hidden9") == ()
    assert seen.first("beauty", "hidden2") is None


def test_layers_stand_from_input_to_output_and_numbers_are_numbers():
    recorded = ("output", "hidden10", "hidden2", "input", "hidden1")
    seen = View(bare(*(measure("weight_rms", layer, 1.0) for layer in recorded)))
    assert seen.layers() == ("input", "hidden1", "hidden2", "hidden10", "output")
    assert seen.hidden() == ("hidden1", "hidden2", "hidden10")
    assert View(run()).hidden() == HIDDEN


def test_names_without_numbers_stay_as_they_were_recorded():
    recorded = ("stem", "body", "head")
    assert View(bare(*(measure("weight_rms", layer, 1.0) for layer in recorded))).layers() == recorded


def test_a_fact_about_one_place_is_not_one_about_the_network():
    seen = View(bare(), (Fact(name="width", value=8, place="hidden1"), Fact(name="width", value=64)))
    assert seen.fact("width", 0) == 64
    assert seen.fact("activation", "unknown") == "unknown"


@pytest.mark.parametrize("value", ["wide", -3, 0, math.nan, math.inf, True])
def test_a_fact_that_is_no_sound_number_is_not_counted_with(value):
    expected = 1.0 if value is True else 7.0
    assert View(bare(), (Fact(name="width", value=value),)).number("width", 7.0) == expected


def test_readings_that_are_not_numbers_are_left_out_and_infinities_kept():
    seen = View(bare(measure("update_ratio", "output", math.inf, math.nan, 0.5)))
    assert seen.series("update_ratio", "output") == ((0, math.inf), (2, 0.5))


@pytest.mark.parametrize("wreck", [math.nan, math.inf])
def test_nothing_is_read_from_the_step_on_where_the_forward_pass_broke(wreck):
    seen = View(
        bare(
            measure("dead_fraction", "hidden1", 0.1, 0.2, 1.0, 1.0),
            measure("preactivation_rms", "hidden2", 1.0, 1.0, wreck, 1.0),
        )
    )
    assert seen.series("dead_fraction", "hidden1") == ((0, 0.1), (1, 0.2))


def test_the_loss_before_a_step_is_the_last_one_read():
    seen = View(bare(losses=[2.0, 1.0], steps=[10, 20]))
    assert [seen.loss_before(step) for step in (0, 9, 10, 19, 20, 99)] == [None, None, 2.0, 2.0, 1.0, 1.0]


def test_learned_means_half_of_what_guessing_costs():
    seen = View(run(LEARNS), facts())  # 1.0 at step 400 is under ln(10) / 2 = 1.15, 1.5 at step 300 is not
    assert [seen.learned(step) for step in (0, 300, 399, 400, 900)] == [False, False, False, True, True]
    assert not View(bare()).learned(50)


@pytest.mark.parametrize(
    ("losses", "final"), [([3.0], 3.0), ([3.0, 1.0], 1.0), ([9.0] * 6 + [1.0, 2.0], 1.0), ([9.0] * 9 + [3, 1, 2], 2.0)]
)
def test_the_final_loss_is_the_middle_of_the_last_quarter(losses, final):
    assert View(bare(losses=losses, steps=range(len(losses)))).final_loss == final


def test_guessing_costs_what_the_facts_say_or_the_first_finite_loss():
    assert View(bare(losses=[math.inf, 3.0, 1.0], steps=[1, 2, 3])).chance == 3.0
    assert View(run(), facts()).chance == CHANCE
    assert math.isnan(View(bare()).chance)
    assert math.isnan(View(bare()).final_loss)
