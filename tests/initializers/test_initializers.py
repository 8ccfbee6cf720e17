from __future__ import annotations

import math

import pytest
import torch
from scipy import stats

from layerwise import initializers as init

FANNED = [
    init.variance_scaling_,
    init.lecun_normal_,
    init.lecun_uniform_,
    init.glorot_normal_,
    init.glorot_uniform_,
    init.he_normal_,
    init.he_uniform_,
    init.torch_default_,
    init.orthogonal_,
    init.identity_,
    init.dirac_,
    init.delta_orthogonal_,
    init.sparse_,
]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def empty(*shape: int) -> torch.Tensor:
    return torch.empty(*shape, dtype=torch.float64)


NORMALS = {
    "normal": (init.normal_, 0.01),
    "lecun": (init.lecun_normal_, 200**-0.5),
    "glorot": (init.glorot_normal_, (2 / 500) ** 0.5),
    "he": (init.he_normal_, 0.1),
}
UNIFORMS = {
    "uniform": (init.uniform_, 0.05),
    "lecun": (init.lecun_uniform_, (3 / 200) ** 0.5),
    "glorot": (init.glorot_uniform_, (6 / 500) ** 0.5),
    "he": (init.he_uniform_, (6 / 200) ** 0.5),
    "torch": (init.torch_default_, 200**-0.5),
}


@pytest.mark.parametrize(("fill", "std"), NORMALS.values(), ids=NORMALS)
def test_normal_ones_pass_kolmogorov_smirnov_and_chi_square(fill, std):
    weight = fill(empty(300, 200), generator=seeded()).flatten().numpy()
    assert stats.kstest(weight, stats.norm(scale=std).cdf).pvalue > 0.01
    assert 0.005 < stats.chi2(weight.size).cdf((weight**2).sum() / std**2) < 0.995


@pytest.mark.parametrize(("fill", "bound"), UNIFORMS.values(), ids=UNIFORMS)
def test_uniform_ones_pass_kolmogorov_smirnov_and_fill_their_range(fill, bound):
    weight = fill(empty(300, 200), generator=seeded()).flatten().numpy()
    assert stats.kstest(weight, stats.uniform(-bound, 2 * bound).cdf).pvalue > 0.01
    assert 0.999 * bound < abs(weight).max() <= bound


def test_variance_scaling_by_hand():
    for mode, fan in (("fan_in", 200), ("fan_out", 300), ("fan_avg", 250), ("geometric", math.sqrt(60_000))):
        normal = init.variance_scaling_(empty(300, 200), 3.0, mode, "normal", generator=seeded())
        twin = empty(300, 200).normal_(0, math.sqrt(3 / fan), generator=seeded())
        torch.testing.assert_close(normal, twin, rtol=1e-15, atol=0)
        uniform = init.variance_scaling_(empty(300, 200), 3.0, mode, "uniform", generator=seeded())
        twin = empty(300, 200).uniform_(-3 / math.sqrt(fan), 3 / math.sqrt(fan), generator=seeded())
        torch.testing.assert_close(uniform, twin, rtol=1e-12, atol=1e-15)
        cut = init.variance_scaling_(empty(300, 200), 3.0, mode, "truncated_normal", generator=seeded())
        twin = init.truncated_normal_(empty(300, 200), math.sqrt(3 / fan), generator=seeded())
        torch.testing.assert_close(cut, twin, rtol=1e-15, atol=0)


TORCH = {
    "glorot_uniform": (init.glorot_uniform_, torch.nn.init.xavier_uniform_),
    "glorot_normal": (init.glorot_normal_, torch.nn.init.xavier_normal_),
    "he_normal": (init.he_normal_, lambda w, generator: torch.nn.init.kaiming_normal_(w, generator=generator)),
    "he_uniform": (init.he_uniform_, lambda w, generator: torch.nn.init.kaiming_uniform_(w, generator=generator)),
    "orthogonal": (init.orthogonal_, lambda w, generator: torch.nn.init.orthogonal_(w, generator=generator)),
}


@pytest.mark.parametrize(("ours", "theirs"), TORCH.values(), ids=TORCH)
@pytest.mark.parametrize("shape", [(30, 20), (8, 4, 3, 3)])
def test_torch_draws_the_same(ours, theirs, shape):
    torch.testing.assert_close(
        ours(empty(*shape), generator=seeded()), theirs(empty(*shape), generator=seeded()), rtol=1e-12, atol=1e-15
    )


def test_torch_default_is_what_linear_does():
    with torch.random.fork_rng():
        torch.manual_seed(3)
        layer = torch.nn.Linear(20, 30, dtype=torch.float64)
    draw = seeded(3)
    torch.testing.assert_close(
        init.torch_default_(empty(30, 20), generator=draw), layer.weight.data, rtol=1e-12, atol=0
    )
    torch.testing.assert_close(
        init.torch_default_bias_(empty(30), 20, generator=draw), layer.bias.data, rtol=1e-12, atol=0
    )


