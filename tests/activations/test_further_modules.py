"""Modules beside torch's: widths, axes, and what they say of wrong shapes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from layerwise.activations import ACTIVATIONS, GEGLU, CReLU, Maxout, Squareplus, SwiGLU


@pytest.fixture
def z():
    return torch.randn(3, 4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_crelu_keeps_all_of_its_input(z):
    for axis in (-1, 1, -3):
        both = CReLU(axis)(z)
        positive, negative = both.chunk(2, axis)
        assert torch.equal(positive - negative, z)
        assert both.shape[axis] == 2 * z.shape[axis]
        assert both.min() == 0


@pytest.mark.parametrize("q", [0.3, 1.0, 6.0])
def test_each_unit_of_crelu_is_a_relu(q):
    crelu, relu = ACTIVATIONS["crelu"].moments(q), ACTIVATIONS["relu"].moments(q)
    assert crelu == relu
    z = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    relu_of = ACTIVATIONS["relu"].function
    assert torch.equal(ACTIVATIONS["crelu"].function(z), torch.cat([relu_of(z), relu_of(-z)], -1))


def test_crelu_on_channels_feeds_a_convolution_of_twice_as_many():
    images = torch.randn(2, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    with torch.random.fork_rng():
        net = nn.Sequential(nn.Conv2d(3, 4, 3), CReLU(1), nn.Conv2d(8, 1, 3))
    assert net(images).shape == (2, 1, 1, 1)


@pytest.mark.parametrize("axis", [1, -3])
def test_maxout_on_channels_is_the_larger_feature_map(axis):
    maps = torch.randn(2, 6, 5, 5, generator=torch.Generator().manual_seed(0))
    expected = torch.stack([maps[:, :2], maps[:, 2:4], maps[:, 4:]]).amax(0)
    assert torch.equal(Maxout(3, axis=axis)(maps), expected)
    assert repr(Maxout(3, axis=axis)) == f"Maxout(pieces=3, axis={axis})"


@pytest.mark.parametrize("axis", [1.5, True, "units"])
@pytest.mark.parametrize("kind", [Maxout, CReLU])
def test_the_axis_is_an_int(kind, axis):
    with pytest.raises(ValueError, match=r"`axis` must be an int\. Got"):
        kind(axis=axis)


@pytest.mark.parametrize("module", [Maxout(2, axis=3), CReLU(3), CReLU(-4)])
def test_the_axis_must_be_there(module, z):
    with pytest.raises(ValueError, match=r"The input must have the axis -?\d\. Got \(3, 4, 6\) instead\."):
        module(z)


def test_the_channels_of_maxout_must_split(z):
    with pytest.raises(ValueError, match=r"Axis 0 must be a multiple of `pieces` = 2\. Got \(3, 4, 6\) instead\."):
        Maxout(2, axis=0)(z)


@pytest.mark.parametrize(("name", "gate"), [("glu", torch.sigmoid), ("geglu", F.gelu), ("swiglu", F.silu)])
def test_gated_units_are_the_first_half_times_the_gates(name, gate, z):
    assert torch.allclose(ACTIVATIONS[name].module()(z), z[..., :3] * gate(z[..., 3:]), rtol=1e-14)


@pytest.mark.parametrize("module", [GEGLU(), SwiGLU()])
def test_gated_units_want_an_even_axis(module):
    with pytest.raises(ValueError, match=r"The last axis must be even\. Got \(2, 5\) instead\. Give the layer before"):
        module(torch.zeros(2, 5))


def test_squareplus_keeps_its_digits_on_the_left_and_autograd_its_slope():
    z = torch.tensor([-1e4, -50.0, -1e-9, 0.0, 50.0], requires_grad=True)
    a = Squareplus()(z)
    a.sum().backward()
    exact = z.detach().double()
    root = (exact.square() + 4).sqrt()
    torch.testing.assert_close(a.double(), 2 / (root - exact), rtol=1e-6, atol=0)
    torch.testing.assert_close(z.grad.double(), 2 / (root - exact) / root, rtol=1e-6, atol=0)


@pytest.mark.parametrize(("n", "z_shape"), [(1, (5, 3)), (3, (5, 3)), (3, (5, 3, 4, 4))])
def test_prelu_learns_one_slope_or_one_for_each_channel(n, z_shape):
    module = ACTIVATIONS["prelu"].module(num_parameters=n)
    z = torch.randn(z_shape, generator=torch.Generator().manual_seed(0))
    module(z).sum().backward()
    negative = z.clamp(max=0)
    expected = negative.sum().view(1) if n == 1 else negative.transpose(0, 1).flatten(1).sum(1)
    torch.testing.assert_close(module.weight.grad, expected)
