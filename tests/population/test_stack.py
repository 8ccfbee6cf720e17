"""`stack` and `unstack`: there and back, chains and everything else."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput
from layerwise.models import PRESETS, build
from layerwise.population import stack, unstack


class Residual(nn.Module):
    """No chain: only vmap can run it."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.norm = nn.LayerNorm(4)

    def forward(self, x):
        return self.norm(x + torch.relu(self.inner(x)))


def same(a: nn.Module, b: nn.Module) -> bool:
    mine, theirs = a.state_dict(), b.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[k], theirs[k]) for k in mine) and repr(a) == repr(b)


@pytest.mark.parametrize("name", PRESETS)
def test_there_and_back(name):
    dense = PRESETS[name].architecture.kind == "mlp"
    shape = {"depth": 3, "width": 5} if dense else {"channels": (2, 3), "dense": (5,)}
    recipe, inputs = PRESETS[name].replace(**shape, dropout=0.1), 4 if dense else (1, 4, 4)
    modules = [build(recipe, inputs, 2, torch.Generator().manual_seed(s)) for s in range(3)]
    back = unstack(stack(modules))
    assert all(same(a, b) for a, b in zip(modules, back, strict=True))
    assert back[0].output.weight.data_ptr() != modules[0].output.weight.data_ptr()


def test_other_modules_run_through_vmap():
    modules = [Residual().eval() for _ in range(3)]
    stacked = stack(modules)
    x = torch.randn(3, 7, 4)
    expected = torch.stack([m(row) for m, row in zip(modules, x, strict=True)])
    torch.testing.assert_close(stacked(x), expected)
    assert all(same(a, b) for a, b in zip(modules, unstack(stacked), strict=True))
    stacked(x).sum().backward()
    assert all(p.grad is not None for p in stacked.parameters())


@pytest.mark.parametrize("options", [{}, {"padding_mode": "circular", "padding": 1}], ids=["stages", "vmap"])
def test_convolutions_run_as_they_are_or_through_vmap(options):
    size = 2 * (64 if options else 36)
    modules = [
        nn.Sequential(nn.Conv2d(1, 2, 3, **options), nn.ReLU(), nn.Flatten(), nn.Linear(size, 3)) for _ in range(2)
    ]
    assert len(stack(modules).stages) == (1 if options else 4)
    x = torch.randn(2, 5, 1, 8, 8)
    expected = torch.stack([m(row) for m, row in zip(modules, x, strict=True)])
    torch.testing.assert_close(stack(modules)(x), expected, rtol=1e-4, atol=1e-5)


def test_a_shared_batch_is_spread():
    modules = [nn.Sequential(nn.Linear(4, 3), nn.Tanh()) for _ in range(3)]
    x = torch.randn(6, 4)
    torch.testing.assert_close(stack(modules)(x), torch.stack([m(x) for m in modules]))


def test_shared_images_are_spread():
    modules = [nn.Sequential(nn.Conv2d(2, 3, 3), nn.Tanh()) for _ in range(3)]
    folded = [nn.Sequential(nn.Unflatten(1, (2, 4, 5)), *module) for module in modules]
    x = torch.randn(6, 2, 4, 5)
    expected = torch.stack([m(x) for m in modules])
    torch.testing.assert_close(stack(modules)(x), expected)
    torch.testing.assert_close(stack(folded)(x.flatten(1)), expected)


def test_the_layers_are_named_by_their_linear_maps():
    recipe = PRESETS["relu_he_batchnorm_2015"].replace(depth=2, width=5)
    layers = stack([build(recipe, 4, 2, torch.Generator())]).layers
    assert [(layer.name, layer.linear, layer.activation) for layer in layers] == [
        ("hidden1", 0, 2),
        ("hidden2", 3, 5),
        ("output", 6, None),
    ]


def test_a_convolution_opens_a_layer():
    recipe = PRESETS["conv_relu_he_batchnorm_2015"]
    layers = stack([build(recipe, (1, 8, 8), 2, torch.Generator())]).layers
    assert [(layer.name, layer.linear, layer.activation) for layer in layers] == [
        ("hidden1", 1, 3),  # 0 folds the rows, 2 normalizes, 4 pools
        ("hidden2", 5, 7),
        ("hidden3", 10, 12),  # 8 pools, 9 flattens
        ("output", 13, None),
    ]


def bad_cases():
    yield [], "must hold at least one network"
    yield [nn.Linear(2, 2), nn.Linear(2, 3)], "The network at place 1 differs from the first one"
    yield [nn.Linear(2, 2), nn.Linear(2, 2).double()], "must have one structure"
    yield [nn.Sequential(nn.Dropout(0.1)), nn.Sequential(nn.Dropout(0.2))], "must have one structure"
    yield [nn.Sequential(nn.Conv1d(1, 1, 1), nn.BatchNorm1d(1))], "running statistics"
    yield [nn.Sequential(nn.LSTM(2, 2))], "Recurrent layers can't run"


@pytest.mark.parametrize(("modules", "message"), list(bad_cases()))
def test_what_cannot_be_stacked_says_why(modules, message):
    with pytest.raises(InvalidInput, match=message):
        stack(modules)


def test_what_vmap_cannot_run_says_why():
    class Branches(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(2, 2)

        def forward(self, x):
            return self.inner(x) if x.sum().item() > 0 else x

    with pytest.raises(InvalidInput, match=r"torch.func.vmap says: .*item"):
        stack([Branches(), Branches()])(torch.ones(2, 3, 2))
