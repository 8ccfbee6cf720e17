"""Module 9.5 of the lecture: formulas by hand, noise beside autograd, and decisions on made-up numbers."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch import nn

from layerwise.data import circles, load
from layerwise.lecture import CLAIMS
from layerwise.lecture._ground import Ground
from layerwise.lecture._intervals import interval_columns
from layerwise.lecture.batchnorm import _careless, _differentiable, _drift, _learning, _noise, _recovers, _shift
from layerwise.lecture.batchnorm import _two_layers as two
from layerwise.models import Recipe
from layerwise.population import stack
from layerwise.records import Curve, Run
from layerwise.stats import Paired, median_interval

ABOVE, BELOW, EITHER = Paired(5, 1, 9, 0.01, 20), Paired(-5, -9, -1, 0.01, 20), Paired(1, -1, 3, 0.5, 20)
SLOW = {"C5.3": "holds if", "C5.4": "holds", "C5.5": "holds if"}


@pytest.fixture(scope="module")
def ground():
    return Ground(circles(n=200), seeds=3)


@pytest.mark.parametrize(("claim", "verdict"), [("C5.1", "holds"), ("C5.2", "holds if")])
def test_exact_claims(ground, claim, verdict):
    outcome = CLAIMS[claim].show(ground)
    assert outcome.verdict == verdict
    assert outcome.value <= 1e-12


def test_the_gradient_by_hand():
    # two rows -1 and 1 of variance 1 without eps: xhat = x, so the gradient of any loss is delta less its projections
    layer = nn.BatchNorm1d(1, eps=1e-15).double()
    x, delta = torch.tensor([[-1.0], [1.0]]).double(), torch.tensor([[3.0], [7.0]]).double()
    assert _differentiable.by_hand(layer, x, delta).abs().max() < 1e-12
    assert _differentiable.by_autograd(layer, x, delta).abs().max() < 1e-12
    assert _differentiable.held(layer, x, delta).flatten().tolist() == pytest.approx([3.0, 7.0])


def test_torch_s_own_gradient_check_agrees():
    layer = _differentiable.batch_norm(torch.Generator().manual_seed(0))
    x = torch.randn(5, _differentiable.N_UNITS, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.autograd.gradcheck(layer, x.requires_grad_())


def test_constants_in_the_gradient_are_found_out(ground, monkeypatch):
    monkeypatch.setattr(_differentiable, "by_hand", _differentiable.held)
    assert CLAIMS["C5.1"].show(ground).verdict == "does not hold"


@pytest.mark.parametrize(
    ("exact", "measured", "verdict"),
    [(0.0, 1e-9, "holds"), (1e-3, 1e-9, "does not hold"), (0.0, 1e-3, "does not hold")],
)
def test_differentiable_is_decided(exact, measured, verdict):
    assert _differentiable.judged(exact, measured) == verdict


def test_recovery_by_hand():
    found = _recovers.measured(torch.Generator().manual_seed(0), eps=1.0)
    unit = int((found.variance - 1).abs().argmin())
    variance = found.variance[unit].item()
    assert found.lecture[unit].item() == pytest.approx(1 - math.sqrt(variance / (variance + 1)), rel=1e-9)
    assert found.right.max() < 1e-12


def test_without_eps_the_lecture_s_gain_is_right():
    found = _recovers.measured(torch.Generator().manual_seed(0), eps=1e-30)
    assert _recovers.judged(float(found.right.max()), float(found.lecture.max())) == "holds"


@pytest.mark.parametrize(
    ("right", "lecture", "verdict"), [(0.0, 0.5, "holds if"), (0.1, 0.5, "does not hold"), (0.0, 0.0, "holds")]
)
def test_recovery_is_decided(right, lecture, verdict):
    assert _recovers.judged(right, lecture) == verdict


def test_noise_goes_back_as_autograd_says():
    networks = [nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Sigmoid()) for _ in range(2)]
    stage = stack(networks).double().train().stages[1]
    _noise._make_noisy(stage, torch.tensor([3.0, 0.0]), torch.Generator().manual_seed(5))
    x, delta = torch.randn(2, 2, 6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y, tape = stage.record(x)
    scale, shift = _noise.factors(y, torch.tensor([3.0, 0.0]).view(2, 1, 1), torch.Generator().manual_seed(5))
    free = x.clone().requires_grad_()
    plain = nn.functional.batch_norm(free[1], None, None, training=True)
    noisy = nn.functional.batch_norm(free[0], None, None, training=True) * scale[0] + shift[0]
    assert torch.allclose(y, torch.stack([noisy, plain]), atol=1e-9)
    (wanted,) = torch.autograd.grad((torch.stack([noisy, plain]) * delta).sum(), free)
    assert torch.allclose(stage.backprop(delta, tape, Nothing()), wanted, atol=1e-9)


class Nothing:
    """Updates that change nothing."""

    def other(self, parameter, gradient):
        pass


def test_noise_is_new_each_step_and_shared_by_the_rows():
    y = torch.zeros(2, 500, 3)
    generator = torch.Generator().manual_seed(0)
    size = torch.tensor([2.0, 0.5]).view(2, 1, 1)
    first, second = _noise.factors(y, size, generator), _noise.factors(y, size, generator)
    assert (first[1].mean(1) - second[1].mean(1)).abs().max() > 0.1
    assert first[1].std(1).max() < 2 * _noise.JITTER
    assert (first[1].abs().amax((1, 2)) <= size.flatten() + _noise.JITTER).all()


def test_only_the_noisy_arm_is_noisy():
    ground = Ground(circles(n=200), seeds=2)
    plain = Recipe(name="plain").replace(depth=2, width=8, normalizer="batch", epochs=3)
    arms = [plain, plain.replace(name="noisy")]
    quiet = ground.fit(arms, 2).runs
    noisy = ground.fit(arms, 2, prepare=_noise.noise_after({"noisy": 2.0}, ground.generator)).runs
    assert [run.scores for run in noisy[:2]] == [run.scores for run in quiet[:2]]
    assert noisy[2].scores != quiet[2].scores


def test_drift_does_not_depend_on_units_of_measure():
    values = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(0)).sort(1).values
    assert _drift.drift(10 * values + 3) == pytest.approx(_drift.drift(values), rel=1e-5)
    assert _drift.drift(values[:1].expand(6, 3, 4)) == 0


@pytest.mark.parametrize(
    ("stable", "helps", "restored", "kept", "verdict"),
    [
        (ABOVE, ABOVE, ABOVE, ABOVE, "holds if"),
        (ABOVE, ABOVE, ABOVE, BELOW, "holds"),
        (ABOVE, ABOVE, ABOVE, EITHER, "undecided"),
        (ABOVE, ABOVE, EITHER, ABOVE, "undecided"),
        (ABOVE, ABOVE, BELOW, ABOVE, "undecided"),
        (BELOW, ABOVE, ABOVE, ABOVE, "does not hold"),
        (ABOVE, BELOW, ABOVE, ABOVE, "does not hold"),
        (EITHER, ABOVE, ABOVE, BELOW, "undecided"),
    ],
)
def test_the_reason_is_decided(stable, helps, restored, kept, verdict):
    found = {"stable": stable, "helps": helps, "restored": restored, "kept": kept}
    assert _shift.decided(found) == verdict


def test_what_noise_keeps_of_the_help(ground):
    weak, enough, strong = _shift.NOISES
    over = {_shift.WITHOUT: [40.0, 42.0, 44.0], _shift.WITH: [10.0, 12.0, 14.0]}
    over |= {weak: [11.0, 12.0, 13.0], enough: [20.0, 22.0, 24.0], strong: [70.0, 70.0, 70.0]}
    drifts = {_shift.WITHOUT: [0.3, 0.2, 0.4], _shift.WITH: [0.1, 0.1, 0.1]}
    drifts |= {weak: [0.3, 0.2, 0.4], enough: [0.5, 0.4, 0.6], strong: [0.9, 0.9, 0.9]}
    assert _shift.strong_enough(ground, drifts) == enough
    assert _shift.strong_enough(ground, drifts | {enough: drifts[weak], strong: drifts[weak]}) == strong
    found = _shift.pairs(ground, drifts, over)
    assert found["kept"].difference == pytest.approx(25 - 20)
    assert found["stable"].difference == pytest.approx(0.2)
    assert found["restored"].difference == pytest.approx(0.2)


def test_shift_runs(ground, monkeypatch):
    monkeypatch.setattr(_learning, "RATES", (1.0,))
    outcome = CLAIMS["C5.3"].show(ground)
    assert [picture.size for picture in outcome.pictures] == ["card", "card", "card", "half"]
    drifts = {name: float(middle) for name, middle, *_ in outcome.tables[0].rows}
    assert drifts["batch norm, noise of 4"] > drifts["batch norm, noise of 0.5"]


def test_the_cost_of_carelessness_by_hand(monkeypatch):
    monkeypatch.setattr(_careless, "SCALES", (0.1, 1.0, 10.0))
    wrong = {"without, 0.1": [10.0, 90.0], "without, 1": [5.0, 7.0], "without, 10": [80.0, 3.0]}
    assert _careless.cost(wrong, "without") == [75.0, 87.0]


@pytest.mark.parametrize(("saved", "verdict"), [(ABOVE, "holds"), (BELOW, "does not hold"), (EITHER, "undecided")])
def test_carelessness_is_decided(saved, verdict):
    assert _careless.decided(saved) == verdict


def test_carelessness_runs(ground, monkeypatch):
    monkeypatch.setattr(_careless, "RATES", {"sgd": (0.3,)})
    monkeypatch.setattr(_careless, "SCALES", (0.01, 1.0))
    outcome = CLAIMS["C5.4"].show(ground)
    assert outcome.n_seeds == 3
    assert len(outcome.tables[0].rows) == 4


@pytest.mark.parametrize(
    ("speed", "end", "verdict"),
    [
        (ABOVE, ABOVE, "holds"),
        (ABOVE, EITHER, "holds if"),
        (ABOVE, BELOW, "holds if"),
        (EITHER, EITHER, "undecided"),
        (BELOW, ABOVE, "does not hold"),
    ],
)
def test_two_layers_are_decided(speed, end, verdict):
    assert two.decided(speed, end) == verdict


def run(recipe, seed, *accuracies):
    curve = Curve(name="validation_accuracy", steps=tuple(range(len(accuracies))), values=accuracies)
    return Run(recipe=recipe, seed=seed, learning_rate=1.0, status="finished", n_steps=1, seconds=0.0,
               scores={"test_accuracy": accuracies[-1]}, curves=(curve,))  # fmt: skip


def test_two_layers_from_curves(ground):
    slow = [run(two.WITHOUT, seed, 0.1, 0.1 + seed / 100, 0.9) for seed in range(6)]
    fast = [run(two.WITH, seed, 0.1, 0.8, 0.9) for seed in range(6)]
    assert _learning.mean_errors(slow, two.WITHOUT)[0] == pytest.approx(100 * (0.9 + 0.9 + 0.1) / 3)
    outcome = two.judged(ground, [*slow, *fast], [*slow, *fast])
    assert outcome.verdict == "holds if"
    assert outcome.value == pytest.approx(np.mean([100 * (0.7 - seed / 100) / 3 for seed in range(6)]))
    worse = [run(name, seed, 0.5, end) for name, end in ((two.WITHOUT, 0.9), (two.WITH, 0.2)) for seed in range(6)]
    assert two.judged(ground, worse, worse).verdict == "does not hold"
    assert two.judged(ground, [*slow, *fast], _swapped(worse)).verdict == "holds"


def _swapped(runs):
    names = {two.WITHOUT: two.WITH, two.WITH: two.WITHOUT}
    return [dataclasses.replace(one, recipe=names[one.recipe]) for one in runs]


def test_the_fastest_rate_is_taken(ground, monkeypatch):
    monkeypatch.setattr(_learning, "RATES", (1e-6, 0.3))
    tiny = Recipe(name="tiny").replace(depth=1, width=16, epochs=10)
    runs = _learning.at_fastest_rates(ground, [tiny, tiny.replace(name="other", width=8)], 2)
    assert [(one.recipe, one.seed, one.learning_rate) for one in runs] == [
        ("tiny", 0, 0.3), ("tiny", 1, 0.3), ("other", 0, 0.3), ("other", 1, 0.3)]  # fmt: skip


def test_curves_are_medians_with_intervals():
    runs = [run("a", seed, 0.5, 0.5 + seed / 20) for seed in range(7)]
    band, line = _learning.curves("", runs, ["a"]).marks
    middle = median_interval([50 - 5 * seed for seed in range(7)])
    assert line.columns["y"] == pytest.approx((50.0, middle.estimate))
    assert (band.columns["low"][1], band.columns["high"][1]) == pytest.approx((middle.low, middle.high))


def test_interval_columns_have_one_length():
    columns = interval_columns([(1.0, "a", [1.0, 2.0]), (2.0, "a", [5.0])])
    assert {len(values) for values in columns.values()} == {2}


@pytest.mark.slow
def test_two_layers_on_mnist(shared_data):
    outcome = CLAIMS["C5.5"].show(Ground(load("mnist", folder=shared_data / "mnist"), seeds=6))
    assert "mnist" in outcome.finding
    assert outcome.verdict in {"holds", "holds if"}


@pytest.mark.slow
@pytest.mark.parametrize(("claim", "verdict"), SLOW.items())
def test_the_quick_run(claim, verdict):
    assert CLAIMS[claim].show(Ground(load("digits"))).verdict == verdict
