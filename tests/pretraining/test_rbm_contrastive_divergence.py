"""What contrastive divergence expects, exactly, through the Gibbs kernel; and the training step expects the same."""

from __future__ import annotations

import pytest
import torch
from golden_machine import DATA, golden, kernel, states

from layerwise.pretraining.rbm import RBMTraining, log_likelihood_gradient
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._step import Step

EXPECTED = {
    0.5: ((0.08942224, 0.07740943, 0.07372188), (2.2e-3, 1.5e-4, 1.3e-5, 8.8e-8, 4e-13), 0.08388),
    2.0: ((-0.23091273, -0.29933259, -0.20293796), (0.290, 0.0769, 0.0218, 1.8e-3, 3.8e-6), 0.29016),
}


def at_data():
    """Return p_data over the sixteen states."""
    return (states(4)[:, None] == DATA).all(-1).double().mean(1)


def expected_cd(machine, k):
    """Return E[CD-k] of each parameter: statistics under p_data minus those under p_data T^k."""
    v, h = states(4), machine.hidden_mean(states(4)).detach()
    transition = kernel(machine.hidden_mean, machine.visible_mean, 4, 3).detach()
    share = at_data() - at_data() @ torch.linalg.matrix_power(transition, k)
    return {"weight": v.T @ (share[:, None] * h), "visible_bias": share @ v, "hidden_bias": share @ h}


@pytest.mark.parametrize("scale", EXPECTED)
def test_expected_contrastive_divergence_and_its_bias(scale):
    machine = golden(scale)
    row, biases, second = EXPECTED[scale]
    torch.testing.assert_close(
        expected_cd(machine, 1)["weight"][0], torch.tensor(row, dtype=torch.float64), atol=5e-9, rtol=0
    )
    exact = log_likelihood_gradient(machine, DATA)["weight"]
    for k, wanted in zip((1, 2, 3, 5, 10), biases, strict=True):
        found = (expected_cd(machine, k)["weight"] - exact).norm() / exact.norm()
        assert found.item() == pytest.approx(wanted, rel=0.13 if k == 10 else 0.05)
    transition = kernel(machine.hidden_mean, machine.visible_mean, 4, 3).detach()
    values = torch.linalg.eigvals(transition).abs().sort(descending=True).values
    assert values[0].item() == pytest.approx(1, abs=1e-12)
    assert values[1].item() == pytest.approx(second, abs=5e-6)


@pytest.mark.parametrize(("scale", "bias"), [(0.5, 0.00206), (2.0, 0.27997)])
def test_the_bias_over_all_parameters(scale, bias):
    machine = golden(scale)
    exact, found = log_likelihood_gradient(machine, DATA), expected_cd(machine, 1)
    flat = [torch.cat([part[name].flatten() for name in exact]) for part in (exact, found)]
    assert ((flat[1] - flat[0]).norm() / flat[0].norm()).item() == pytest.approx(bias, abs=5e-6)


def moved(machine, settings, n_steps=1, n_rows=80_000, seed=0):
    """Return the gradient that a step follows after `n_steps - 1` others, all from the same parameters."""
    layers, before = Layers.of(machine), {name: p.detach().clone() for name, p in machine.named_parameters()}
    step = Step(layers, n_rows, settings, [torch.Generator().manual_seed(seed)])
    rows = DATA.repeat(n_rows // 4, 1).unsqueeze(0)
    with torch.no_grad():
        for _ in range(n_steps):
            step(rows)
            for name, parameter in machine.named_parameters():
                found = (parameter - before[name]) / settings.learning_rate
                before[name + " moved"] = found.clone()
                parameter.copy_(before[name])
    return {name: before[name + " moved"] for name, _ in machine.named_parameters()}


@pytest.mark.parametrize("k", [1, 2])
@pytest.mark.parametrize("n_lanes", [1, 2])
def test_the_step_of_contrastive_divergence_expects_that(k, n_lanes, monkeypatch):
    monkeypatch.setattr("layerwise.pretraining.rbm._step._TWO_LANES", 1 if n_lanes == 2 else 2**62)
    machine = golden(2.0)
    wanted = expected_cd(machine, k)
    for name, found in moved(machine, RBMTraining(steps=k)).items():
        # 80,000 rows: the standard error of a difference of two states is at most 0.0025
        torch.testing.assert_close(found, wanted[name], atol=0.01, rtol=0)


@pytest.mark.parametrize(
    "settings",
    [
        RBMTraining(method="pcd"),
        RBMTraining(method="pcd", chains=20_000, steps=2),
        RBMTraining(method="tempering", temperatures=3, chains=40_000),
    ],
    ids=["pcd", "pcd with other chains", "tempering"],
)
def test_chains_that_go_on_reach_the_likelihood_gradient(settings):
    machine = golden(2.0)
    wanted = log_likelihood_gradient(machine, DATA)
    for name, found in moved(machine, settings, n_steps=12, n_rows=40_000).items():
        torch.testing.assert_close(found, wanted[name], atol=0.02, rtol=0)


def test_tempering_moves_between_modes_where_gibbs_sampling_does_not():
    """Two modes, 0000 and 1111, of the same probability: chains that start in one must be found in both."""
    machine = golden(0.0)
    with torch.no_grad():
        machine.weight.fill_(6.0)
        machine.visible_bias.fill_(-9.0)
        machine.hidden_bias.fill_(-12.0)
    shares = {}
    for method in ("pcd", "tempering"):
        step = Step(
            Layers.of(machine),
            200,
            RBMTraining(method=method, temperatures=12, learning_rate=1e-12),
            [torch.Generator().manual_seed(0)],
        )
        step.lanes[0].chains.h.zero_()
        with torch.no_grad():
            for _ in range(300):
                step(torch.zeros(1, 200, 4, dtype=torch.float64))
        shares[method] = step.lanes[0].v_neg.mean().item()
    assert shares["pcd"] < 0.1
    assert 0.4 < shares["tempering"] < 0.6


def test_means_instead_of_draws_in_the_last_visible_states():
    machine = golden(2.0)
    h = states(3)
    first = (machine.hidden_mean(DATA).unsqueeze(1) * h + (1 - machine.hidden_mean(DATA)).unsqueeze(1) * (1 - h)).prod(
        -1
    )
    mean = machine.visible_mean(h)
    negative = mean.T @ (first.mean(0)[:, None] * machine.hidden_mean(mean))
    wanted = DATA.T @ machine.hidden_mean(DATA) / 4 - negative
    found = moved(machine, RBMTraining(sample_visible=False))["weight"]
    torch.testing.assert_close(found, wanted.detach(), atol=0.005, rtol=0)
