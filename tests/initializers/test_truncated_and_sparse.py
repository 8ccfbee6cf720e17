"""Draws without tails, and weights with few connections."""

from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from layerwise.initializers import sparse_, truncated_normal_
from layerwise.initializers._truncated import TRUNCATED_STD


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_the_variance_correction_is_scipys():
    assert pytest.approx(0.87962566103423978, rel=1e-14) == TRUNCATED_STD
    assert pytest.approx(stats.truncnorm(-2, 2).std(), rel=1e-12) == TRUNCATED_STD


@pytest.mark.parametrize("std", [0.01, 3.0])
def test_truncated_normal_has_the_std_asked_for_and_scipys_law(std):
    weight = truncated_normal_(torch.empty(300, 200, dtype=torch.float64), std, generator=seeded()).flatten().numpy()
    sigma = std / TRUNCATED_STD
    assert stats.kstest(weight, stats.truncnorm(-2, 2, scale=sigma).cdf).pvalue > 0.01
    assert weight.std() == pytest.approx(std, rel=0.01)  # torch's trunc_normal_(std=1, a=-2, b=2) would be 12 % short
    assert 0.999 * 2 * sigma < abs(weight).max() <= 2 * sigma * (1 + 1e-12)


def test_truncated_normal_in_low_precision_is_the_float32_one_rounded():
    low = truncated_normal_(torch.empty(50, dtype=torch.bfloat16), 0.5, generator=seeded())
    assert torch.equal(low, truncated_normal_(torch.empty(50), 0.5, generator=seeded()).bfloat16())


@pytest.mark.parametrize(("shape", "fan_in"), [((200, 80), 80), ((200, 10), 10), ((64, 16, 3, 3), 144)])
def test_every_unit_of_a_sparse_weight_has_the_same_number_of_inputs(shape, fan_in):
    weight = sparse_(torch.empty(shape), generator=seeded()).flatten(1)
    assert set((weight != 0).sum(1).tolist()) == {min(15, fan_in)}


def test_sparse_weights_are_normal_and_their_places_uniform():
    weight = sparse_(torch.empty(2000, 50, dtype=torch.float64), 0.5, 10, generator=seeded())
    found = weight[weight != 0].numpy()
    assert stats.kstest(found, stats.norm(scale=0.5).cdf).pvalue > 0.001
    uses = (weight != 0).sum(0).double()  # each input is drawn by 10 of 50 units' places: hypergeometric
    assert ((uses - 400) ** 2 / (2000 * 0.2 * 0.8)).sum().item() < stats.chi2(49).ppf(0.999)


def test_a_sparse_unit_gets_the_same_whatever_the_fan_in():
    for fan_in in (20, 500):
        weight = sparse_(torch.empty(5000, fan_in, dtype=torch.float64), generator=seeded())
        z = weight @ torch.ones(fan_in, dtype=torch.float64)
        assert z.square().mean().sqrt().item() == pytest.approx(math.sqrt(15), rel=0.05)


def test_which_inputs_are_kept_does_not_depend_on_the_dtype():
    kept = [sparse_(torch.empty(30, 40, dtype=d), generator=seeded()) != 0 for d in (torch.float32, torch.float64)]
    assert torch.equal(*kept)
