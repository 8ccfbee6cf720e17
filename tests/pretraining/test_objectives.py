"""Each objective against autograd, closed forms, and cases solved by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from layerwise.pretraining import CORRUPTIONS, OBJECTIVES, LayerSettings, pretrain
from layerwise.pretraining._layers import plan
from layerwise.pretraining._module_coder import ModuleCoder
from layerwise.pretraining._objectives import contractive, reconstruction_error, sparse


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def coder_of(model: nn.Module, x: Tensor, *, tied: bool = True) -> ModuleCoder:
    found = plan(model, x)
    return ModuleCoder(model, found.layers[0], found, x, tied=tied, generator=generator())


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Linear(5, 4), (5,)),
        (nn.Conv1d(2, 3, 3, stride=2, padding=1), (2, 8)),
        (nn.Conv2d(2, 4, 3, stride=2, padding=1, groups=2), (2, 7, 6)),
        (nn.Conv2d(1, 3, 3, dilation=2), (1, 8, 8)),
        (nn.Conv3d(1, 2, 2), (1, 3, 4, 3)),
    ],
)
def test_the_decoder_is_the_transpose_of_the_encoders_linear_map(layer, shape):
    x = torch.randn(3, *shape, dtype=torch.float64)
    coder = coder_of(nn.Sequential(layer.double(), nn.Sigmoid()), x)
    z = coder.encode(x).preactivation
    y = torch.randn_like(z)
    bias = next(p for name, p in layer.named_parameters() if name == "bias")
    forth = z - layer(torch.zeros_like(x)) if bias is not None else z
    torch.testing.assert_close((forth * y).sum(), (x * coder.decode(y)).sum())
    assert coder.decode(y).shape == x.shape


@pytest.mark.parametrize("activation", [nn.Sigmoid(), nn.Tanh(), nn.ELU(), nn.Softplus()])
@pytest.mark.parametrize(
    ("layer", "shape"), [(nn.Linear(4, 3), (4,)), (nn.Conv2d(2, 3, 3, stride=2, padding=1), (2, 5, 5))]
)
def test_the_contractive_penalty_is_the_squared_norm_of_autograds_jacobian(activation, layer, shape):
    model = nn.Sequential(layer, activation).double()
    x = torch.randn(3, *shape, dtype=torch.float64)
    coder = coder_of(model, x)
    settings = LayerSettings(reconstruction="squared_error", penalty=1.0)
    plain = reconstruction_error(coder, x, coder.decode(model(x)), "squared_error")
    penalty = contractive(coder, x, settings, []) - plain
    jacobians = [torch.autograd.functional.jacobian(lambda row: model(row[None])[0], row) for row in x]
    torch.testing.assert_close(penalty, torch.stack([j.square().sum() for j in jacobians]).mean())


def test_sparsity_by_hand():
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Sigmoid()).double()
    nn.init.zeros_(model[0].weight)
    x = torch.zeros(4, 1, dtype=torch.float64)
    coder = coder_of(model, x)
    # the code is 1/2 everywhere and the reconstruction 0 everywhere: what is left is the penalty
    kl = 0.1 * np.log(0.1 / 0.5) + 0.9 * np.log(0.9 / 0.5)
    settings = LayerSettings(reconstruction="squared_error", penalty=3.0, sparsity=0.1)
    assert sparse(coder, x, settings, []).item() == pytest.approx(3 * kl)
    settings = LayerSettings(reconstruction="squared_error", penalty=3.0, sparsity_penalty="l1")
    assert sparse(coder, x, settings, []).item() == pytest.approx(1.5)


def test_errors_are_summed_over_features_and_averaged_over_rows():
    x = torch.tensor([[0.0, 1.0], [1.0, 1.0]])
    coder = coder_of(nn.Sequential(nn.Linear(2, 1), nn.Sigmoid()), torch.zeros(3, 2))
    decoded = torch.tensor([[1.0, 1.0], [0.0, 3.0]])
    assert reconstruction_error(coder, x, decoded, "squared_error").item() == pytest.approx((1 + 1 + 4) / 2)
    entropy = nn.functional.binary_cross_entropy(decoded.sigmoid(), x, reduction="sum") / 2
    torch.testing.assert_close(reconstruction_error(coder, x, decoded, "cross_entropy"), entropy)


def test_emphasis_weighs_touched_and_untouched_entries():
    x = torch.rand(50, 6)
    coder = coder_of(nn.Sequential(nn.Linear(6, 4), nn.Sigmoid()), x)
    both, one, other = (
        OBJECTIVES["denoising"].loss(
            coder, x, LayerSettings(reconstruction="squared_error", emphasis=weights), [generator(3)]
        )
        for weights in ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0))
    )
    torch.testing.assert_close(both, one + other)
    assert one > 0
    assert other > 0


@pytest.mark.parametrize("name", list(CORRUPTIONS))
def test_corruption_comes_from_its_generator_and_touches_the_share_it_says(name):
    x = torch.rand(200, 50) + 1
    corruption = CORRUPTIONS[name]
    seen, touched = corruption.apply(x, 0.3, [generator(1)])
    again, _ = corruption.apply(x, 0.3, [generator(1)])
    assert torch.equal(seen, again)
    if touched is None:
        assert (seen - x).std().item() == pytest.approx(0.3, rel=0.03)
    else:
        assert touched.float().mean().item() == pytest.approx(0.3, abs=0.02)
        assert torch.equal(seen[~touched], x[~touched])
        assert set(seen[touched].unique().tolist()) <= {0.0, x.min().item(), x.max().item()}


def test_a_linear_autoencoder_ends_at_the_error_of_principal_components():
    torch.manual_seed(0)
    data = (torch.randn(400, 6) * torch.tensor([3.0, 2.0, 1.0, 0.5, 0.3, 0.2])).double()
    data -= data.mean(0)
    model = nn.Sequential(nn.Linear(6, 2, dtype=torch.float64))
    found = pretrain(
        model, data, layers=["0"], validation=0.0, epochs=150, learning_rate=[0.01], batch_size=100, tied=False,
        reconstruction="squared_error",
    )  # fmt: skip
    discarded = np.linalg.eigvalsh(np.cov(data.T.numpy(), bias=True))[:-2].sum()
    assert found.layers[0].curves[1].values[-1] == pytest.approx(discarded, rel=0.01)


def test_a_linear_denoising_autoencoder_ends_at_the_best_linear_map():
    torch.manual_seed(0)
    spread = torch.tensor([2.0, 1.0, 0.5], dtype=torch.float64)
    data = torch.randn(2000, 3, dtype=torch.float64) * spread
    model = nn.Sequential(nn.Linear(3, 3, dtype=torch.float64))
    found = pretrain(
        model, data, "denoising", layers=["0"], validation=0.0, epochs=1000, learning_rate=0.01, tied=False,
        reconstruction="squared_error", corruption="gaussian", corruption_level=1.0, batch_size=2000,
    )  # fmt: skip
    covariance = torch.cov(data.T, correction=0)
    best = covariance @ torch.linalg.inv(covariance + torch.eye(3, dtype=torch.float64))
    whole = found.layers[0].decoder.weight.mT @ found.model[0].weight
    torch.testing.assert_close(whole, best, rtol=0.0, atol=0.05)


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_every_objective_has_a_source_and_options_that_exist(name):
    entry = OBJECTIVES[name]
    assert entry.citation
    assert entry.summary.endswith(".")
    assert set(entry.options) <= set(LayerSettings.__dataclass_fields__)
