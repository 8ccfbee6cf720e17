"""Module 9.1 of the lecture: formulas by hand, checks that can fail, and decisions on made-up numbers."""

from __future__ import annotations

import math

import pytest
import torch

from layerwise.data import circles, load
from layerwise.lecture import CLAIMS
from layerwise.lecture._exact import Sides
from layerwise.lecture._ground import Ground
from layerwise.lecture.backprop import _chain, _depth, _paths, _responsibility
from layerwise.lecture.backprop._sigmoid_neuron import CONDITION, Neurons, Readings
from layerwise.records import Run
from layerwise.stats import Interval

EXACT = {"C1.1": "holds if", "C1.2": "holds if", "C1.3": "holds", "C1.4": "holds", "C1.5": "holds if"}


@pytest.fixture(scope="module")
def ground():
    return Ground(circles(n=200), seeds=2)


def numbers(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(("claim", "verdict"), EXACT.items())
def test_exact_claims(ground, claim, verdict):
    outcome = CLAIMS[claim].show(ground)
    assert outcome.verdict == verdict
    assert outcome.value <= 1e-12
    assert bool(outcome.condition) == (verdict == "holds if")
    assert outcome.tables
    assert outcome.pictures


@pytest.mark.parametrize("claim", EXACT)
def test_another_draw_says_the_same(ground, claim):
    assert CLAIMS[claim].show(Ground(ground.data, root=7)).verdict == EXACT[claim]


def test_one_neuron_by_hand():
    # f = sigmoid(0) = 1/2, (f - y) f (1 - f) = 1/2 * 1/4, times x = 2
    neuron = Neurons(numbers([0.0]), numbers(0.0), numbers([2.0]), numbers(0.0))
    assert neuron.formula().item() == 0.25
    assert neuron.by_autograd(0.5).item() == 0.25
    assert neuron.by_autograd(1.0).item() == 0.5


def test_wide_neuron_by_hand():
    neuron = Neurons(numbers([0.0, 0.0]), numbers(0.0), numbers([1.0, -2.0]), numbers(1.0))
    assert neuron.formula().tolist() == [[-0.125, 0.25]]


@pytest.mark.parametrize(
    ("halved", "plain", "verdict"), [(0.0, 0.0, "holds"), (0.0, 0.5, "holds if"), (0.1, 0.5, "does not hold")]
)
def test_what_the_formula_is_the_gradient_of(halved, plain, verdict):
    found = Readings(Sides("half", halved, 0.0), Sides("whole", plain, 0.0), Sides("twice", 0.0, 0.0))
    assert found.verdict() == verdict
    assert found.condition() == (CONDITION if verdict == "holds if" else "")


def test_the_descent_starts_at_the_loss_of_one_half():
    from layerwise.lecture.backprop._one_neuron import descend

    losses = descend()
    assert losses[0] == pytest.approx((0.3**2 + 0.4**2) / 2)  # f = 1/2 at both points, y = 0.2 and 0.9
    assert losses[-1] < 1e-6


def test_a_chain_by_hand():
    # x = 0, so h_1 = 1/2; w_2 = 0, so h_2 = 1/2; y = 0: dL/dw_2 = 1/2 * 1/4 * 1/2, dL/dw_1 = 0 as its input is 0
    chains = _chain.Chains(numbers([3.0, 0.0]), numbers(0.0), numbers(0.0))
    assert [one.product().item() for one in _chain.factors(chains)] == [0.0, 0.0625]


def test_a_chain_by_finite_differences():
    chains = _chain.Chains.drawn(5, 4, torch.Generator().manual_seed(1))
    for layer, found in enumerate(_chain.factors(chains)):
        step = torch.zeros_like(chains.w)
        step[:, layer] = 1e-6
        up, down = (((chains.signal(chains.w + sign * step)[-1] - chains.y) ** 2) / 2 for sign in (1, -1))
        assert torch.allclose((up - down) / 2e-6, found.product(), atol=1e-9)


def test_a_chain_without_its_own_slope_is_found_out(ground, monkeypatch):
    monkeypatch.setattr(_chain.Factors, "product", lambda self: self.error * self.above * self.source)
    assert CLAIMS["C1.3"].show(ground).verdict == "does not hold"


def test_paths_of_a_network_with_one_unit_a_layer_are_the_chain():
    w, x, y = numbers(0.3, -1.2, 0.7), numbers(0.4), numbers(0.1)
    chains = _chain.Chains(w.unsqueeze(0), x, y)
    found = _paths.by_paths([one.view(1, 1) for one in w], x, y)
    assert [one.item() for one in found] == pytest.approx([one.product().item() for one in _chain.factors(chains)])


def test_every_path_is_walked():
    weights = [torch.ones(4, 3), torch.ones(5, 4), torch.ones(2, 5)]
    assert len(_paths.path_products(weights, torch.ones(3), torch.zeros(2), 0, 0, 0)) == 10
    assert len(_paths.path_products(weights, torch.ones(3), torch.zeros(2), 2, 1, 0)) == 1


def test_a_missing_path_is_found_out(ground, monkeypatch):
    walk = _paths.path_products
    monkeypatch.setattr(_paths, "path_products", lambda *given: walk(*given)[1:])
    assert CLAIMS["C1.4"].show(ground).verdict == "does not hold"


def test_the_gradient_tells_small_changes():
    network = _responsibility.Network.drawn(torch.Generator().manual_seed(0))
    assert network.changed(2, 3, 1e-6) / 1e-6 == pytest.approx(network.gradient()[2, 3].item(), abs=1e-5)


def test_order_of_what_is_missed():
    steps = torch.tensor(_responsibility.STEPS).unsqueeze(1)
    assert _responsibility.order(steps**2) == pytest.approx(2.0, abs=1e-5)
    assert _responsibility.order(steps) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("kept", "alone", "power", "verdict"),
    [
        (0.0, 0.3, 2.0, "holds if"),
        (0.0, 0.0, 2.0, "holds"),
        (0.1, 0.3, 2.0, "does not hold"),
        (0.0, 0.3, 1.0, "does not hold"),
    ],
)
def test_responsibility_is_decided(kept, alone, power, verdict):
    assert _responsibility.judged(kept, alone, power) == verdict


