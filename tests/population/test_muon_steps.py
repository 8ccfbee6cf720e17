"""Muon's orthogonal steps: what they are, and that torch's own come to the same within bfloat16."""

from __future__ import annotations

import pytest
import torch

from layerwise.models import Optimizer
from layerwise.population._orthogonal import orthogonal
from layerwise.population._updates import make_method


@pytest.mark.parametrize("shape", [(4, 6, 6), (4, 9, 5), (4, 5, 9)])
def test_singular_values_come_close_to_one_and_directions_stay(shape):
    matrices = torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    u, s, vh = torch.linalg.svd(matrices, full_matrices=False)
    found = u.mT @ orthogonal(matrices) @ vh.mT  # diagonal, if the directions are the same
    values = found.diagonal(dim1=1, dim2=2)
    assert torch.allclose(found, torch.diag_embed(values), atol=1e-12)
    large = values[s > 0.05 * s[:, :1]]
    assert 0.6 < large.min() < large.max() < 1.3


def test_a_rank_one_matrix_gets_length_one():
    left, right = torch.tensor([3.0, 4.0]), torch.tensor([0.0, 0.0, 2.0])
    found = orthogonal(torch.outer(left, right)[None])[0]
    # by hand: one singular value, x = 1, five times x -> 3.4445 x - 4.775 x^3 + 2.0315 x^5
    x = 1.0
    for _ in range(5):
        x = 3.4445 * x - 4.775 * x**3 + 2.0315 * x**5
    assert torch.allclose(found, x * torch.outer(left / 5, right / 2), atol=1e-6)


def test_networks_do_not_mix_and_nothing_becomes_nothing():
    matrices = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(1))
    matrices[1] = 0.0
    matrices[2] = torch.nan
    found = orthogonal(matrices)
    assert torch.allclose(found[0], orthogonal(matrices[:1])[0])
    assert not found[1].any()
    assert found[2].isnan().all()


def test_torchs_own_muon_within_bfloat16():
    weights = torch.randn(2, 6, 9, generator=torch.Generator().manual_seed(2))
    plain = [weight.clone().requires_grad_() for weight in weights]
    choices = Optimizer(method="muon", learning_rate=0.1, l2=0.1, momentum=0.95)
    method = make_method([choices] * 2, [None] * 2, weights)
    torchs = torch.optim.Muon(plain, lr=0.1, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for step in range(3):
        gradient = torch.randn(2, 6, 9, generator=torch.Generator().manual_seed(step))
        method.advance(0.0)
        method.weight(weights, gradient)
        for parameter, own in zip(plain, gradient, strict=True):
            parameter.grad = own
        torchs.step()
    moved = torch.stack([parameter.detach() for parameter in plain])
    assert torch.allclose(weights, moved, atol=0.02)  # steps are about 0.06 an entry; bfloat16 keeps 8 bits
    assert not torch.allclose(weights, moved, atol=1e-7)
