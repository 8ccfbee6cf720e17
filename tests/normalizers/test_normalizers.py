from __future__ import annotations

import pytest
import torch

from layerwise.normalizers import NORMALIZERS

WITH_MODULE = [entry for entry in NORMALIZERS.values() if entry.module is not None]


def batch(n: int = 64, units: int = 5) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    return 3 + 2 * torch.randn(n, units, dtype=torch.float64, generator=draw)


@pytest.mark.parametrize("entry", WITH_MODULE, ids=lambda entry: entry.name)
class TestContract:
    def test_it_is_listed_under_its_name_with_a_source(self, entry):
        assert NORMALIZERS[entry.name] is entry
        assert any(part.isdigit() and len(part) == 4 for part in entry.citation.replace(",", "").split())

    def test_output_has_mean_zero_and_second_moment_one_over_its_axis(self, entry):
        axis = 0 if entry.uses_batch else 1
        y = entry.module(5).double()(batch())
        torch.testing.assert_close(y.mean(axis), torch.zeros_like(y.mean(axis)), atol=1e-12, rtol=0)
        torch.testing.assert_close(y.square().mean(axis), torch.ones_like(y.mean(axis)), atol=1e-3, rtol=0)

    def test_output_does_not_depend_on_the_scale_of_its_input(self, entry):
        module = entry.module(5).double()
        torch.testing.assert_close(module(1000 * batch()), module(batch()), atol=1e-4, rtol=1e-4)

    def test_uses_batch_says_whether_other_examples_matter(self, entry):
        x, module = batch(), entry.module(5).double()
        other = torch.cat([x[:1], 7 * x[1:] + 1])
        assert torch.allclose(module(x)[0], module(other)[0]) != entry.uses_batch

    def test_draws_no_random_numbers(self, entry):
        before = torch.get_rng_state()
        entry.module(5)
        assert torch.equal(torch.get_rng_state(), before)


def test_none_adds_no_layer():
    assert NORMALIZERS["none"].module is None
    assert not NORMALIZERS["none"].uses_batch


def test_names():
    assert list(NORMALIZERS) == ["none", "batch", "layer"]


def test_batch_by_hand():
    y = NORMALIZERS["batch"].module(1)(torch.tensor([[1.0], [3.0]]))  # mean 2, biased std 1
    assert y.flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)


def test_layer_by_hand():
    y = NORMALIZERS["layer"].module(2)(torch.tensor([[1.0, 3.0]]))
    assert y.flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)
