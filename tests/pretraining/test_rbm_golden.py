"""The 4 x 3 machine to ten digits: log Z by three routes, likelihoods, gradients; closed forms; Gaussian mixtures."""

from __future__ import annotations

import math

import pytest
import torch
from golden_machine import DATA, golden, random_machine, states

from layerwise._base import InvalidInput
from layerwise.pretraining.rbm import (
    RBM,
    Gaussian,
    can_enumerate,
    exact_sample,
    free_energy_gap,
    log_likelihood,
    log_likelihood_gradient,
    log_partition,
    pseudo_log_likelihood,
)
from layerwise.pretraining.rbm._partition import Side

SCALES = (0.5, 2.0)
GOLDEN = {
    0.5: {
        "log_z": 5.085737984484861,
        "free_energy": (-2.243148564615669, -3.284398887364990),
        "likelihood": -2.691703168591078,
        "pseudo": -2.7048290291018806,
        "d_bias": (0.16293194, 0.16049117, 0.10966422, 0.11698214),
        "d_weight_0": (0.08933954, 0.07729824, 0.07365853),
    },
    2.0: {
        "log_z": 8.496532373689972,
        "free_energy": (-2.243148564615669, -8.368649712784103),
        "likelihood": -4.844367112180395,
        "pseudo": -4.616289588467439,
        "d_bias": (-0.20855379, 0.47158401, -0.21973691, 0.46530213),
        "d_weight_0": (-0.35492373, -0.43526016, -0.31399921),
    },
}


def close(found, wanted, within=1e-10):
    torch.testing.assert_close(found, torch.as_tensor(wanted, dtype=torch.float64), atol=within, rtol=0)


@pytest.mark.parametrize("scale", SCALES)
def test_log_partition_by_three_routes(scale):
    machine = golden(scale)
    v, h = states(4), states(3)
    energy = -(v @ machine.visible_bias)[:, None] - (h @ machine.hidden_bias) - v @ machine.weight @ h.T
    close(log_partition(machine), GOLDEN[scale]["log_z"])  # over the hidden states
    close((-machine.free_energy(v)).logsumexp(0).detach(), GOLDEN[scale]["log_z"])  # over the visible states
    close((-energy).flatten().logsumexp(0).detach(), GOLDEN[scale]["log_z"])  # over both


@pytest.mark.parametrize("scale", SCALES)
def test_free_energy_and_likelihoods(scale):
    machine, golden_numbers = golden(scale), GOLDEN[scale]
    rows = torch.tensor([[0, 0, 0, 0], [1, 0, 1, 0]], dtype=torch.float64)
    close(machine.free_energy(rows).detach(), golden_numbers["free_energy"])
    close(log_likelihood(machine, DATA).mean(), golden_numbers["likelihood"])
    close(pseudo_log_likelihood(machine, DATA).mean(), golden_numbers["pseudo"])


@pytest.mark.parametrize("scale", SCALES)
def test_the_likelihood_gradient(scale):
    found = log_likelihood_gradient(golden(scale), DATA)
    close(found["visible_bias"], GOLDEN[scale]["d_bias"], 5e-9)
    close(found["weight"][0], GOLDEN[scale]["d_weight_0"], 5e-9)


@pytest.mark.parametrize(
    "kinds",
    [
        {},
        {"visible": "gaussian"},
        {"visible": Gaussian(variance=0.5)},
        {"visible": Gaussian(learned=True)},
        {"hidden": "gaussian"},
        {"hidden": "rectified"},
    ],
    ids=str,
)
def test_the_gradient_is_that_of_autograd(kinds):
    machine = random_machine(4, 3, weight_std=0.3, **kinds)
    if machine.log_variance is not None:
        machine.log_variance.data = torch.tensor([-0.5, 0.0, 0.3, 0.1], dtype=torch.float64)
    rows = states(4)[3:9] if machine.visible.name == "bernoulli" else torch.linspace(-2, 2, 24).double().view(6, 4)
    side = Side.smaller(machine)
    blocks = [(n, s) for n, s in ((True, states(3)), (False, states(4))) if n == side.is_hidden]
    live = Side(machine, side.is_hidden, side.n_units)
    likelihood = -machine.free_energy(rows).mean() - live.log_weights(blocks[0][1]).logsumexp(0)
    likelihood.backward()
    found = log_likelihood_gradient(machine, rows)
    assert set(found) == {name for name, _ in machine.named_parameters()}
    for name, parameter in machine.named_parameters():
        torch.testing.assert_close(found[name], parameter.grad, atol=1e-12, rtol=1e-10)


def test_without_weights_all_is_closed_form():
    machine = random_machine(7, 5, weight_std=0.0)
    softplus = torch.nn.functional.softplus
    wanted = softplus(machine.visible_bias).sum() + softplus(machine.hidden_bias).sum()
    close(log_partition(machine), wanted.detach(), 1e-12)
    independent = -(softplus(machine.visible_bias) - states(7) * machine.visible_bias).sum(1)
    close(log_likelihood(machine, states(7)), independent.detach(), 1e-12)
    close(pseudo_log_likelihood(machine, states(7)), independent.detach(), 1e-12)


