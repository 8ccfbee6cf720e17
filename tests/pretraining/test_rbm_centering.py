"""Centering: its gradient is a turn of the plain one, and flipping the data with the offsets changes nothing."""

from __future__ import annotations

import torch
from golden_machine import DATA, golden, random_machine, states

from layerwise.pretraining.rbm import RBMTraining, log_likelihood, log_likelihood_gradient
from layerwise.pretraining.rbm._centering import Offsets
from layerwise.pretraining.rbm._layers import Layers
from layerwise.pretraining.rbm._step import Step


def close(found, wanted):
    torch.testing.assert_close(found, wanted, atol=1e-12, rtol=0)


def test_the_centered_machine_is_the_plain_one():
    """E' with (W, b', c') and offsets has the same probabilities as E with b = b' - W lambda, c = c' - W^T mu."""
    machine = random_machine(4, 3)
    weight, b, c = (p.detach() for p in (machine.weight, machine.visible_bias, machine.hidden_bias))
    mu, lam = torch.rand(4, dtype=torch.float64), torch.rand(3, dtype=torch.float64)
    centered_b, centered_c = b + weight @ lam, c + mu @ weight
    v, h = (states(4) - mu), (states(3) - lam)
    energy = -(v @ centered_b)[:, None] - h @ centered_c - v @ weight @ h.T
    close((-energy).logsumexp(1).log_softmax(0), log_likelihood(machine, states(4)))


def test_the_centered_gradient_is_that_of_autograd():
    """dW' = dW - db lambda^T - mu dc^T is what the plain gradient becomes when biases are held in centered form."""
    machine = random_machine(4, 3)
    mu, lam = torch.rand(4, dtype=torch.float64), torch.rand(3, dtype=torch.float64)
    gradient = log_likelihood_gradient(machine, DATA)
    wanted = gradient["weight"] - torch.outer(gradient["visible_bias"], lam) - torch.outer(mu, gradient["hidden_bias"])
    weight = machine.weight.detach().clone().requires_grad_()
    b = machine.visible_bias.detach() + machine.weight.detach() @ lam
    c = machine.hidden_bias.detach() + mu @ machine.weight.detach()
    free = lambda v: -(v @ (b - weight @ lam)) - torch.nn.functional.softplus(c + (v - mu) @ weight).sum(-1)  # noqa: E731
    (-free(DATA).mean() - (-free(states(4))).logsumexp(0)).backward()
    close(weight.grad, wanted)


def moved(machine, settings, offsets=None):
    """Return the gradients that one step follows, of 8 rows, seed 0."""
    layers, before = Layers.of(machine), [p.detach().clone() for p in machine.parameters()]
    step = Step(layers, 8, settings, [torch.Generator().manual_seed(0)])
    step.offsets = offsets
    with torch.no_grad():
        step(DATA.repeat(2, 1).unsqueeze(0))
    return [
        (after.detach() - b) / settings.learning_rate for after, b in zip(machine.parameters(), before, strict=True)
    ]


def test_a_step_turns_the_plain_gradient():
    plain = moved(golden(2.0), RBMTraining())
    generator = torch.Generator().manual_seed(1)
    mu = torch.rand(1, 1, 4, dtype=torch.float64, generator=generator)
    lam = torch.rand(1, 1, 3, dtype=torch.float64, generator=generator)
    found = moved(golden(2.0), RBMTraining(centering=True), Offsets(mu, lam, rate=0.0))
    weight = plain[0] - torch.outer(plain[1], lam.flatten()) - torch.outer(mu.flatten(), plain[2])
    for value, wanted in zip(
        found, (weight, plain[1] - weight @ lam.flatten(), plain[2] - mu.flatten() @ weight), strict=True
    ):
        torch.testing.assert_close(value, wanted, atol=1e-10, rtol=0)
    assert (weight - plain[0]).abs().max() > 0.05


def flip_(machine):
    """Make `machine` assign to 1 - v what it assigned to v: b -> -b, W -> -W, c -> c + W^T 1."""
    machine.hidden_bias.data += machine.weight.data.sum(0)
    machine.visible_bias.data.neg_()
    machine.weight.data.neg_()
    return machine


def climb(machine, rows, *, centering, n=20, rate=0.5):
    """Follow the exact gradient; with centering, as the training step does, the offsets at the means of the data."""
    layers = Layers.of(machine)
    for _ in range(n):
        gradient = log_likelihood_gradient(machine, rows)
        mu, lam = rows.mean(0), machine.hidden_mean(rows).mean(0).detach()
        weight = gradient["weight"]
        if centering:
            weight = weight - torch.outer(gradient["visible_bias"], lam) - torch.outer(mu, gradient["hidden_bias"])
        with torch.no_grad():
            machine.weight += rate * weight
            machine.visible_bias += rate * gradient["visible_bias"]
            machine.hidden_bias += rate * gradient["hidden_bias"]
            if centering:
                Offsets(mu.view(1, 1, -1), lam.view(1, 1, -1), 0.0).shift_(layers, rate * weight.unsqueeze(0))
    return log_likelihood(machine, rows)


def test_centered_learning_does_not_see_a_flip_and_plain_learning_does():
    rows = torch.cat([DATA, DATA[:1]])  # of mean 0.5 nothing would differ
    before = log_likelihood(golden(0.5), rows)
    close(log_likelihood(flip_(golden(0.5)), 1 - rows), before)
    found = {
        centering: (
            climb(golden(0.5), rows, centering=centering),
            climb(flip_(golden(0.5)), 1 - rows, centering=centering),
        )
        for centering in (True, False)
    }
    torch.testing.assert_close(*found[True], atol=1e-10, rtol=0)
    assert (found[False][0] - found[False][1]).abs().max() > 1e-3
    assert found[True][0].mean() > before.mean() + 0.1


def test_offsets_follow_the_batches():
    machine = golden(2.0)
    mu, lam = torch.zeros(1, 1, 4, dtype=torch.float64), torch.ones(1, 1, 3, dtype=torch.float64)
    codes = machine.hidden_mean(DATA).mean(0).detach()
    offsets = Offsets(mu, lam, rate=0.25)
    moved(machine, RBMTraining(centering=True), offsets)
    close(offsets.visible.flatten(), 0.25 * DATA.mean(0))
    close(offsets.hidden.flatten(), 0.75 + 0.25 * codes)
