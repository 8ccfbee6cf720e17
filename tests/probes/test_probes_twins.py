"""Every probe against a slow twin: numpy in float64, one seed, one unit at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from layerwise import probes
from layerwise.activations import ACTIVATIONS, FLAT_SHARE

SHAPES = [(1, 1, 1), (1, 7, 3), (3, 1, 4), (4, 16, 9), (2, 60, 50)]
FLAT = [entry for entry in ACTIVATIONS.values() if entry.flat_sides]
SLOPED = [entry for entry in ACTIVATIONS.values() if entry.slope is not None]


def signal(shape, seed=0, scale=3.0, dtype=torch.float32) -> torch.Tensor:
    return scale * torch.randn(shape, dtype=dtype, generator=torch.Generator().manual_seed(seed))


def by_seed(x: torch.Tensor, twin) -> torch.Tensor:
    return torch.tensor([twin(one) for one in x.double().numpy()], dtype=torch.float64)


def rms(one: np.ndarray) -> float:
    return np.sqrt(np.mean(one**2))


def std_between_inputs(one: np.ndarray) -> float:
    return np.sqrt(np.mean([np.var(one[:, unit]) for unit in range(one.shape[1])]))


def duplicates(one: np.ndarray) -> float:
    columns = list(one.T)

    def same(a, b):
        return np.linalg.norm(a - b) <= 1e-6 * max(np.linalg.norm(a), np.linalg.norm(b))

    return np.mean([any(same(a, b) for j, b in enumerate(columns) if i != j) for i, a in enumerate(columns)])


def slope(entry, one: np.ndarray) -> np.ndarray:
    return entry.slope(torch.from_numpy(one)).numpy()


def close(ours: torch.Tensor, twin: torch.Tensor, rtol: float = 2e-6) -> None:
    assert ours.shape == twin.shape
    torch.testing.assert_close(ours.double(), twin, rtol=rtol, atol=1e-7)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("offset", [0.0, 5.0])
def test_moments(shape, offset):
    x = signal(shape) + offset
    close(probes.mean(x), by_seed(x, np.mean), rtol=1e-5)
    close(probes.rms(x), by_seed(x, rms))
    close(probes.std_between_inputs(x), by_seed(x, std_between_inputs))
    for fused, twin in zip(probes.layer_moments(x), (np.mean, rms, std_between_inputs), strict=True):
        close(fused, by_seed(x, twin), rtol=1e-5)


def test_a_small_spread_beside_a_large_mean_is_not_lost():
    x = 1.0 + 1e-5 * signal((2, 50, 8), scale=1.0)  # a difference of mean squares would be all rounding
    close(probes.layer_moments(x)[2] * 1e5, by_seed(x, std_between_inputs) * 1e5, rtol=1e-3)


@pytest.mark.parametrize("scale", [1e-30, 1e-25, 1e-18, 1e18, 1e25, 1e30])
def test_size_is_right_where_float32_squares_are_not(scale):
    x = signal((3, 20, 5), scale=scale)
    for ours in (probes.rms(x), probes.layer_moments(x)[1]):
        torch.testing.assert_close(ours.double() / scale, by_seed(x, rms) / scale, rtol=1e-5, atol=0)
    torch.testing.assert_close(
        probes.std_between_inputs(x).double() / scale, by_seed(x, std_between_inputs) / scale, rtol=1e-5, atol=0
    )
    assert probes.duplicate_unit_fraction(x).tolist() == [0, 0, 0]


@pytest.mark.parametrize("entry", FLAT, ids=lambda entry: entry.name)
@pytest.mark.parametrize("shape", SHAPES)
def test_saturated_fraction_counts_small_slopes(entry, shape):
    z = signal(shape, scale=4.0)
    # Off the flat sides, near the zero crossing of gelu and silu, a small slope is no saturation.
    left = -np.inf if entry.flat_below is None else entry.flat_below + 1
    right = np.inf if entry.flat_above is None else entry.flat_above - 1

    def twin(one):
        flat = abs(slope(entry, one)) < FLAT_SHARE * entry.max_slope
        return np.mean(flat & ((one < left) | (one > right)))

    close(probes.saturated_fraction(z, entry), by_seed(z, twin))


@pytest.mark.parametrize("entry", SLOPED, ids=lambda entry: entry.name)
@pytest.mark.parametrize("shape", SHAPES)
def test_dead_fraction_counts_units_of_slope_zero(entry, shape):
    z = signal(shape, scale=2.0) - 3.0  # about a third of the units of small batches lies on the left altogether
    # far on the left torch rounds the slope of gelu_tanh to 0, which is no death
    close(
        probes.dead_fraction(z, entry),
        by_seed(z, lambda one: entry.can_die * np.mean((slope(entry, one) == 0).all(0))),
    )


@settings(max_examples=60)
@given(
    n_seeds=st.integers(1, 3),
    batch=st.integers(1, 12),
    n_units=st.integers(1, 12),
    copies=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 11), st.integers(0, 11)), max_size=8),
    noise=st.sampled_from([0.0, 1e-8]),
    seed=st.integers(0, 999),
)
def test_duplicates_equal_the_comparison_of_all_pairs(n_seeds, batch, n_units, copies, noise, seed):
    z = signal((n_seeds, batch, n_units), seed)
    for s, a, b in copies:
        z[s % n_seeds, :, a % n_units] = z[s % n_seeds, :, b % n_units] * (1 + noise)
    close(probes.duplicate_unit_fraction(z), by_seed(z, duplicates))


@pytest.mark.parametrize("noise", [1e-8, 1e-7, 1e-5, 1e-4])
def test_duplicates_on_both_sides_of_the_tolerance(noise):
    z = signal((2, 100, 64), dtype=torch.float64)
    z[0, :, 32:] = z[0, :, :32] + noise * signal((100, 32), seed=1, dtype=torch.float64)
    twin = by_seed(z, duplicates)
    assert twin.tolist() == [1.0 if noise < 1e-6 else 0.0, 0.0]
    close(probes.duplicate_unit_fraction(z), twin)


@pytest.mark.parametrize("seed", range(5))
def test_no_duplicates_among_many_random_units(seed):
    assert probes.duplicate_unit_fraction(signal((4, 100, 500), seed)).tolist() == [0, 0, 0, 0]


def test_duplicates_that_a_product_with_equal_weights_makes():
    weight = signal((64, 100), scale=0.1)
    weight[5:20] = weight[4]
    z = signal((3, 32, 100)) @ weight.T
    close(probes.duplicate_unit_fraction(z), torch.full((3,), 16 / 64, dtype=torch.float64))


@pytest.mark.parametrize("shape", [(1, 3, 2), (4, 64, 100)])
def test_update_ratio(shape):
    before, after = signal(shape), signal(shape, seed=1)
    pairs = zip(before.double().numpy(), after.double().numpy(), strict=True)
    twin = [np.linalg.norm(b - a) / np.linalg.norm(a) for a, b in pairs]
    close(probes.update_ratio(before, after), torch.tensor(twin, dtype=torch.float64))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("low", "high", "bins"), [(-3, 3, 50), (0, 1, 1), (-10.0, 0.5, 7)])
def test_histogram(shape, low, high, bins):
    x = signal(shape, dtype=torch.float64)
    twin = np.stack([np.histogram(one, bins, (low, high))[0] for one in x.numpy()])
    assert probes.histogram(x, low, high, bins).tolist() == twin.tolist()
