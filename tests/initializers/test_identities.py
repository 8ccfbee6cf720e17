"""Weights that keep the signal: identity, dirac, delta-orthogonal."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from layerwise.initializers import delta_orthogonal_, dirac_, identity_, orthogonal_

CONVS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def signal(channels: int, axes: int) -> torch.Tensor:
    return torch.randn(2, channels, *(5, 6, 7)[:axes], dtype=torch.float64, generator=seeded(1))


def conv(axes: int, c_in: int, c_out: int, kernel: int = 3, **options) -> nn.Module:
    return CONVS[axes](c_in, c_out, kernel, padding=kernel // 2, bias=False, dtype=torch.float64, **options)


@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5)])
def test_identity_hands_on_what_fits(shape):
    weight = identity_(torch.empty(shape), 1.5)
    x = torch.randn(4, shape[1], generator=seeded())
    n = min(shape)
    y = x @ weight.T
    torch.testing.assert_close(y[:, :n], 1.5 * x[:, :n])
    assert y[:, n:].eq(0).all()


@pytest.mark.parametrize("axes", CONVS)
@pytest.mark.parametrize("kernel", [1, 3, 5])
def test_dirac_hands_the_signal_on(axes, kernel):
    layer, x = conv(axes, 3, 4, kernel), signal(3, axes)
    assert dirac_(layer.weight, 2.0) is layer.weight
    y = layer(x)
    torch.testing.assert_close(y[:, :3], 2 * x, rtol=1e-14, atol=0)
    assert y[:, 3].eq(0).all()


def test_dirac_with_groups_is_an_identity_in_each():
    layer, x = conv(2, 6, 6, groups=3), signal(6, 2)
    dirac_(layer.weight, groups=3)
    torch.testing.assert_close(layer(x), x, rtol=1e-14, atol=0)


@pytest.mark.parametrize("axes", CONVS)
@pytest.mark.parametrize("kernel", [1, 3, 5])
@pytest.mark.parametrize("mode", ["zeros", "reflect", "circular"])
@pytest.mark.parametrize(("c_in", "c_out"), [(3, 3), (3, 8)])
def test_delta_orthogonal_keeps_every_length(axes, kernel, mode, c_in, c_out):
    layer, x = conv(axes, c_in, c_out, kernel, padding_mode=mode), signal(c_in, axes)
    delta_orthogonal_(layer.weight, 1.5, generator=seeded())
    lengths = layer(x).flatten(1).norm(dim=1)
    torch.testing.assert_close(lengths, 1.5 * x.flatten(1).norm(dim=1), rtol=1e-12, atol=0)


def test_delta_orthogonal_with_a_stride_keeps_no_length():
    layer, x = conv(2, 3, 3, stride=2), signal(3, 2)
    delta_orthogonal_(layer.weight, generator=seeded())
    assert layer(x).norm() < 0.9 * x.norm()


def test_delta_orthogonal_works_in_any_number_of_axes():
    weight = delta_orthogonal_(torch.empty(4, 2, 1, 3, 5, 3, dtype=torch.float64), generator=seeded())
    middle = weight[:, :, 0, 1, 2, 1]
    torch.testing.assert_close(middle.T @ middle, torch.eye(2, dtype=torch.float64), rtol=0, atol=1e-14)
    assert weight.count_nonzero() == middle.count_nonzero() == 8


def test_its_middle_is_the_orthogonal_matrix_of_the_same_draws():
    weight = delta_orthogonal_(torch.empty(6, 4, 3, 3), 0.5, generator=seeded())
    assert torch.equal(weight[:, :, 1, 1], orthogonal_(torch.empty(6, 4), 0.5, generator=seeded()))


@pytest.mark.parametrize("fill", [delta_orthogonal_, dirac_])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_the_dtype_is_kept_and_the_global_generator_left_alone(fill, dtype):
    before = torch.get_rng_state()
    tensor = torch.full((6, 4, 3), torch.nan, dtype=dtype)
    assert fill(tensor, generator=seeded()) is tensor
    assert tensor.dtype == dtype
    assert tensor.isfinite().all()
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: identity_(torch.ones(2, 2, 3)), "must be a matrix [fan_out, fan_in]. Got shape [2, 2, 3] instead."),
        (lambda: dirac_(torch.ones(2, 2, 4)), "must have a kernel with odd sides, which has a middle. Got kernel [4]"),
        (lambda: dirac_(torch.ones(2, 2, 1, 1, 1, 1)), "with 1 to 3 spatial axes. Got shape [2, 2, 1, 1, 1, 1]"),
        (lambda: dirac_(torch.ones(4, 2, 3), groups=3), "`groups` must divide the 4 output channels. Got 3 instead."),
        (lambda: dirac_(torch.ones(4, 2, 3), groups=0), "`groups` must be a positive int. Got 0 instead."),
        (lambda: delta_orthogonal_(torch.ones(2, 2, 3, 2)), "Got kernel [3, 2] instead."),
        (lambda: delta_orthogonal_(torch.ones(2, 3, 3)), "fewer can't keep every length. Got shape [2, 3, 3] instead."),
        (lambda: delta_orthogonal_(torch.ones(3, 3, 3), torch.inf), "`gain` must be a finite number. Got inf instead."),
    ],
)
def test_messages(call, message):
    with pytest.raises(ValueError, match="must") as caught:
        call()
    assert message in str(caught.value)
