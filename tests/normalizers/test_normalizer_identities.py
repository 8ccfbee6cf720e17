"""What normalizers do not see, and which of them are one and the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from layerwise.normalizers import NORMALIZERS

BY_BATCH = ["batch", "ghost_batch", "batch_renorm"]
NOTHING = 1e-30  # torch refuses an eps of 0


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def network(name: str, eps: float) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    norm = NORMALIZERS[name].module(6).double()
    norm.eps = eps
    x = torch.randn(20, 4, dtype=torch.float64, generator=seeded())
    return norm, x, torch.randn(6, 4, dtype=torch.float64, generator=seeded(1)).requires_grad_()


def gradient(norm: nn.Module, x: torch.Tensor, weight: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    y = norm(x @ weight.T)
    target = torch.randn(y.shape, dtype=y.dtype, generator=seeded(2))
    (found,) = torch.autograd.grad((y * target).sum() + y.pow(3).sum(), weight)
    return y, found


@pytest.mark.parametrize("name", [*BY_BATCH, "layer", "rms"])
@pytest.mark.parametrize("a", [0.1, 3.0])
def test_the_scale_of_the_weights_does_not_matter(name, a):
    norm, x, weight = network(name, eps=NOTHING)
    y, back = gradient(norm, x, weight)
    norm, *_ = network(name, eps=NOTHING)  # without the running statistics of the first call
    scaled_y, scaled_back = gradient(norm, x, (a * weight.detach()).requires_grad_())
    torch.testing.assert_close(scaled_y, y, rtol=1e-11, atol=1e-12)
    torch.testing.assert_close(scaled_back, back / a, rtol=1e-10, atol=1e-11)
    assert abs((weight * back).sum().item()) < 1e-10 * back.norm().item() * weight.norm().item()


@pytest.mark.parametrize("name", BY_BATCH)
def test_eps_lets_a_little_of_it_through(name):
    norm, x, weight = network(name, eps=1e-5)
    _, back = gradient(norm, x, weight)
    seen = abs((weight * back).sum().item())
    assert 1e-8 < seen < 1e-3  # about 2e-5


def test_torch_keeps_the_unbiased_variance_and_computes_with_the_biased_one():
    layer, x = nn.BatchNorm1d(3, momentum=1.0, eps=NOTHING).double(), torch.randn(5, 3, dtype=torch.float64)
    y = layer(x)
    torch.testing.assert_close(layer.running_var, x.var(0, correction=1), rtol=1e-12, atol=0)
    torch.testing.assert_close(layer.running_var, x.var(0, correction=0) * 5 / 4, rtol=1e-12, atol=0)
    torch.testing.assert_close(y.square().mean(0), torch.ones(3, dtype=torch.float64), rtol=1e-12, atol=0)


def test_one_group_is_layer_normalization_and_a_group_for_each_channel_is_instance_normalization():
    maps = torch.randn(4, 6, 5, 5, dtype=torch.float64, generator=seeded())
    torch.testing.assert_close(F.group_norm(maps, 1), F.layer_norm(maps, (6, 5, 5)), rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(F.group_norm(maps, 6), F.instance_norm(maps), rtol=1e-12, atol=1e-13)
    dense = torch.randn(4, 20, dtype=torch.float64, generator=seeded())  # under 32 units: one group
    group, layer = (NORMALIZERS[name].module(20).double() for name in ("group", "layer"))
    torch.testing.assert_close(group(dense), layer(dense), rtol=1e-12, atol=1e-13)