def test_a_gaussian_machine_is_a_mixture():
    machine = golden(0.5, visible="gaussian")
    close(log_partition(machine), 6.793317231877396)
    close(log_likelihood(machine, torch.zeros(1, 4)), [-4.580168667261726])
    h, rows = states(3), torch.linspace(-2, 2, 20).double().view(5, 4)
    b, coupling = machine.visible_bias.detach(), h @ machine.weight.detach().T
    logs = h @ machine.hidden_bias.detach() + coupling @ b + coupling.square().sum(1) / 2
    distance = (rows[:, None] - (b + coupling)).square().sum(-1)
    mixture = (logs.log_softmax(0) - distance / 2 - 2 * math.log(2 * math.pi)).logsumexp(1)
    close(log_likelihood(machine, rows), mixture, 1e-12)


def test_a_variance_is_a_change_of_units():
    """Data twice as large, with biases twice and weights twice as large and variance 4: densities 2^-n as large."""
    plain, scaled = golden(0.5, visible="gaussian"), golden(0.5, visible=Gaussian(variance=4.0))
    with torch.no_grad():
        scaled.weight.mul_(2)
        scaled.visible_bias.mul_(2)
    rows = torch.linspace(-2, 2, 20).double().view(5, 4)
    close(log_likelihood(scaled, 2 * rows), log_likelihood(plain, rows) - 4 * math.log(2), 1e-12)


def test_enumeration_in_blocks_is_enumeration(monkeypatch):
    machine = random_machine(9, 11)
    whole = log_partition(machine), log_likelihood_gradient(machine, states(9)[:5])
    monkeypatch.setattr("layerwise.pretraining.rbm._partition._NUMBERS", 70)
    close(log_partition(machine), whole[0], 1e-12)
    for name, value in log_likelihood_gradient(machine, states(9)[:5]).items():
        close(value, whole[1][name], 1e-12)


def test_the_smaller_side_is_taken():
    assert Side.smaller(random_machine(4, 9)).is_hidden is False
    assert Side.smaller(random_machine(9, 4)).is_hidden is True
    assert Side.smaller(random_machine(4, 9, visible="gaussian")).is_hidden is True


def test_too_large_an_enumeration_is_refused_with_a_cure():
    machine = RBM(30, 26, generator=torch.Generator())
    assert not can_enumerate(machine)
    with pytest.raises(InvalidInput) as caught:
        log_partition(machine)
    assert str(caught.value) == (
        "Enumeration needs a side of at most 25 Bernoulli units. Got RBM(30 bernoulli, 26 bernoulli) instead. "
        "Estimate log Z with `ais` and `reverse_ais`, or use `pseudo_log_likelihood`."
    )
    assert can_enumerate(RBM(30, 25, generator=torch.Generator()))
    assert not can_enumerate(RBM(2, 2, visible="gaussian", hidden="gaussian", generator=torch.Generator()))


def test_a_population_has_the_numbers_of_its_members():
    members = [golden(0.5), golden(2.0)]
    both = RBM(4, 3, seeds=2, generator=[torch.Generator(), torch.Generator()], dtype=torch.float64)
    with torch.no_grad():
        for name, parameter in both.named_parameters():
            parameter.copy_(torch.stack([getattr(member, name) for member in members]))
    for function in (log_partition, lambda m: log_likelihood(m, DATA), lambda m: pseudo_log_likelihood(m, DATA)):
        close(function(both), torch.stack([function(member) for member in members]), 1e-12)
    for name, value in log_likelihood_gradient(both, DATA).items():
        close(value, torch.stack([log_likelihood_gradient(member, DATA)[name] for member in members]), 1e-12)


def test_the_drawn_pseudo_likelihood_is_the_whole_one_in_the_mean():
    machine = golden(2.0)
    rows = DATA.repeat(5000, 1)
    drawn = pseudo_log_likelihood(machine, rows, generator=torch.Generator().manual_seed(0))
    error = drawn.std() / len(rows) ** 0.5
    assert abs(drawn.mean() - GOLDEN[2.0]["pseudo"]) < 4 * error
    assert drawn.std() > 0.1  # it is drawn


def test_the_free_energy_gap_is_a_difference_of_likelihoods():
    machine = golden(2.0)
    gap = log_likelihood(machine, DATA[:2]).mean() - log_likelihood(machine, DATA[2:]).mean()
    close(free_energy_gap(machine, DATA[:2], DATA[2:]), gap, 1e-12)


@pytest.mark.parametrize("sizes", [(4, 3), (3, 4)])
def test_exact_samples_have_the_probabilities_of_the_model(sizes):
    machine = random_machine(*sizes)
    n = 40_000
    rows = exact_sample(machine, n, generator=torch.Generator().manual_seed(0))
    wanted = log_likelihood(machine, states(sizes[0])).exp()
    found = (rows[:, None] == states(sizes[0])).all(-1).double().mean(0)
    close(wanted.sum(), 1.0, 1e-12)
    assert ((found - wanted).abs() < 4.5 * (wanted * (1 - wanted) / n).sqrt() + 1e-9).all()


def test_the_pseudo_likelihood_wants_bits():
    with pytest.raises(InvalidInput, match=r"nothing but 0 and 1. Got a value 0.5 instead. Threshold it"):
        pseudo_log_likelihood(golden(0.5), torch.full((2, 4), 0.5))
    with pytest.raises(InvalidInput, match=r"defined for Bernoulli visible units\. Got 'gaussian'"):
        pseudo_log_likelihood(golden(0.5, visible="gaussian"), DATA)
