"""Folding batch normalization into the layer before it changes nothing that the model computes."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from layerwise._base import InvalidInput
from layerwise.models import Recipe, build
from layerwise.normalizers import BatchRenorm, GhostBatchNorm, fold

KINDS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def settled(model: nn.Module) -> nn.Module:
    """Return `model` in float64 with numbers of every sign and size in its parameters and statistics."""
    draw = seeded()
    for name, value in model.double().state_dict().items():
        if value.is_floating_point():
            value.normal_(generator=draw)
        if name.endswith("running_var"):
            value.abs_()
    return model


def left(model: nn.Module) -> int:
    return sum(isinstance(module, KINDS) for module in model.modules())


def check(model: nn.Module, *shape: int, stays: int = 0) -> None:
    x = torch.randn(6, *shape, dtype=torch.float64, generator=seeded(1))
    model = settled(model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    folded = fold(model)
    assert not folded.training
    assert left(folded) == stays
    torch.testing.assert_close(folded(x), model.eval()(x), rtol=1e-11, atol=1e-11)
    assert all(torch.equal(model.state_dict()[name], value) for name, value in before.items())


class Block(nn.Module):
    """A residual block, its normalizers registered before its convolutions."""

    def __init__(self):
        super().__init__()
        self.norm2, self.norm1 = nn.BatchNorm2d(3), nn.BatchNorm2d(3)
        self.conv1, self.conv2 = (nn.Conv2d(3, 3, 3, padding=1, bias=False) for _ in range(2))

    def forward(self, x):
        return torch.relu(x + self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x))))))


class Elsewhere(nn.Module):
    """The convolution's output is used beside the normalizer too."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv1d(2, 2, 1), nn.BatchNorm1d(2)

    def forward(self, x):
        z = self.conv(x)
        return self.norm(z) + z


class Twice(nn.Module):
    """One convolution, two normalizers."""

    def __init__(self):
        super().__init__()
        self.conv, self.one, self.two = nn.Conv1d(2, 2, 1), nn.BatchNorm1d(2), nn.BatchNorm1d(2)

    def forward(self, x):
        return self.two(self.conv(torch.relu(self.one(self.conv(x)))))


CHAINS = {
    "linear": (lambda: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)), (4,)),
    "without bias": (lambda: nn.Sequential(nn.Linear(4, 3, bias=False), nn.BatchNorm1d(3)), (4,)),
    "without gain": (lambda: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, affine=False)), (4,)),
    "nested": (lambda: nn.Sequential(nn.Sequential(nn.Linear(4, 3)), nn.Sequential(nn.BatchNorm1d(3))), (4,)),
    "ghosts": (lambda: nn.Sequential(nn.Linear(4, 3), GhostBatchNorm(3), nn.Tanh()), (4,)),
    "renorm": (lambda: nn.Sequential(nn.Linear(4, 3), BatchRenorm(3), nn.Tanh()), (4,)),
    "conv1d": (lambda: nn.Sequential(nn.Conv1d(2, 4, 3, groups=2), nn.BatchNorm1d(4)), (2, 7)),
    "conv2d": (lambda: nn.Sequential(nn.Conv2d(2, 4, 3, stride=2), nn.BatchNorm2d(4, eps=0.1)), (2, 7, 7)),
    "conv3d": (lambda: nn.Sequential(nn.Conv3d(2, 4, 3), nn.BatchNorm3d(4)), (2, 5, 5, 5)),
    "transposed": (lambda: nn.Sequential(nn.ConvTranspose2d(2, 4, 3), nn.BatchNorm2d(4)), (2, 5, 5)),
    "residual": (lambda: nn.Sequential(Block(), Block()), (3, 5, 5)),
}


@pytest.mark.parametrize(("make", "shape"), CHAINS.values(), ids=CHAINS)
def test_the_copy_computes_the_same_without_normalizers(make, shape):
    check(make(), *shape)


@pytest.mark.parametrize("activation", ["relu", "maxout", "prelu"])
@pytest.mark.parametrize("normalizer", ["batch", "ghost_batch", "batch_renorm"])
def test_recipes(activation, normalizer):
    recipe = Recipe().replace(depth=3, width=6, activation=activation, normalizer=normalizer, dropout=0.3)
    check(build(recipe, 4, 2, seeded()), 4)


STAYING = {
    "after the activation": (lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.BatchNorm1d(3)), (4,), 1),
    "at the start": (lambda: nn.Sequential(nn.BatchNorm1d(4), nn.Linear(4, 3)), (4,), 1),
    "used elsewhere": (Elsewhere, (2, 7), 1),
    "used twice": (Twice, (2, 7), 2),
    "grouped transposed": (
        lambda: nn.Sequential(nn.ConvTranspose1d(4, 4, 3, groups=2), nn.BatchNorm1d(4)),
        (4, 7),
        1,
    ),
    "parametrized": (
        lambda: nn.Sequential(parametrizations.weight_norm(nn.Linear(4, 3)), nn.BatchNorm1d(3)),
        (4,),
        1,
    ),
    "no running statistics": (
        lambda: nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3, track_running_stats=False)),
        (4,),
        1,
    ),
}


@pytest.mark.parametrize(("make", "shape", "stays"), STAYING.values(), ids=STAYING)
def test_what_would_change_the_model_stays(make, shape, stays):
    check(make(), *shape, stays=stays)


def test_dtype_and_flags_are_kept():
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3)).half()
    model[0].weight.requires_grad_(requires_grad=False)
    layer = fold(model)[0]
    assert layer.weight.dtype == layer.bias.dtype == torch.float16
    assert not layer.weight.requires_grad


def test_what_cannot_be_traced_says_so():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def forward(self, x):
            return self.inner(x) if x.sum() > 0 else x

    with pytest.raises(
        InvalidInput, match=r"`model` must be a module that torch\.fx can trace; it says: .*control flow"
    ):
        fold(Branches())
