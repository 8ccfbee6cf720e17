"""Each loss and its gradient, held to torch's own and to a case by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from layerwise.population._criteria import binary_cross_entropy, cross_entropy, huber, squared_error


@pytest.mark.parametrize("size", [1e-3, 1.0, 300.0])
def test_cross_entropy_is_torchs(size):
    outputs = (torch.randn(3, 5, 4, dtype=torch.float64) * size).requires_grad_()
    targets = torch.randint(0, 4, (3, 5))
    expected = torch.stack([functional.cross_entropy(o, t) for o, t in zip(outputs, targets, strict=True)])
    (gradient,) = torch.autograd.grad(expected.sum(), outputs)
    loss, delta = cross_entropy(outputs.detach(), targets)
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(delta, gradient, rtol=1e-12, atol=1e-14)


def test_squared_error_is_torchs():
    outputs = torch.randn(3, 5, 4, dtype=torch.float64).requires_grad_()
    targets = torch.randn(3, 5, 4, dtype=torch.float64)
    expected = torch.stack([functional.mse_loss(o, t) for o, t in zip(outputs, targets, strict=True)])
    (gradient,) = torch.autograd.grad(expected.sum(), outputs)
    loss, delta = squared_error(outputs.detach(), targets)
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-12, atol=0)
    torch.testing.assert_close(delta, gradient, rtol=1e-12, atol=0)


@pytest.mark.parametrize("size", [0.1, 1.0, 30.0])
def test_huber_is_torchs(size):
    outputs = (torch.randn(3, 5, 4, dtype=torch.float64) * size).requires_grad_()
    targets = torch.randn(3, 5, 4, dtype=torch.float64)
    expected = torch.stack([functional.huber_loss(o, t) for o, t in zip(outputs, targets, strict=True)])
    (gradient,) = torch.autograd.grad(expected.sum(), outputs)
    loss, delta = huber(outputs.detach(), targets)
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(delta, gradient, rtol=1e-12, atol=1e-14)


def test_huber_by_hand():
    loss, delta = huber(torch.tensor([[[0.5], [-3.0]]]), torch.zeros(1, 2, 1))
    assert loss.item() == pytest.approx((0.125 + 2.5) / 2)
    assert delta.flatten().tolist() == [0.25, -0.5]


@pytest.mark.parametrize("size", [1e-3, 1.0, 300.0])
@pytest.mark.parametrize("n_targets", [1, 3])
def test_binary_cross_entropy_is_torchs(size, n_targets):
    outputs = (torch.randn(3, 5, 4, dtype=torch.float64) * size).requires_grad_()
    targets = (torch.rand(n_targets, 5, 4) < 0.5).to(torch.float64)
    pairs = zip(outputs, targets.expand(3, 5, 4), strict=True)
    expected = torch.stack([functional.binary_cross_entropy_with_logits(o, t) for o, t in pairs])
    (gradient,) = torch.autograd.grad(expected.sum(), outputs)
    loss, delta = binary_cross_entropy(outputs.detach(), targets)
    torch.testing.assert_close(loss, expected.detach(), rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(delta, gradient, rtol=1e-12, atol=1e-14)


def test_equal_logits_cost_the_logarithm_of_the_classes():
    loss, delta = cross_entropy(torch.zeros(1, 1, 4, dtype=torch.float64), torch.tensor([[2]]))
    assert loss.item() == pytest.approx(math.log(4))
    assert delta.flatten().tolist() == [0.25, 0.25, -0.75, 0.25]


def test_a_network_that_is_not_finite_keeps_it_to_itself():
    outputs = torch.zeros(2, 3, 4)
    outputs[0, 1, 2] = math.nan
    loss, delta = cross_entropy(outputs, torch.zeros(2, 3, dtype=torch.long))
    assert math.isnan(loss[0])
    assert loss[1].item() == pytest.approx(math.log(4))
    assert delta[1].isfinite().all()
