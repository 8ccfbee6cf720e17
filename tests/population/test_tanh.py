"""tanh by another kernel: torch's numbers to rounding, and each alone, wherever it stands."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from layerwise.population import _tanh, stack

WIDE = torch.cat(
    [torch.linspace(-12, 12, 4001), 10 ** torch.linspace(-37, 0, 4001), -(10 ** torch.linspace(-37, 0, 7))]
)


@pytest.fixture(autouse=True)
def no_gradient():
    with torch.no_grad():
        yield


@pytest.mark.skipif(not _tanh.VECTORIZED, reason="torch's own kernel is used on this processor")
def test_it_is_right_within_two_units_in_the_last_place():
    exact = torch.tensor([math.tanh(z) for z in WIDE.tolist()], dtype=torch.float64)
    near = exact.abs().float()
    unit = torch.nextafter(near, torch.tensor(torch.inf)) - near
    assert ((_tanh.tanh(WIDE).double() - exact).abs() <= 2 * unit).all()


def test_ends_signs_and_what_is_no_number():
    z = torch.tensor([-torch.inf, -100.0, -0.0, 0.0, 100.0, torch.inf])
    assert _tanh.tanh(z).tolist() == [-1.0, -1.0, 0.0, 0.0, 1.0, 1.0]
    assert torch.signbit(_tanh.tanh(z)).tolist() == [True, True, True, False, False, False]
    assert _tanh.tanh(torch.tensor([0.5, torch.nan])).isnan().tolist() == [False, True]


def test_a_number_does_not_depend_on_its_neighbors_or_strides():
    z = torch.randn(1001, generator=torch.Generator().manual_seed(0))
    whole = _tanh.tanh(z)
    for start in range(0, 40, 3):
        for length in (1, 3, 16, 17, 900):
            part = slice(start, start + length)
            assert torch.equal(_tanh.tanh(z[part].clone()), whole[part])
    assert torch.equal(_tanh.tanh(z[::3]), whole[::3])
    columns = z[:1000].view(10, 100).mT
    assert torch.equal(_tanh.tanh(columns), whole[:1000].view(10, 100).mT)
    assert torch.equal(_tanh.tanh(z[:1].expand(5)), whole[:1].expand(5))


def test_it_is_torchs_own_in_float64_and_where_a_gradient_is_wanted():
    assert torch.equal(_tanh.tanh(WIDE.double()), torch.tanh(WIDE.double()))
    both = stack([nn.Sequential(nn.Linear(4, 3), nn.Tanh()) for _ in range(2)])
    with torch.enable_grad():
        out = both(torch.ones(5, 4))
    assert out.requires_grad
    torch.testing.assert_close(both(torch.ones(5, 4)), out.detach(), rtol=1e-6, atol=0)
