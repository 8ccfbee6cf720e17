"""Units: means are slopes of log partitions, draws have the moments that are written down, states their energies."""

from __future__ import annotations

import math

import pytest
import torch
from scipy.integrate import quad

from layerwise._base import InvalidInput, UnknownName
from layerwise.pretraining.rbm import RBM, UNITS, Bernoulli, Gaussian, Rectified

X = torch.linspace(-30, 30, 241, dtype=torch.float64)
KINDS = [Bernoulli(), Gaussian(), Gaussian(variance=0.3), Rectified()]


@pytest.mark.parametrize("unit", KINDS, ids=str)
def test_the_mean_is_the_slope_of_the_log_partition(unit):
    x = X.clone().requires_grad_()
    unit.log_partition(x, torch.tensor(0.7), variance=unit.initial_variance).sum().backward()
    mean = unit.mean(X)
    torch.testing.assert_close(x.grad * unit.initial_variance, mean, atol=1e-12, rtol=1e-12)
    torch.testing.assert_close(unit.mean_(X.clone()), mean, atol=0, rtol=0)


@pytest.mark.parametrize("unit", KINDS, ids=str)
def test_draws_have_the_mean_and_variance_given_the_input(unit):
    n, source = 200_000, torch.Generator().manual_seed(0)
    x = torch.tensor([-1.0, -0.5, 0.0, 1.0, 8.0], dtype=torch.float64).repeat(n, 1)
    noise = torch.empty_like(x)
    noise = noise.uniform_(generator=source) if unit.noise == "uniform" else noise.normal_(generator=source)
    drawn = unit.sample(unit.mean(x), noise, torch.empty_like(x), variance=unit.initial_variance)
    mean, variance = moments(unit, x[0])
    assert ((drawn.mean(0) - mean).abs() < 5 * (variance / n).sqrt()).all()
    assert ((drawn.var(0) - variance).abs() < 0.03 * variance + 1e-6).all()


def moments(unit, x):
    if unit.name == "bernoulli":
        return x.sigmoid(), x.sigmoid() * (1 - x.sigmoid())
    if unit.name == "gaussian":
        return x, torch.full_like(x, unit.variance)
    spread = x.sigmoid().sqrt()  # of max(0, x + noise): the moments of a rectified normal
    ratio = x / spread
    area = torch.special.ndtr(ratio)
    density = (-ratio.square() / 2).exp() / math.sqrt(2 * math.pi)
    mean = x * area + spread * density
    return mean, (x.square() + spread.square()) * area + x * spread * density - mean.square()


@pytest.mark.parametrize("x", [-20.0, -3.0, -0.1, 0.0, 0.1, 2.5, 40.0])
def test_the_log_partition_of_rectified_units_by_quadrature(x):
    wanted, _ = quad(lambda t: math.log1p(math.exp(-abs(t))) + max(t, 0.0), -60, x, epsabs=1e-13, limit=400)
    found = Rectified().log_partition(torch.tensor(x, dtype=torch.float64), torch.tensor(0.0))
    assert found.item() == pytest.approx(wanted, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("x", [-2.0, 0.5, 6.0])
def test_rectified_units_stand_for_many_bernoulli_copies(x):
    copies = x + 0.5 - torch.arange(1, 200, dtype=torch.float64)
    found = Rectified().mean(torch.tensor(x, dtype=torch.float64))
    assert found.item() == pytest.approx(copies.sigmoid().sum().item(), abs=0.012)  # Nair and Hinton's approximation


@pytest.mark.parametrize("variance", [1.0, 0.3])
def test_the_log_partition_of_gaussian_units_by_quadrature(variance):
    unit, bias, x = Gaussian(variance=variance), 0.4, 1.7

    def density(s):
        energy = unit.energy(torch.tensor(s, dtype=torch.float64), torch.tensor(bias), variance=variance)
        return math.exp(-energy.item() + s * (x - bias) / variance)

    found = unit.log_partition(torch.tensor(x, dtype=torch.float64), torch.tensor(bias), variance=variance)
    # the integrand is a normal density around x
    assert found.item() == pytest.approx(math.log(quad(density, x - 12, x + 12)[0]), abs=1e-6)


def test_units_by_name():
    assert sorted(UNITS) == ["bernoulli", "gaussian", "rectified"]
    with pytest.raises(
        UnknownName, match=r"There is no kind of unit 'binary'. .*Known: bernoulli, gaussian, rectified"
    ):
        RBM(2, 2, visible="binary", generator=torch.Generator())


def test_combinations_that_make_no_sense_are_refused():
    with pytest.raises(InvalidInput, match=r"Rectified units must be hidden units.*Use visible=\"gaussian\""):
        RBM(2, 2, visible="rectified", generator=torch.Generator())
    with pytest.raises(InvalidInput, match="`hidden` Gaussian units must have variance 1"):
        RBM(2, 2, hidden=Gaussian(variance=2.0), generator=torch.Generator())
    with pytest.raises(InvalidInput, match=r"`bounds` must be two positive numbers with `variance` between them"):
        Gaussian(variance=3.0, learned=True)
    with pytest.raises(InvalidInput, match=r"`variance` must be a positive number\. Got 0 instead"):
        Gaussian(variance=0)
    with pytest.raises(InvalidInput, match=r"`n_hidden` must be a positive int\. Got 0 instead"):
        RBM(2, 0, generator=torch.Generator())
    with pytest.raises(InvalidInput, match=r"`generator` must be 2 different generators, one for each seed\. Got 1"):
        RBM(2, 2, seeds=2, generator=torch.Generator())
