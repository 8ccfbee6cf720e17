"""Normalizers that act on weights."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize

from layerwise._base import InvalidInput
from layerwise.normalizers import standardize_weights_, weight_norm_
from layerwise.population import stack


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def network() -> nn.Sequential:
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(27, 4), nn.LayerNorm(4)).double()
    for parameter in net.parameters():
        nn.init.normal_(parameter, generator=seeded())
    return net


def images() -> torch.Tensor:
    return torch.randn(6, 2, 5, 5, dtype=torch.float64, generator=seeded())


def scaled(net: nn.Sequential, factor: float) -> nn.Sequential:
    """Return a copy with the directions of the conv stretched."""
    other = copy.deepcopy(net)
    own = other[0].parametrizations.weight
    direction = own.original1 if hasattr(own, "original1") else own.original
    with torch.no_grad():
        direction.mul_(factor)
    return other


def test_weight_norm_changes_nothing_at_first_and_names_its_layers():
    net, x = network(), images()
    before = net(x)
    assert weight_norm_(net) == ["0", "3"]
    torch.testing.assert_close(net(x), before, rtol=1e-12, atol=1e-12)
    assert weight_norm_(net) == []


def test_a_unit_without_direction_keeps_its_layer_as_it_is():
    net = network()
    nn.init.zeros_(net[3].weight[1])
    assert weight_norm_(net) == ["0"]
    assert net(images()).isfinite().all()


def test_weight_norm_does_not_see_the_length_of_v():
    net, x = network(), images()
    weight_norm_(net)
    torch.testing.assert_close(scaled(net, 7.0)(x), net(x), rtol=1e-12, atol=1e-12)
    net(x).square().sum().backward()
    v = net[0].parametrizations.weight.original1
    assert (v * v.grad).flatten(1).sum(1).abs().max() < 1e-10 * v.grad.norm()  # <v, dL/dv> = 0


def test_weight_norm_is_taken_back():
    net, x = network(), images()
    before = net(x)
    weight_norm_(net)
    parametrize.remove_parametrizations(net[0], "weight")
    assert type(net[0]) is nn.Conv2d
    torch.testing.assert_close(net(x), before, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("gain", "variance"), [(None, (1, 1)), (1.5, (2.25 / 18, 2.25 / 27))])
def test_standardized_weights_have_mean_zero_and_their_variance(gain, variance):
    net = network()
    assert standardize_weights_(net, gain) == ["0", "3"]
    for layer, expected in zip((net[0], net[3]), variance, strict=True):
        rows = layer.weight.flatten(1)
        torch.testing.assert_close(rows.mean(1), torch.zeros_like(rows[:, 0]), rtol=0, atol=1e-14)
        torch.testing.assert_close(rows.var(1, correction=0), torch.full_like(rows[:, 0], expected), rtol=1e-9, atol=0)


def test_standardized_weights_do_not_see_scale_or_shift_of_v():
    net, x = network(), images()
    standardize_weights_(net)
    other = scaled(net, 3.0)
    with torch.no_grad():
        other[0].parametrizations.weight.original.add_(0.7)
    torch.testing.assert_close(other(x), net(x), rtol=1e-8, atol=1e-8)


@pytest.mark.filterwarnings("ignore:There is a performance drop")  # torch's weight norm has no batching rule
@pytest.mark.parametrize("change_", [weight_norm_, standardize_weights_])
def test_a_population_runs_them(change_):
    nets = [nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double() for _ in range(3)]
    for net in nets:
        change_(net)
    x = torch.randn(3, 5, 3, dtype=torch.float64, generator=seeded())
    expected = torch.stack([net(rows) for net, rows in zip(nets, x, strict=True)])
    torch.testing.assert_close(stack(nets)(x), expected, rtol=1e-12, atol=1e-12)


def test_messages():
    with pytest.raises(InvalidInput, match=r"`gain` must be a positive number\. Got 0 instead\."):
        standardize_weights_(network(), 0)
    with pytest.raises(InvalidInput, match=r"`eps` must be a number of at least 0\. Got -1 instead\."):
        standardize_weights_(network(), eps=-1)