@pytest.mark.parametrize(
    ("shallow", "deep", "verdict"),
    [
        ((0.8, 1.0), (0.0, 0.2), "holds"),
        ((0.8, 1.0), (0.6, 0.9), "does not hold"),
        ((0.1, 0.4), (0.0, 0.2), "does not hold"),
        ((0.8, 1.0), (0.3, 0.6), "undecided"),
    ],
)
def test_depth_is_decided(shallow, deep, verdict):
    assert _depth.judged(Interval(0.0, *shallow), Interval(0.0, *deep)) == verdict


def test_a_seed_trains_if_one_rate_trains_it():
    def run(recipe, seed, accuracy):
        return Run(recipe=recipe, seed=seed, learning_rate=1.0, status="finished", n_steps=1, seconds=0.0,
                   scores={"train_accuracy": accuracy})  # fmt: skip

    ground = Ground(circles(n=200))
    recipes = [_depth._old(1, rate, ground) for rate in _depth.RATES]
    low, high = (recipe.name for recipe in recipes)
    runs = [run(low, 0, 0.1), run(high, 0, 0.9), run(low, 1, 0.1), run(high, 1, math.nan), run("other", 1, 1.0)]
    assert _depth.share_that_trains(runs, recipes, 45.0).estimate == 0.5


def test_depth_runs(ground, monkeypatch):
    monkeypatch.setattr(_depth, "DEPTHS", (1, 3))
    monkeypatch.setattr(_depth, "LONG", (2, 3))
    monkeypatch.setattr(_depth, "TIMES", 1)
    outcome = CLAIMS["C1.6"].show(ground)
    assert outcome.n_seeds == 2
    assert len(outcome.tables[0].rows) == 5


@pytest.mark.slow
def test_deep_networks_do_not_train():
    assert CLAIMS["C1.6"].show(Ground(load("digits"))).verdict == "holds"
