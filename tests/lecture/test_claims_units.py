"""Module 9.3 of the lecture: units by hand, checks that can fail, and decisions on made-up numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from layerwise.activations import ACTIVATIONS, Maxout
from layerwise.data import circles, load
from layerwise.lecture import CLAIMS
from layerwise.lecture._exact import Sides
from layerwise.lecture._ground import Ground
from layerwise.lecture.units import (
    _cost,
    _dead_unit,
    _dead_units,
    _dying,
    _elu,
    _league,
    _leaky,
    _linear,
    _lone_unit,
    _maxout,
    _one_sign,
    _race,
    _rectified,
    _recurrent,
    _revival,
    _saturation,
    _sigmoidal,
    _speed,
    _zigzag,
)
from layerwise.lecture.units._dead_shares import Found
from layerwise.lecture.units._dead_units import Dead
from layerwise.lecture.units._race import Times
from layerwise.lecture.units._recurrent import Memory
from layerwise.lecture.units._revival import Fate
from layerwise.models import Recipe, build
from layerwise.records import Curve, Run, Summary
from layerwise.stats import Interval, Paired

EXACT = {"C3.2": "holds", "C3.6": "holds", "C3.7": "holds if", "C3.11": "holds if", "C3.12": "holds if"}

QUICK = {
    "C3.1": {"holds"},
    "C3.3": {"holds"},
    "C3.4": {"holds if"},
    "C3.5": {"holds if", "holds", "undecided"},  # a matter of the machine and of what else runs on it
    "C3.8": {"holds if"},
    "C3.9": {"holds if"},
    "C3.10": {"holds if"},
    "C3.13": {"holds if"},
    "C3.14": {"holds", "holds if"},
}


@pytest.fixture(scope="module")
def ground():
    return Ground(circles(n=200), seeds=2)


def exactly(value):
    return Interval(value, value, value)


def between(low, high):
    return Interval((low + high) / 2, low, high)


# exact claims


@pytest.mark.parametrize(("claim", "verdict"), EXACT.items())
def test_exact_claims(ground, claim, verdict):
    outcome = CLAIMS[claim].show(ground)
    assert outcome.verdict == verdict
    assert bool(outcome.condition) == (verdict == "holds if")
    assert outcome.tables
    assert outcome.pictures
    assert outcome.value <= (0.12 if claim == "C3.7" else 1e-12)


def test_a_wrong_slope_is_found():
    assert _sigmoidal.sigmoid_outcome(lambda s: s * (1 - s)).verdict == "holds"
    assert _sigmoidal.sigmoid_outcome(lambda s: s * (1 + s)).verdict == "does not hold"
    assert _sigmoidal.tanh_outcome(lambda t: 1 - t).verdict == "does not hold"


def test_slopes_by_hand():
    # sigmoid(ln 3) = 3/4, slope 3/16; tanh(ln 2) = 3/5, slope 16/25
    at = torch.tensor([math.log(3), math.log(2)], dtype=torch.float64)
    assert _sigmoidal.slope("sigmoid", at)[0].item() == pytest.approx(3 / 16, rel=1e-14)
    assert _sigmoidal.slope("tanh", at)[1].item() == pytest.approx(16 / 25, rel=1e-14)
    found = {side.what: float(side.left) for side in _saturation.slope_sides()}
    assert found["z = 20"] == pytest.approx(2.0611536e-9, rel=1e-6)


def test_two_relus_by_hand():
    # the half is off most at its kinks: 1 - sigmoid(2) = 0.119202922
    relu = torch.relu
    assert _rectified.off(lambda x: (relu(x + 1) - relu(x - 1)) / 2) == pytest.approx(0.11920292202, rel=1e-9)
    assert _rectified.off(lambda x: relu(x + 1) - relu(x - 1)) > 1
    assert _rectified.two_relus_outcome(lambda x: (relu(x + 1) - relu(x - 1)) / 2).verdict == "holds"
    assert _rectified.two_relus_outcome(lambda x: relu(x + 2) - relu(x - 5)).verdict == "does not hold"


def test_a_wrong_leak_and_a_slope_that_rests_are_found():
    assert _leaky.leaky_outcome(0.01, [0.3]).verdict == "holds if"
    assert _leaky.leaky_outcome(0.02, [0.3]).verdict == "does not hold"
    assert _leaky.leaky_outcome(0.01, [0.3, 0.25]).verdict == "does not hold"


def test_mean_of_leaky_relu():
    mean = ACTIVATIONS["leaky_relu"].unit_moments.mean
    assert mean == pytest.approx(0.99 / math.sqrt(2 * math.pi), rel=1e-14)
    draw = torch.randn(10**6, generator=torch.Generator().manual_seed(0))
    assert nn.functional.leaky_relu(draw).mean().item() == pytest.approx(mean, abs=2e-3)


def test_elu_written_right_still_saturates():
    right = _elu.elu_outcome(lambda x, a: a * (torch.exp(x) - 1))
    assert right.verdict == "holds if"
    assert "saturates" in right.condition
    assert "fits only" not in right.condition
    assert "fits only" in _elu.elu_outcome(lambda x, a: a * torch.exp(x) - 1).condition
    assert _elu.elu_outcome(lambda x, a: a * torch.exp(x)).verdict == "does not hold"
    assert _elu.slope_at(-20.0) == pytest.approx(2.0611536e-9, rel=1e-6)


def test_maxout_by_hand(ground):
    sides = [*_maxout.special_cases(ground.generator("x")), *_maxout.parameters()]
    assert max(side.difference for side in sides) <= 1e-12
    # three hidden layers of 16 units, two pieces each: 2 * (10 * 16 + 16) + 2 * 2 * (16 * 16 + 16)
    assert sides[-1].left == 2 * (10 * 16 + 16) + 4 * (16 * 16 + 16)


@pytest.mark.parametrize(
    ("error", "units", "low", "verdict"),
    [
        (0.0, 0.0, 0.01, "holds if"),
        (0.0, 0.0, 0.0, "holds"),
        (0.0, 0.1, 0.01, "does not hold"),
        (0.1, 0.0, 0.01, "does not hold"),
    ],
)
def test_maxout_decision(error, units, low, verdict):
    counted = {"0.1": [Dead(units, 0.02), None]}
    assert _maxout.maxout_verdict([Sides("x", error, 0.0)], counted, [between(low, 0.05)]) == verdict


# C3.1


def test_collapse_by_hand():
    first = (torch.tensor([[2.0]]), torch.tensor([1.0]))
    second = (torch.tensor([[3.0]]), torch.tensor([-1.0]))
    weight, bias = _linear._after(first, second)
    assert (weight.item(), bias.item()) == (6.0, 2.0)
    assert _linear.collapsed_sides(torch.Generator().manual_seed(3))[0].difference < 1e-12


@pytest.mark.parametrize(
    ("error", "flat", "bent", "verdict"),
    [
        (0.0, (0.5, 0.6), (0.95, 1.0), "holds"),
        (0.0, (0.7, 0.8), (0.95, 1.0), "undecided"),
        (0.0, (0.5, 0.6), (0.85, 0.95), "undecided"),
        (0.0, (0.8, 0.9), (0.95, 1.0), "does not hold"),
        (0.0, (0.5, 0.6), (0.6, 0.7), "does not hold"),
        (1e-3, (0.5, 0.6), (0.95, 1.0), "does not hold"),
    ],
)
def test_linear_decision(error, flat, bent, verdict):
    summaries = {"deep linear": flat, "deep tanh": bent, "deep ReLU": (0.5, 0.6)}
    marks = {
        name: Summary(median=sum(ends) / 2, low=ends[0], high=ends[1], values=ends) for name, ends in summaries.items()
    }
    assert _linear.linear_verdict(error, {"circles": marks}) == verdict


# C3.3 and C3.8


def run(losses, score=0.1):
    steps = tuple(10 * k for k in range(len(losses)))
    curve = Curve(name="train_loss", steps=steps, values=tuple(losses))
    return Run(recipe="a", seed=0, learning_rate=0.1, status="finished", n_steps=30, seconds=0.0,
               scores={"train_loss": score}, curves=(curve,))  # fmt: skip


def times(*steps):
    return Times(0.1, tuple(map(float, steps)), ())


def test_steps_to_target():
    assert _race.steps_to_target(run([0.1, 0.5, 0.3, 0.1])) == 20  # the first point is before any update
    assert math.isinf(_race.steps_to_target(run([2.0, math.nan, 0.31])))


def test_ranked_by_speed_then_by_loss():
    slow, fast, never = [run([2.0, 1.0, 0.2])], [run([2.0, 0.2])], [run([2.0, 1.0], 1.0)]
    assert sorted([slow, never, fast], key=_race._steps_and_loss) == [fast, slow, never]
    assert min([[run([2.0, 9.0], math.nan)], never], key=_race._steps_and_loss) is never


def test_race_on_easy_data(ground):
    arm = Recipe(name="easy").replace(depth=1, width=16, epochs=30)
    found = _race.race(ground, [arm], (0.0001, 0.3), 2)["easy"]
    assert found.rate == 0.3
    assert found.n_arrived == 2


@pytest.mark.parametrize(
    ("error", "best", "last", "verdict"),
    [
        (0.0, [50] * 20, [math.inf] * 20, "holds"),
        (0.0, [50] * 20, [500] * 20, "holds if"),
        (0.0, [50] * 20, [50] * 20, "does not hold"),
        (0.0, [math.inf] * 20, [math.inf] * 20, "does not hold"),
        (0.1, [50] * 20, [math.inf] * 20, "does not hold"),
    ],
)
def test_saturation_decision(error, best, last, verdict):
    assert _saturation.saturation_verdict(error, [times(*best), times(*last)]) == verdict


def test_ratio_of_times():
    assert _speed.ratio(times(20, 40, 60, 80, 100, 120), times(10, 10, 10, 10, 10, 10)).estimate == 7.0
    assert _speed.ratio(times(*[math.inf] * 6), times(*[10] * 6)).low == math.inf
    assert _speed.ratio(times(*[math.inf] * 6), times(*[math.inf] * 6)) == exactly(1.0)


@pytest.mark.parametrize(
    ("tanh", "sigmoid", "verdict"), [(3.0, 4.0, "holds"), (1.0, 4.0, "holds if"), (1.0, 1.9, "does not hold")]
)
def test_speed_decision(tanh, sigmoid, verdict):
    ratios = {(name, deep): exactly(x) for name, x in (("tanh", tanh), ("sigmoid", sigmoid)) for deep in _speed.DEPTHS}
    assert _speed.speed_verdict(ratios) == verdict
    assert bool(_speed._condition(ratios)) == (verdict != "holds")


# C3.4


def test_same_sign_by_counting():
    gradients = torch.randn(3, 2, 7, generator=torch.Generator().manual_seed(1))
    gradients[0, 0, 0] = 0.0  # a weight that gets no gradient has no sign
    agree = total = 0
    for row in gradients.flatten(0, 1):
        for i in range(7):
            for j in range(i):
                total += bool(row[i] * row[j] != 0)
                agree += bool(row[i] * row[j] > 0)
    assert _one_sign.same_sign(gradients) == pytest.approx(agree / total, rel=1e-12)


def test_one_example_pushes_all_weights_one_way(ground):
    found = _one_sign.agreement(ground, "sigmoid", 2)
    assert found[0] == exactly(1.0)
    assert 0.5 < found[-1].estimate <= 1
    assert _one_sign.agreement(ground, "tanh", 2)[0].estimate == pytest.approx(0.5, abs=0.06)


def test_example_gradients_add_up_to_that_of_the_batch(ground):
    found = _one_sign.example_gradients(ground, "tanh", 0)
    data, split = ground.data, ground.data.split(0)
    rows = split.train[:64]
    recipe = Recipe().replace(depth=3, width=32, activation="tanh", initializer="glorot_normal")
    network = build(recipe, 2, 2, ground.generator("C3.4 0"))
    outputs = network(torch.from_numpy(split.scaled(data, rows)))
    nn.functional.cross_entropy(outputs, torch.from_numpy(data.targets[rows]), reduction="sum").backward()
    assert found.shape == (64, 32, 32)
    torch.testing.assert_close(found.sum(0), network.linear2.weight.grad, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("single", "batch", "tanh", "slower", "verdict"),
    [
        (1.0, 0.8, 0.5, 2.0, "holds if"),
        (1.0, 0.95, 0.5, 2.0, "holds"),
        (0.99, 0.8, 0.5, 2.0, "does not hold"),
        (1.0, 0.8, 0.7, 2.0, "does not hold"),
        (1.0, 0.8, 0.5, 1.0, "does not hold"),
    ],
)
def test_one_sign_decision(single, batch, tanh, slower, verdict):
    found = {"sigmoid": [exactly(single), exactly(batch)], "tanh": [exactly(tanh)]}
    assert _one_sign.one_sign_verdict(found, exactly(slower)) == verdict


def test_first_updates_by_hand():
    # goal (1, -1), rate 1/2: x = (1, 0) has error -1, so w = (1/2, 0); then x = (1, 1) has error 1/2
    inputs = torch.tensor([[[1.0, 0.0]], [[1.0, 1.0]]], dtype=torch.float64)
    walked = _zigzag.descend(inputs, 0.5)
    assert walked[:, 0].tolist() == [[0.0, 0.0], [0.5, 0.0], [0.25, -0.25]]
    at_goal = torch.tensor([[[0.0, 0.0]], [[1.0, -1.0]]], dtype=torch.float64)
    assert _zigzag.needed(at_goal) == [1.0]
    assert _zigzag.needed(walked) == [3.0]


def test_positive_inputs_move_both_weights_one_way():
    walked = _zigzag.walks(3, torch.Generator().manual_seed(0), np.random.default_rng(0))
    moves = walked.arms["positive"].path.diff(dim=0)
    assert bool((moves[:, 0] * moves[:, 1] >= 0).all())
    moves = walked.arms["centered"].path.diff(dim=0)
    assert bool((moves[:, 0] * moves[:, 1] < 0).any())


# C3.5


@pytest.mark.parametrize(
    ("alone", "sigmoid", "tanh", "verdict"),
    [
        (2.0, (1.0, 1.05), (1.2, 1.4), "holds if"),
        (2.0, (1.2, 1.3), (1.2, 1.4), "holds"),
        (2.0, (1.0, 1.2), (1.2, 1.4), "undecided"),
        (0.9, (1.0, 1.05), (1.2, 1.4), "does not hold"),
    ],
)
def test_cost_decision(alone, sigmoid, tanh, verdict):
    ratios = {name: exactly(alone) for name in _cost.UNITS}
    assert _cost.cost_verdict(ratios, {"sigmoid": between(*sigmoid), "tanh": between(*tanh)}) == verdict


def test_cost_against_relu():
    rounds = [dict.fromkeys(_cost.UNITS, 2.0) | {"relu": 1.0}, dict.fromkeys(_cost.UNITS, 6.0) | {"relu": 2.0}]
    found = _cost.against_relu(rounds)
    assert found["tanh"].estimate == 2.5
    assert found["relu"] == exactly(1.0)


def test_cost_runs(ground):
    outcome = _cost.cost.show(ground)
    assert outcome.n_seeds == 0  # rounds are no seeds
    assert outcome.low <= outcome.value <= outcome.high
    assert outcome.value > 0


# C3.9


def test_a_pushed_relu_unit_never_moves_again():
    plain = _lone_unit.live("relu", _lone_unit.METHODS["plain descent"])
    assert plain.moved == 0
    assert plain.output[-1] == 0
    unhurt = _lone_unit.live("relu", _lone_unit.METHODS["plain descent"], push=0.0)
    assert unhurt.output[-1] > 0


def test_fate_by_hand():
    alive = torch.tensor([[True, True, False, True], [False, True, False, False], [True, True, False, False]])
    assert _revival.fate(2, alive) == Fate(layer=2, dead=3, revived=1)


def test_fates_of_small_networks(ground, monkeypatch):
    monkeypatch.setattr(_revival, "N_STEPS", 4)
    found = _revival.fates(ground, 2)
    assert [fate.layer for fate in found] == [1, 2, 3, 4] * 2
    assert all(0 <= fate.revived <= fate.dead <= _revival.WIDTH for fate in found)
    assert all(fate.revived == 0 for fate in found if fate.layer == 1)


@pytest.mark.parametrize(
    ("moved", "first", "deeper", "verdict"),
    [
        (0.0, 0, 30, "holds if"),
        (0.0, 0, 0, "holds"),
        (0.0, 1, 30, "does not hold"),
        (0.1, 0, 30, "does not hold"),
    ],
)
def test_dead_decision(moved, first, deeper, verdict):
    life = _lone_unit.Life([-4.0], [0.0], moved)
    assert _dead_unit.dead_verdict(life, [Fate(1, 10, first), Fate(2, 40, deeper)]) == verdict


def test_no_dead_units_decide_nothing():
    assert _revival.revived([Fate(1, 0, 0)], _dead_unit.is_first) == Interval(0.0, 0.0, 1.0)


# C3.10


def test_dead_pieces_of_maxout():
    unit = nn.Sequential(nn.Linear(1, 4), Maxout())
    with torch.no_grad():
        unit[0].weight.copy_(torch.tensor([[1.0], [1.0], [-1.0], [1.0]]))
        unit[0].bias.copy_(torch.tensor([0.0, 0.0, 0.0, -1.0]))
    # unit 1 has pieces x and -x, both used; unit 2 has x and x - 1, the second never the larger
    x = torch.tensor([[-1.0], [1.0]])
    assert _dead_units.dead(unit, x) == Dead(units=0.0, pieces=0.25)


def test_diverged_networks_are_left_out():
    found = [Dead(0.5, 0.5), None, Dead(0.0, 0.25)]
    assert _dead_units.shares(found) == [0.5, 0.0]
    assert _dead_units.shares(found, "pieces") == [0.5, 0.25]
    assert _dead_units.lost(found) == pytest.approx(1 / 3)


def found_dying(low, high, *, saved=0.1, elu=0.0, least=0.0):
    worst, none = between(low, high), exactly(0.0)
    units = {arm: [none, none] for arm in _dying.ARMS}
    units |= {"ReLU": [exactly(least), worst], "ELU": [none, exactly(elu)], "Maxout": [none, None]}
    gone = {arm: [0.0, 0.0] for arm in _dying.ARMS}
    return Found(units, units, gone, 1, Paired(saved, saved - 0.05, saved + 0.05, 0.01, 20))


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (found_dying(0.4, 0.6), "holds"),
        (found_dying(0.4, 0.6, saved=0.0), "holds if"),
        (found_dying(0.4, 0.6, elu=0.5), "holds if"),
        (found_dying(0.15, 0.25), "undecided"),
        (found_dying(0.05, 0.1), "does not hold"),
        (found_dying(0.4, 0.6, least=0.5), "does not hold"),
    ],
)
def test_dying_decision(found, verdict):
    assert _dying.dying_verdict(found) == verdict


def test_dying_summary(ground):
    counted = {_dying._name(arm, rate): [Dead(rate / 2, rate / 2)] * 3 for arm in _dying.ARMS for rate in _dying.RATES}
    counted[_dying._name("Maxout", _dying.RATES[-1])] = [None, None, Dead(0.1, 0.1)]
    found = _dying.summarize(ground, counted)
    assert found.worst == len(_dying.RATES) - 1
    assert found.units["ReLU"][0] == exactly(_dying.RATES[0] / 2)
    assert found.units["Maxout"][-1] is None
    assert found.lost["Maxout"][-1] == pytest.approx(2 / 3)
    assert found.saved is not None
    assert found.saved.difference == 0


# C3.14


def test_memory_cell_by_hand(monkeypatch):
    monkeypatch.setattr(_recurrent, "UNITS", 1)
    # one input row: gates sigmoid(0) = 1/2, content tanh(ln 2) = 3/5; c = 3/10, h = tanh(3/10) / 2
    weights = torch.zeros(1, 4, 4)
    weights[0, 0, 3] = math.log(2)
    x = torch.tensor([[[[1.0, 0.0]]]])
    found = _recurrent.outputs(weights, torch.full((1, 1, 1), 2.0), x, torch.sigmoid, torch.tanh)
    assert found.item() == pytest.approx(math.tanh(0.3), rel=1e-6)


def test_memory_cell_is_that_of_torch():
    generator = torch.Generator().manual_seed(0)
    weights, readout = _recurrent._initial(generator, 1)
    x, y = _recurrent._sequences(generator, 1, 5, _recurrent.LENGTH)
    assert x[0, :, 0, 0].equal(y[0])
    cell = nn.LSTM(2, _recurrent.UNITS, batch_first=True)
    n = _recurrent.UNITS
    ours = [weights[0][:, k * n : (k + 1) * n].T for k in (1, 0, 3, 2)]  # torch: write, forget, content, show
    rows = torch.cat(ours)
    with torch.no_grad():
        cell.weight_ih_l0.copy_(rows[:, :2])
        cell.weight_hh_l0.copy_(rows[:, 2:-1])
        cell.bias_ih_l0.copy_(rows[:, -1])
        cell.bias_hh_l0.zero_()
        expected = cell(x[0])[0][:, -1] @ readout[0]
        found = _recurrent.outputs(weights, readout, x, torch.sigmoid, torch.tanh)
    torch.testing.assert_close(found[0], expected[:, 0], rtol=1e-4, atol=1e-6)


def test_memory_of_few_steps():
    found = _recurrent.memory(torch.Generator().manual_seed(0), torch.sigmoid, torch.tanh, 2, n_steps=2)
    assert len(found.errors) == 2
    assert found.rate in _recurrent.RATES
    assert found.learned.estimate == 0


@pytest.mark.parametrize(
    ("sigmoid", "variant", "rectified", "verdict"),
    [
        (-0.3, 0.0, 0.1, "holds"),
        (0.0, 0.0, 0.1, "holds if"),
        (-0.3, -0.2, 0.1, "holds if"),
        (-0.3, 0.0, 0.9, "holds if"),
        (0.0, -0.2, 0.9, "does not hold"),
    ],
)
def test_league_decision(sigmoid, variant, rectified, verdict):
    gaps = {name: Paired(x, x - 0.005, x + 0.005, 0.01, 20)
            for name, x in [("sigmoid", sigmoid), *((name, variant) for name in _league.VARIANTS)]}  # fmt: skip
    kept = {_league.LSTM: Memory(0.01, (0.0,), between(0.8, 1.0)),
            _league.RECTIFIED: Memory(0.01, (0.0,), between(rectified - 0.1, rectified + 0.1))}  # fmt: skip
    parts = _league.advice(gaps, kept)
    assert _league.league_verdict(parts) == verdict
    assert bool(_league._condition(parts)) == (verdict != "holds")


def test_league_differences_are_paired_by_seed(ground):
    def summary(*values):
        return Summary(median=values[0], low=0.0, high=1.0, values=values)

    found = {("a", 2): {unit: summary(0.5, 0.7) for unit in _league.UNITS} | {"sigmoid": summary(0.4, 0.5)}}
    gap = _league.differences(ground, found)["sigmoid"]
    assert gap.difference == pytest.approx(-0.15)
    assert gap.n == 2


@pytest.mark.slow
@pytest.mark.parametrize("claim", QUICK)
def test_quick_run(claim):
    outcome = CLAIMS[claim].show(Ground(load("digits")))
    assert outcome.verdict in QUICK[claim]
    assert outcome.n_seeds >= 20
    assert outcome.finding
    assert outcome.pictures