@pytest.mark.parametrize("shape", [(40, 40), (50, 20), (20, 50), (12, 3, 2, 2)])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-6), (torch.float64, 1e-12)])
def test_orthogonal_keeps_lengths(shape, dtype, tolerance):
    weight = init.orthogonal_(torch.empty(shape, dtype=dtype), 1.5, generator=seeded()).flatten(1)
    square = weight.T @ weight if weight.shape[0] >= weight.shape[1] else weight @ weight.T
    torch.testing.assert_close(square, 1.5**2 * torch.eye(len(square), dtype=dtype), rtol=0, atol=2.25 * tolerance)


def test_orthogonal_in_low_precision_is_the_float32_one_rounded():
    low = init.orthogonal_(torch.empty(5, 5, dtype=torch.bfloat16), generator=seeded())
    assert torch.equal(low, init.orthogonal_(torch.empty(5, 5), generator=seeded()).bfloat16())


def test_orthogonal_is_haar():
    draw = seeded()
    corners = [init.orthogonal_(empty(3, 3), generator=draw)[0, 0].item() for _ in range(2000)]
    assert stats.kstest(corners, stats.uniform(-1, 2).cdf).pvalue > 0.01  # Archimedes: uniform in three dimensions


@pytest.mark.parametrize("fill", FANNED)
@pytest.mark.parametrize("shape", [(), (3,), (0, 3), (3, 0)])
def test_what_has_no_fans_is_refused(fill, shape):
    with pytest.raises(ValueError, match=r"`tensor` must be a weight of shape \[fan_out, fan_in, ...\]") as caught:
        fill(torch.empty(shape))
    assert f"Got shape {list(shape)} instead. Give a bias its value with `constant_`." in str(caught.value)


@pytest.mark.parametrize("fill", [init.zeros_, init.constant_, init.normal_, init.uniform_, init.truncated_normal_])
def test_plain_ones_take_any_shape(fill):
    for shape in ((), (3,), (0, 3)):
        assert bool(fill(torch.full(shape, math.nan), generator=seeded()).isfinite().all())


def test_zeros_and_constant_by_hand():
    assert init.zeros_(torch.ones(2, 2)).tolist() == [[0, 0], [0, 0]]
    assert init.constant_(torch.ones(2), -0.5).tolist() == [-0.5, -0.5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda w: init.normal_(w, -1), "`std` must be a number of at least 0. Got -1 instead."),
        (lambda w: init.uniform_(w, math.nan), "`bound` must be a number of at least 0. Got nan instead."),
        (lambda w: init.constant_(w, "a"), "`value` must be a finite number. Got 'a' instead."),
        (lambda w: init.orthogonal_(w, math.inf), "`gain` must be a finite number. Got inf instead."),
        (lambda w: init.lecun_normal_(w, None), "`gain` must be a finite number."),
        (lambda w: init.variance_scaling_(w, -2.0), "`scale` must be a number of at least 0. Got -2.0 instead."),
        (lambda w: init.variance_scaling_(w, 1, "fan"), "`mode` must be one of 'fan_in', 'fan_out', 'fan_avg', "),
        (
            lambda w: init.variance_scaling_(w, 1, "fan_in", "cauchy"),
            "`distribution` must be one of 'normal', 'truncated_normal', 'uniform'. Got 'cauchy' instead.",
        ),
        (lambda w: init.truncated_normal_(w, -1), "`std` must be a number of at least 0. Got -1 instead."),
        (lambda w: init.identity_(w, math.nan), "`gain` must be a finite number. Got nan instead."),
        (lambda w: init.sparse_(w, -1), "`std` must be a number of at least 0. Got -1 instead."),
        (lambda w: init.sparse_(w, 1, 0), "`n_connections` must be a positive int. Got 0 instead."),
        (init.delta_orthogonal_, "`tensor` must be the weight of a convolution, [out, in, *kernel]. Got"),
        (init.dirac_, "[out, in, *kernel] with 1 to 3 spatial axes. Got shape [2, 2] instead."),
        (lambda w: init.torch_default_bias_(w, 0), "`fan_in` must be a positive int. Got 0 instead."),
    ],
)
def test_messages(call, message):
    weight = torch.ones(2, 2)
    with pytest.raises(ValueError, match="must be") as caught:
        call(weight)
    assert message in str(caught.value)
    assert weight.tolist() == [[1, 1], [1, 1]]


def test_an_unknown_name_is_answered():
    with pytest.raises(ValueError, match="There is no initializer 'xavier'"):
        init.INITIALIZERS["xavier"]


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("entry", init.INITIALIZERS.values(), ids=lambda entry: entry.name)
def test_a_cpu_generator_gives_the_same_weights_on_a_gpu(entry):
    there = entry.fill(torch.empty(30, 20, device="cuda"), generator=seeded())
    assert there.device.type == "cuda"
    assert torch.equal(there.cpu(), entry.fill(torch.empty(30, 20), generator=seeded()))
