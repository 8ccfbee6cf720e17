"""The lecture's statement: with the right gamma and beta, batch normalization is the identity."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput
from layerwise.normalizers import recovering

EPS = 1e-5


def batch(std: float, *places: int) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    return 3 + std * torch.randn(64, 5, *places, dtype=torch.float64, generator=draw)


def normalized(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
    layer = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d}[x.ndim](5, eps=EPS, dtype=torch.float64)
    layer.load_state_dict({"weight": gamma, "bias": beta}, strict=False)
    return layer.train()(x)


@pytest.mark.parametrize("places", [(), (7,), (3, 4)])
@pytest.mark.parametrize("std", [1e-4, 0.003, 1.0, 1000.0])
def test_with_eps_in_gamma_it_is_the_identity(std, places):
    x = batch(std, *places)
    torch.testing.assert_close(normalized(x, *recovering(x, EPS)), x, rtol=0, atol=1e-12 * x.abs().max().item())


@pytest.mark.parametrize(("std", "kept"), [(100.0, 1.0), (1.0, 1.0), (EPS**0.5, 0.5**0.5), (1e-4, 0.0316)])
def test_with_the_bare_variance_it_is_not_where_that_is_near_eps(std, kept):
    x = batch(std)
    x = 3 + (x - x.mean(0)) / x.std(0, correction=0) * std
    error = normalized(x, *recovering(x, eps=0.0)) - x
    lost = error.norm() / (x - x.mean(0)).norm()
    assert lost.item() == pytest.approx(1 - kept, abs=1e-4)


def test_a_unit_that_never_varies_is_recovered_too():
    x = torch.full((4, 5), 2.5, dtype=torch.float64)
    assert torch.equal(normalized(x, *recovering(x, EPS)), x)


def test_messages():
    with pytest.raises(InvalidInput, match=r"`x` must be a batch of shape .* Got shape \[3\] instead\."):
        recovering(torch.ones(3))
    with pytest.raises(InvalidInput, match=r"`eps` must be a number of at least 0\. Got -1 instead\."):
        recovering(torch.ones(3, 3), -1)
