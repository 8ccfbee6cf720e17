"""Each rule: a run that triggers it, a healthy one that does not, and a near miss on each side of its limit."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from runs_by_hand import CHANCE, HIDDEN, LEARNS, N_STEPS, STUCK, facts, run

from layerwise.records import Curve
from layerwise.rules import RULES, Breach, View
from layerwise.rules._phrase import sentence


def signal(share):
    return View(run(STUCK, {("activation_std_between_inputs", "hidden4"): 0.7 * share}), facts())


def gradient(ratio):
    change = {("preactivation_gradient_rms", "hidden1"): 0.3 * ratio, ("preactivation_gradient_rms", "output"): 0.3}
    rest = {("preactivation_gradient_rms", layer): 0.2 for layer in HIDDEN[1:]}
    return View(run(STUCK, rest | change), facts())


def saturated(share):
    return View(run(STUCK, {("saturated_fraction", "hidden2"): share}), facts(activation="tanh"))


def saturated_on_one_side(share):
    return View(run(STUCK, {("saturated_fraction", "hidden2"): share}), facts(activation="gelu"))


def dead(share):
    return View(run(STUCK, {("dead_fraction", "hidden3"): share}), facts(activation="relu", width=64))


def copies(share):
    return View(run(STUCK, {("duplicate_unit_fraction", "hidden1"): share}), facts())


def moves(path):
    update = {("update_ratio", layer): path / N_STEPS / 2 for layer in (*HIDDEN, "output")}
    return View(run(STUCK, update | {("update_ratio", "hidden2"): path / N_STEPS}), facts())


def leaps(ratio):
    first = [ratio, *[0.001] * 9]
    return View(run(STUCK, {("update_ratio", "hidden2"): first}), facts())


def ends_at(share):
    return View(run([*LEARNS[:6], *[CHANCE * share] * 4]), facts())


def reaches(loss):
    return View(run([*LEARNS[:9], loss]), facts())


# code: how it is made, a value that breaks the rule, one that is just over the limit, one just under, layer, step
CASES = [
    ("SIG001", signal, 1e-6, 0.0099, 0.0101, "hidden4", 0),
    ("SIG002", signal, 1e4, 10.1, 9.9, "hidden4", 0),
    ("GRD001", gradient, 1e-9, 0.00099, 0.00101, "hidden1", 0),
    ("GRD002", gradient, 1e6, 101.0, 99.0, "hidden1", 0),
    ("UNT001", saturated, 1.0, 0.501, 0.5, "hidden2", 0),
    ("UNT001", saturated_on_one_side, 1.0, 0.901, 0.9, "hidden2", 0),
    ("UNT002", dead, 1.0, 44 / 64, 43 / 64, "hidden3", 0),
    ("UNT003", copies, 1.0, 0.5, 31 / 64, "hidden1", 0),
    ("UPD001", moves, 1e-5, 0.0499, 0.0501, "hidden2", 0),
    ("UPD002", leaps, 3.0, 0.101, 0.099, "hidden2", 0),
    ("LOS001", ends_at, 1.0, 0.901, 0.899, None, 1000),
    ("LOS002", reaches, math.nan, math.inf, 3.4e38, None, 1000),
]
NAMES = [f"{code}-{make.__name__}" for code, make, *_ in CASES]


def test_every_rule_has_its_case():
    assert {code for code, *_ in CASES} == set(RULES)


@pytest.mark.parametrize(("code", "make", "worst", "over", "under", "layer", "step"), CASES, ids=NAMES)
def test_it_finds_what_is_broken_and_where(code, make, worst, over, under, layer, step):
    breach = RULES[code].inspect(make(worst))
    assert isinstance(breach, Breach)
    assert (breach.layer, breach.step) == (layer, step)
    if code != "LOS002":
        assert breach.value == pytest.approx(worst)


@pytest.mark.parametrize(("code", "make", "worst", "over", "under", "layer", "step"), CASES, ids=NAMES)
def test_the_limit_lies_between_the_near_misses(code, make, worst, over, under, layer, step):
    breach = RULES[code].inspect(make(over))
    assert breach is not None
    assert RULES[code].inspect(make(under)) is None
    if code != "LOS002":
        low, high = sorted((over, under))
        assert low <= breach.threshold <= high


@pytest.mark.parametrize("code", list(RULES))
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
def test_a_healthy_run_breaks_no_rule(code, activation):
    assert RULES[code].inspect(View(run(), facts(activation=activation))) is None


@pytest.mark.parametrize("code", list(RULES))
def test_a_run_of_which_nothing_was_measured_breaks_no_rule_but_that_of_its_loss(code):
    bare = run().__class__(
        recipe="arm", seed=0, learning_rate=0.1, status="finished", n_steps=10, seconds=0.0, scores={}
    )
    assert RULES[code].inspect(View(bare)) is None


@pytest.mark.parametrize("code", list(RULES))
def test_a_rule_is_a_document(code):
    rule = RULES[code]
    assert rule.code == code
    assert rule.title[0].islower()
    assert not rule.title.endswith(".")
    assert "\n" not in rule.source
    assert len(rule.source) > 20


def pretrained(n_curves, losses, **told):
    """A network of three hidden layers of which so many have a curve of their pre-training."""
    names = [f"pretraining_loss_hidden{k}" for k in range(1, n_curves + 1)]
    curves = [Curve(name=name, steps=(1, 2), values=(0.5, 0.4)) for name in names]
    made = run(losses, status="diverged")
    whole = replace(made, curves=(*made.curves, *curves))
    return View(whole, facts(**({"pretraining": "autoencoder", "n_hidden_layers": 3} | told)))


@pytest.mark.parametrize(("n_curves", "layer"), [(0, "hidden1"), (1, "hidden2"), (2, "hidden3")])
def test_a_loss_that_pretraining_broke_names_the_layer(n_curves, layer):
    breach = RULES["LOS002"].inspect(pretrained(n_curves, [math.nan] * 3))
    assert breach.layer == layer
    assert sentence(breach, "number") == (
        f"The loss is no finite number from the first step on: the pre-training of {layer} diverged."
    )


@pytest.mark.parametrize(
    "view",
    [
        pretrained(3, [math.nan] * 3),  # every layer was pre-trained to its end
        pretrained(1, [2.0, math.nan]),  # it began with a finite loss
        pretrained(1, [math.nan] * 3, pretraining="none"),
    ],
)
def test_a_loss_that_training_broke_names_no_layer(view):
    breach = RULES["LOS002"].inspect(view)
    assert breach.layer is None
    assert sentence(breach, "number").startswith("The loss stops being a finite number: ")
