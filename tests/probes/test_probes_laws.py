"""What holds for every probe: the seed axis is kept, and no seed reaches another."""

from __future__ import annotations

import math

import pytest
import torch

from layerwise import probes
from layerwise.activations import ACTIVATIONS

PROBES = {
    "mean": probes.mean,
    "rms": probes.rms,
    "std_between_inputs": probes.std_between_inputs,
    "layer_moments": lambda z: torch.stack(probes.layer_moments(z), 1),
    "saturated_fraction, two sides": lambda z: probes.saturated_fraction(z, ACTIVATIONS["tanh"]),
    "saturated_fraction, left": lambda z: probes.saturated_fraction(z, ACTIVATIONS["elu"]),
    "dead_fraction": lambda z: probes.dead_fraction(z, ACTIVATIONS["relu"]),
    "duplicate_unit_fraction": probes.duplicate_unit_fraction,
    "update_ratio": lambda z: probes.update_ratio(z, z.square()),
    "histogram": lambda z: probes.histogram(z, -2, 2, 5),
}
MOMENTS = ["mean", "rms", "std_between_inputs", "layer_moments", "update_ratio"]
FRACTIONS = [name for name in PROBES if "fraction" in name]

every = pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)


def signal(n_seeds=5, dtype=torch.float32) -> torch.Tensor:
    z = torch.randn(n_seeds, 12, 7, dtype=dtype, generator=torch.Generator().manual_seed(0)) - 1
    z[1, :, 3] = z[1, :, 5]  # doubles, so that this probe takes its long way
    return z


@every
@pytest.mark.parametrize("poison", [math.nan, math.inf, -math.inf, 1e30, 1e-30])
@pytest.mark.parametrize("everywhere", [True, False])
def test_what_happens_in_one_seed_never_reaches_another(probe, poison, everywhere):
    z = signal()
    clean = probe(z)
    if everywhere:
        z[2] = poison
    else:
        z[2, 4, 1] = poison
    others = [0, 1, 3, 4]
    assert torch.equal(probe(z)[others], clean[others])


@pytest.mark.parametrize("name", MOMENTS)
def test_nan_shows_in_the_moments_of_its_own_seed(name):
    z = signal()
    z[2, 4, 1] = math.nan
    assert bool(PROBES[name](z)[2].isnan().all())


@pytest.mark.parametrize("name", FRACTIONS)
def test_nan_is_not_counted_in_the_fractions(name):
    z = torch.full((1, 3, 2), math.nan)
    assert PROBES[name](z).tolist() == [0]


@every
def test_seed_axis_is_kept_and_permutes(probe):
    z = signal()
    order = torch.tensor([3, 1, 0, 4, 2])
    torch.testing.assert_close(probe(z[order]), probe(z)[order], rtol=1e-6, atol=0)
    torch.testing.assert_close(probe(z[3:4]), probe(z)[3:4], rtol=1e-6, atol=0)


@every
def test_units_and_inputs_may_change_places(probe):
    z = signal(dtype=torch.float64)
    shuffled = z[:, torch.randperm(12, generator=torch.Generator().manual_seed(1))].flip(2)
    torch.testing.assert_close(probe(shuffled), probe(z), rtol=1e-12, atol=1e-15)


@every
def test_input_is_left_as_it_was_and_no_random_number_is_drawn(probe):
    z = signal()
    before, state = z.clone(), torch.get_rng_state()
    probe(z)
    assert torch.equal(z, before)
    assert torch.equal(torch.get_rng_state(), state)


@every
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_dtype_is_kept(probe, dtype):
    assert probe(signal(dtype=dtype)).dtype in {dtype, torch.int64}


@every
def test_strides_do_not_matter(probe):
    z = signal().mT.contiguous().mT
    assert not z.is_contiguous()
    torch.testing.assert_close(probe(z), probe(z.contiguous()), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("name", ["rms", "std_between_inputs"])
def test_size_scales_with_the_signal(name):
    torch.testing.assert_close(PROBES[name](8 * signal()), 8 * PROBES[name](signal()), rtol=1e-6, atol=0)


def test_duplicates_do_not_depend_on_the_scale_or_on_what_other_seeds_hold():
    z = signal()
    for scale in (1e-30, 1e-3, 1e3, 1e30):
        assert torch.equal(probes.duplicate_unit_fraction(scale * z), probes.duplicate_unit_fraction(z))
    assert torch.equal(probes.duplicate_unit_fraction(z[2:]), probes.duplicate_unit_fraction(z)[2:])


def test_works_inside_inference_mode_and_afterwards_under_autograd():
    with torch.inference_mode():
        probes.duplicate_unit_fraction(torch.zeros(1, 13, 3))
    z = torch.randn(1, 13, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()
    assert probes.duplicate_unit_fraction(z).tolist() == [0]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@every
def test_a_gpu_gives_the_same(probe):
    z = signal()
    torch.testing.assert_close(probe(z.cuda()).cpu(), probe(z), rtol=1e-5, atol=1e-6)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("name", [*MOMENTS, *FRACTIONS])
def test_can_be_captured_in_a_cuda_graph(name):
    z = signal().cuda()
    PROBES[name](z)  # warm-up
    torch.cuda.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        out = PROBES[name](z)
    graph.replay()
    torch.testing.assert_close(out, PROBES[name](z), rtol=1e-6, atol=0)
