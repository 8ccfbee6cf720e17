"""Whole models on the critical line."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from deep_chains import chain, inputs, profile, seeded
from torch import Tensor, nn

from layerwise._base import InvalidInput
from layerwise.initializers import critical_
from layerwise.theory import NoCriticalPoint, critical_point


def singular_values(model: nn.Sequential, x: Tensor) -> Tensor:
    """Return the squared singular values of the Jacobian of all hidden layers at one input."""
    hidden = nn.Sequential(*list(model)[:-1]).double()
    return torch.linalg.svdvals(torch.func.jacrev(hidden)(x.double())).square()


@pytest.mark.parametrize("options", [{}, {"q": 0.1}, {"bias_variance": 0.05}, {"orthogonal_weights": True}])
def test_thirty_tanh_layers_keep_their_gradient_within_a_factor_3(options):
    model, x = chain("tanh", 256), inputs(256)
    critical_(model, x, generator=seeded(), **options)
    _, gradient, _ = profile(model, x)
    assert max(gradient) / min(gradient) < 3


@pytest.mark.slow
def test_thirty_tanh_layers_keep_their_gradient_within_a_factor_3_in_twenty_seeds():
    for seed in range(20):
        model, x = chain("tanh", 256), inputs(256, seed)
        critical_(model, x, generator=seeded(seed))
        _, gradient, _ = profile(model, x)
        assert max(gradient) / min(gradient) < 3


@pytest.mark.parametrize(("given", "value"), [("q", 0.3), ("bias_variance", 0.05), ("bias_variance", 0.0)])
def test_weights_and_biases_have_the_variances_of_the_point(given, value):
    point, model = critical_point("tanh", **{given: value}), chain("tanh", 500, 3)
    critical_(model, inputs(500), generator=seeded(), **{given: value})
    assert model[2].weight.square().mean().item() * 500 == pytest.approx(point.weight_variance, rel=0.02)
    assert model[2].bias.square().mean().item() == pytest.approx(point.bias_variance, rel=0.2)
    if point.q:
        z, _, _ = profile(model, inputs(500))
        assert [one**2 for one in z] == pytest.approx([point.q] * 3, rel=0.15)


def test_relu_is_hes_and_takes_no_bias():
    model = chain("relu", 300, 2)
    critical_(model, inputs(300), generator=seeded())
    assert model[2].weight.square().mean().item() * 300 == pytest.approx(2, rel=0.02)
    assert model[2].bias.abs().max() == 0
    with pytest.raises(NoCriticalPoint, match="relu has a critical point"):
        critical_(model, inputs(300), bias_variance=0.1)


def test_orthogonal_weights_scatter_the_singular_values_less():
    """At q = 0.1 and ten layers theory has variance 0.40 with orthogonal weights and 10.4 with Gaussian ones."""
    width, scatter = 80, {}
    for orthogonal in (True, False):
        model, x = chain("tanh", width, 10), inputs(width)
        critical_(model, x, q=0.1, orthogonal_weights=orthogonal, generator=seeded())
        weight = model[4].weight.detach()
        gram = weight @ weight.T / critical_point("tanh", q=0.1).weight_variance
        assert torch.allclose(gram, torch.eye(width), atol=1e-4) is orthogonal
        values = singular_values(model, x[0])
        scatter[orthogonal] = values.var().item() / values.mean().item() ** 2
    assert scatter[True] < 1
    assert scatter[False] > 4


def test_orthogonal_convolutions_are_delta_orthogonal_where_they_can_be():
    model = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.Tanh(), nn.Conv2d(16, 8, 3, padding=1), nn.Tanh(), nn.Conv2d(8, 2, 1)
    )
    critical_(model, torch.randn(2, 3, 6, 6, generator=seeded()), q=0.5, orthogonal_weights=True, generator=seeded())
    middle, rest = model[0].weight[:, :, 1, 1].detach(), model[0].weight.detach().clone()
    rest[:, :, 1, 1] = 0
    assert rest.abs().max() == 0
    gram = middle.T @ middle
    torch.testing.assert_close(gram, gram[0, 0] * torch.eye(3), atol=1e-5, rtol=0)
    assert (model[2].weight[:, :, 0, 0] != 0).all()  # fewer outputs than inputs: all of the kernel
    point = critical_point("tanh", q=0.5)
    assert model[2].weight.square().mean().item() * 16 * 9 == pytest.approx(point.weight_variance, rel=1e-4)


def test_where_layers_do_not_hold_q_the_reason_says_so():
    model = chain("gelu", 20, 6)
    changes = critical_(model, inputs(20), q=1.0, generator=seeded())
    assert "which layers do not hold (dq'/dq = 1.067)" in changes[2].reason
    changes = critical_(model, inputs(20), generator=seeded())
    assert changes[2].reason == "the critical line of gelu at q = 4 (variance 1.976 / fan_in 20)"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("sigmoid", {}, "must have activations with a critical point that layers hold. Got sigmoid"),
        ("sigmoid", {"q": 1.0}, "no variance is below 0"),
        ("softplus", {"bias_variance": 0.1}, "softplus has a critical point"),
        ("squared_relu", {}, "Got squared_relu"),
        ("tanh", {"q": 1.0, "bias_variance": 0.1}, "Got both"),
        ("tanh", {"q": -1.0}, "`q` must be a positive number"),
    ],
)
def test_where_there_is_no_critical_point_nothing_is_changed(name, options, message):
    model = chain(name, 8, 2)
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(InvalidInput, match=message):
        critical_(model, inputs(8), generator=seeded(), **options)
    assert all(torch.equal(value, before[key]) for key, value in model.state_dict().items())


def test_a_point_that_needs_biases_is_refused_without_them():
    with pytest.raises(InvalidInput, match="tanh needs them there"):
        critical_(chain("tanh", 8, 2, bias=False), inputs(8), q=1.0)
    model = chain("tanh", 300, 10, bias=False)
    critical_(model, inputs(300), bias_variance=0.0, generator=seeded())
    assert model[2].weight.square().mean().item() * 300 == pytest.approx(1, rel=0.02)
    assert math.isfinite(profile(model, inputs(300))[2])
