"""Annealing is unbiased for any schedule: its expectation, summed over all paths through the Gibbs kernels, is Z."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from golden_machine import golden, kernel, random_machine, states

from layerwise._base import InvalidInput
from layerwise.pretraining.rbm import RBM, Gaussian, ais, exact_sample, log_partition, reverse_ais, schedule
from layerwise.pretraining.rbm._path import Path

BETAS = (0.0, 0.1, 0.35, 0.4, 0.8, 1.0)


def log_expectation(path, betas, n_visible, n_hidden):
    """Return log E[w]: from the base's probabilities, the ratio of weights and the kernel in turn, over all states."""
    v = states(n_visible)
    x = path.coupling(v)
    share = (-path.free_energy(v, x, 0.0) - path.log_base()).exp()
    for before, after in pairwise(betas):
        share = share * (path.free_energy(v, x, before) - path.free_energy(v, x, after)).exp()
        share = share @ path_kernel(path, after, n_visible, n_hidden)
    return path.log_base() + share.sum().log()


def path_kernel(path, beta, n_visible, n_hidden):
    return kernel(
        lambda v: path.hidden_mean(path.coupling(v), beta), lambda h: path.visible_mean(h, beta), n_visible, n_hidden
    )


@pytest.mark.parametrize("scale", [0.5, 2.0])
@pytest.mark.parametrize("betas", [BETAS, (0.0, 1.0), (0.0, 0.9, 0.9, 1.0)], ids=str)
@pytest.mark.parametrize("base", [None, (1.0, -2.0, 0.5, 0.0)], ids=["own biases", "other biases"])
def test_the_exact_expectation_of_a_weight_is_the_partition_function(scale, betas, base):
    machine = golden(scale)
    path = Path.between(machine, None if base is None else torch.tensor(base))
    with torch.no_grad():
        assert log_expectation(path, betas, 4, 3).item() == pytest.approx(log_partition(machine).item(), abs=1e-12)


def test_the_base_is_that_of_the_reference():
    path = Path.between(golden(2.0), None)
    assert path.log_base().item() == pytest.approx(4.759520911768515, abs=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.3, 1.0])
def test_a_transition_keeps_its_distribution(beta):
    path = Path.between(golden(2.0), torch.tensor([1.0, -2.0, 0.5, 0.0]))
    v = states(4)
    with torch.no_grad():
        share = (-path.free_energy(v, path.coupling(v), beta)).softmax(0)
        moved = share @ path_kernel(path, beta, 4, 3)
    torch.testing.assert_close(moved, share, atol=1e-14, rtol=0)


@pytest.mark.parametrize(
    "machine",
    [
        random_machine(8, 6, weight_std=1.0),
        random_machine(6, 8, weight_std=1.0, seed=1),
        random_machine(5, 4, weight_std=0.5, visible="gaussian"),
        random_machine(5, 4, weight_std=0.5, visible=Gaussian(variance=0.3, learned=True)),
        random_machine(6, 4, weight_std=0.5, hidden="gaussian"),
    ],
    ids=str,
)
def test_both_ways_bracket_the_exact_value(machine):
    exact, source = log_partition(machine).item(), torch.Generator().manual_seed(3)
    betas = torch.linspace(0, 1, 100)
    forward = ais(machine, runs=2000, betas=betas, generator=source)
    assert forward.low - 1e-9 < exact < forward.high + 1e-9
    assert forward.high - forward.low < 0.6
    assert forward.log_weights.mean() < exact + 3 * forward.log_weights.std() / math.sqrt(2000)  # Jensen
    backward = reverse_ais(machine, exact_sample(machine, 2000, generator=source), betas=betas, generator=source)
    assert backward.low - 1e-9 < exact < backward.high + 1e-9
    assert backward.log_weights.mean() > exact - 3 * backward.log_weights.std() / math.sqrt(2000)
    for found in (forward, backward):
        assert 100 < found.effective_sample_size < 2000
        assert found.low < found.log_partition < found.high


def test_few_temperatures_miss_on_both_sides_and_say_so():
    machine, source = golden(8.0), torch.Generator().manual_seed(0)
    exact = log_partition(machine)
    forward = ais(machine, runs=4000, betas=[0, 1], generator=source)
    backward = reverse_ais(machine, exact_sample(machine, 4000, generator=source), betas=[0, 1], generator=source)
    assert forward.log_weights.mean() < exact - 1
    assert backward.log_weights.mean() > exact + 1
    assert forward.effective_sample_size < 400
    better = ais(machine, runs=4000, betas=torch.linspace(0, 1, 100), generator=source)
    assert better.effective_sample_size > 2 * forward.effective_sample_size


def test_the_effective_sample_size_by_hand():
    machine = RBM(3, 2, weight_std=0.0, generator=torch.Generator())
    found = ais(machine, runs=7, generator=torch.Generator())
    assert found.effective_sample_size.item() == pytest.approx(7, abs=1e-12)  # without weights every run is exact
    assert found.log_partition.item() == pytest.approx(5 * math.log(2), abs=1e-12)
    weights = found.log_weights.exp()
    assert (weights.sum() ** 2 / weights.square().sum()).item() == pytest.approx(7)


def test_a_population_is_annealed_as_its_members_are():
    sources = [torch.Generator().manual_seed(k) for k in (5, 6)]
    both = RBM(5, 4, seeds=2, weight_std=1.0, generator=sources, dtype=torch.float64)
    found = ais(both, runs=20, betas=BETAS, generator=[torch.Generator().manual_seed(k) for k in (1, 2)])
    for k in (0, 1):
        one = RBM(5, 4, weight_std=1.0, generator=torch.Generator().manual_seed(5 + k), dtype=torch.float64)
        alone = ais(one, runs=20, betas=BETAS, generator=torch.Generator().manual_seed(1 + k))
        torch.testing.assert_close(found.log_weights[k], alone.log_weights, atol=1e-10, rtol=0)
        torch.testing.assert_close(found.log_partition[k], alone.log_partition, atol=1e-10, rtol=0)


def test_the_schedule_is_denser_towards_one():
    betas = schedule(14_500)
    assert betas[0] == 0
    assert betas[-1] == 1
    assert len(betas) == 14_501
    assert [int((betas < end).sum()) for end in (0.5, 0.9, 1.0)] == [500, 4500, 14_500]
    assert (betas.diff() > 0).all()
    assert schedule(1)[-1] == 1


def test_messages():
    machine, source = golden(0.5), torch.Generator()
    for betas in ([0, 0.5], [0.1, 1], [0, 0.6, 0.5, 1], [1]):
        with pytest.raises(InvalidInput, match=r"`betas` must go from 0 to 1 and never fall. Got \[.*\] instead. Use"):
            ais(machine, betas=betas, generator=source)
    with pytest.raises(InvalidInput, match=r"drawn exactly: Bernoulli or Gaussian\. Got 'rectified' instead"):
        ais(golden(0.5, hidden="rectified"), generator=source)
    with pytest.raises(InvalidInput, match=r"`base_bias` must have 4 entries. Got \[3\] instead"):
        ais(machine, base_bias=torch.zeros(3), generator=source)
    with pytest.raises(InvalidInput, match="single machine with a side of at most 20 units"):
        exact_sample(RBM(4, 3, seeds=2, generator=[source, torch.Generator()]), 5, generator=source)
