"""The measures of a run, held to autograd on the single network they are about."""

from __future__ import annotations

import math

import pytest
import torch

from layerwise._base import InvalidInput, child_seed
from layerwise.data import circles
from layerwise.models import Recipe, build
from layerwise.population import fit
from layerwise.population._observe import N_READINGS, reading_steps


def by_hand(recipe, data, seed):
    """Everything about the first step of one network, by autograd and plain formulas."""
    split = data.split(seed)
    net = build(recipe, 2, 2, torch.Generator().manual_seed(child_seed(seed, "weights")), torch.float64)
    order = torch.randperm(len(split.train), generator=torch.Generator().manual_seed(child_seed(seed, "order")))
    rows = split.train[order[: recipe.training.batch_size].numpy()]
    scale, center = torch.as_tensor(split.scale).double(), torch.as_tensor(split.center).double()
    x = (torch.as_tensor(data.features[rows]).double() - center) / scale
    found, h, kept = {}, x, {}
    for k in (1, 2):
        z = net.get_submodule(f"linear{k}")(h)
        z.retain_grad()
        h = net.get_submodule(f"activation{k}")(z)
        kept[f"hidden{k}"] = (z, h, net.get_submodule(f"linear{k}").weight)
    logits = net.output(h)
    logits.retain_grad()
    kept["output"] = (logits, logits, net.output.weight)
    torch.nn.functional.cross_entropy(logits, torch.as_tensor(data.targets[rows])).backward()
    for name, (z, a, weight) in kept.items():
        found[name, "preactivation_mean"] = z.mean()
        found[name, "preactivation_rms"] = z.square().mean().sqrt()
        found[name, "preactivation_gradient_rms"] = z.grad.square().mean().sqrt() * len(x)
        found[name, "weight_gradient_rms"] = weight.grad.square().mean().sqrt()
        found[name, "weight_rms"] = weight.square().mean().sqrt()
        found[name, "update_ratio"] = recipe.optimizer.learning_rate * weight.grad.norm() / weight.norm()
        if name == "output":
            continue
        found[name, "activation_mean"] = a.mean()
        found[name, "activation_rms"] = a.square().mean().sqrt()
        found[name, "activation_std_between_inputs"] = a.var(0, correction=0).mean().sqrt()
        found[name, "duplicate_unit_fraction"] = torch.tensor(0.0)
        if recipe.architecture.activation == "relu":
            found[name, "dead_fraction"] = (z <= 0).all(0).double().mean()
        else:
            found[name, "saturated_fraction"] = (1 - a.square() < 0.05).double().mean()
    found["input", "activation_rms"] = x.square().mean().sqrt()
    found["input", "activation_std_between_inputs"] = x.var(0, correction=0).mean().sqrt()
    return {key: float(value.detach()) for key, value in found.items()}


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_first_reading_is_what_autograd_says(activation):
    data = circles(n=100)
    recipe = Recipe().replace(depth=2, width=6, activation=activation, initializer="normal", scale=1.5, epochs=2)
    for run in fit(recipe, data, seeds=3, dtype=torch.float64, progress=False).runs:
        first = {(m.layer, m.quantity): m.values[0] for m in run.measures}
        wanted = by_hand(recipe, data, run.seed)
        assert first.keys() == wanted.keys()
        for key, value in wanted.items():
            assert first[key] == pytest.approx(value, rel=1e-6, abs=1e-9), key


def test_readings_are_at_their_steps():
    assert reading_steps(100, 0) == frozenset()
    assert sorted(reading_steps(100, 30)) == [0, 30, 60, 90, 99]
    assert sorted(reading_steps(800, None))[:6] == [0, 1, 3, 10, 30, 100]
    assert len(reading_steps(800, None)) == N_READINGS + 5
    assert sorted(reading_steps(3, None)) == [0, 1, 2]
    run = fit(Recipe().replace(depth=1, width=4, epochs=3), circles(n=100), probe_every=2, progress=False).runs[0]
    assert run.measures[0].steps == tuple(sorted(reading_steps(run.n_steps, 2)))


def test_probing_changes_nothing():
    recipe = Recipe().replace(depth=2, width=6, epochs=3, normalizer="batch", dropout=0.1)
    never = fit(recipe, "circles", seeds=2, probe_every=0, progress=False)
    always = fit(recipe, "circles", seeds=2, probe_every=1, progress=False)
    assert never.runs[0].measures == ()
    for mine, other in zip(never.models, always.models, strict=True):
        assert all(
            torch.equal(a, b) for a, b in zip(mine.state_dict().values(), other.state_dict().values(), strict=True)
        )


def test_what_an_observer_returns_is_kept():
    def observe(snapshot):
        return {("step_squared", "output"): torch.full((len(snapshot.seeds),), float(snapshot.step**2))}

    run = fit(
        Recipe().replace(depth=1, width=4, epochs=2), "circles", observe=observe, probe_every=3, progress=False
    ).runs[0]
    (found,) = (m for m in run.measures if m.quantity == "step_squared")
    assert found.values == tuple(float(step**2) for step in found.steps)


def test_an_observer_that_changes_its_mind_is_told():
    def observe(snapshot):
        return {} if snapshot.step else {("odd", "output"): torch.zeros(1)}

    with pytest.raises(InvalidInput, match="`observe` must return the same measures at every step"):
        fit(Recipe().replace(depth=1, width=4, epochs=2), "circles", observe=observe, progress=False)


def test_histograms_count_every_activation():
    recipe = Recipe().replace(depth=2, width=6, activation="tanh", epochs=2)
    fitted = fit(recipe, circles(n=100), seeds=2, progress=False)
    for histograms in fitted.histograms:
        assert [(h.layer, h.step) for h in histograms[:2]] == [("hidden1", 0), ("hidden2", 0)]
        assert {h.step for h in histograms} == {0, fitted.runs[0].n_steps - 1}
        assert all(sum(h.counts) == 32 * 6 and (h.low, h.high) == (-1, 1) for h in histograms)


def test_a_dead_signal_is_measured_not_rounded_away():
    recipe = Recipe().replace(depth=12, width=16, activation="sigmoid", initializer="normal", scale=5e-3, epochs=1)
    run = fit(recipe, "circles", progress=False).runs[0]
    last = next(m for m in run.measures if (m.layer, m.quantity) == ("hidden1", "preactivation_gradient_rms"))
    assert 0 < last.values[0] < 1e-20
    assert math.isfinite(last.values[0])
