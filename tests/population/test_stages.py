"""One contract for every kind of stage: `record` and `backprop` agree with autograd through `forward`."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from layerwise.activations import ACTIVATIONS, CReLU, Maxout
from layerwise.normalizers import BatchRenorm, DyT, GhostBatchNorm
from layerwise.population import stack
from layerwise.population._stages import STAGES, stage_kind

SEEDS, BATCH, UNITS = 3, 5, 6
CHANNELS = 8

ON_IMAGES = {
    "convolutions as groups": lambda: nn.Conv2d(CHANNELS, 4, 3, padding=1),
    "convolution without bias": lambda: nn.Conv2d(CHANNELS, 4, 3, bias=False),
    "convolution with all its options": lambda: nn.Conv2d(
        CHANNELS, 5, (3, 2), stride=2, padding=(2, 1), dilation=(2, 1)
    ),
    "max pooling": lambda: nn.MaxPool2d(2),
    "mean pooling": lambda: nn.AvgPool2d(3, stride=2, padding=1),
    "flatten": nn.Flatten,
    "batch norm of channels": lambda: nn.BatchNorm2d(CHANNELS),
    "group norm of channels": lambda: nn.GroupNorm(2, CHANNELS, eps=0.1),
    "layer norm of columns": lambda: nn.LayerNorm(5),
    "rms norm of columns": lambda: nn.RMSNorm(5, eps=0.1),
    "dyt of columns": lambda: DyT(5),
    "prelu of each channel": lambda: nn.PReLU(CHANNELS),
    "prelu of images": nn.PReLU,
    "maxout of channels": lambda: Maxout(2, axis=-3),
    "crelu of channels": lambda: CReLU(axis=-3),
    "dropout of images": lambda: nn.Dropout(0.4),
}
FEW_CHANNELS = {
    "convolutions one by one": lambda: nn.Conv2d(3, 4, 3, padding=1),
    "one by one without bias": lambda: nn.Conv2d(3, 4, 2, stride=2, bias=False),
}
MODULES = {
    "linear": lambda: nn.Linear(UNITS, 4),
    "unflatten": lambda: nn.Unflatten(1, (1, 2, 3)),
    "linear without bias": lambda: nn.Linear(UNITS, 4, bias=False),
    "batch norm": lambda: nn.BatchNorm1d(UNITS),
    "ghost batch norm": lambda: GhostBatchNorm(UNITS, ghost_size=2),
    "ghost batch norm of one part": lambda: GhostBatchNorm(UNITS),
    "batch renorm": lambda: BatchRenorm(UNITS, warm_up=1),
    "batch renorm before its limits stand": lambda: BatchRenorm(UNITS, r_max=1.5, d_max=0.3, warm_up=4),
    "layer norm": lambda: nn.LayerNorm(UNITS),
    "rms norm": lambda: nn.RMSNorm(UNITS),
    "rms norm with eps": lambda: nn.RMSNorm(UNITS, eps=0.1),
    "group norm": lambda: nn.GroupNorm(2, UNITS, eps=0.1),
    "dyt": lambda: DyT(UNITS),
    "prelu": nn.PReLU,
    "dropout": lambda: nn.Dropout(0.4),
    "alpha dropout": lambda: nn.AlphaDropout(0.4),
    "maxout": lambda: Maxout(2),
    "prelu of each unit": lambda: nn.PReLU(UNITS),
    "wide rrelu": lambda: nn.RReLU(-0.5, 0.7),
} | {name: activation.module for name, activation in ACTIVATIONS.items()}
MODULES |= ON_IMAGES | FEW_CHANNELS


def draw(name):
    shape = (CHANNELS, 6, 5) if name in ON_IMAGES else (3, 6, 5) if name in FEW_CHANNELS else (UNITS,)
    return torch.randn(SEEDS, BATCH, *shape, dtype=torch.float64)


class Gradients:
    """An optimizer that keeps the gradients and moves nothing."""

    def __init__(self):
        self.found = {}

    def product(self, weight, left, right):
        self.found[id(weight)] = torch.bmm(left.mT, right)

    def weight(self, parameter, gradient):
        self.found[id(parameter)] = gradient

    other = weight


def make(name):
    torch.manual_seed(1)
    modules = [MODULES[name]().double() for _ in range(SEEDS)]
    for module in modules:
        for parameter in module.parameters():
            nn.init.normal_(parameter)
    return modules


def reseed(stage):
    stage.reseed([torch.Generator().manual_seed(s) for s in range(SEEDS)])


@pytest.mark.parametrize("name", MODULES)
def test_backprop_is_autograd(name):
    (stage,) = stack(make(name)).train().stages
    x = draw(name)
    stage(3 * x + 1)  # running statistics move
    twin = copy.deepcopy(stage)
    reseed(stage)
    reseed(twin)
    leaf = x.clone().requires_grad_()
    expected = twin(leaf)
    delta = torch.randn_like(expected)
    parameters = list(twin.parameters())
    wanted = torch.autograd.grad(expected, [leaf, *parameters], delta)
    gradients = Gradients()
    with torch.no_grad():
        y, tape = stage.record(x)
        upstream = stage.backprop(delta, tape, gradients)
    torch.testing.assert_close(y, expected.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(upstream, wanted[0], rtol=1e-10, atol=1e-12)
    for parameter, gradient in zip(stage.parameters(), wanted[1:], strict=True):
        torch.testing.assert_close(gradients.found[id(parameter)], gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in MODULES if "dropout" not in name])
@pytest.mark.parametrize("training", [True, False])
def test_forward_is_the_modules_side_by_side(name, training):
    if training and "rrelu" in name:
        pytest.skip("random in training")
    modules = [module.train(training) for module in make(name)]
    stacked = stack(modules).train(training)
    x = draw(name)
    for _ in range(3):  # running statistics move in between
        y = stacked(x)
        expected = torch.stack([module(row) for module, row in zip(modules, x, strict=True)])
        torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-12)
    for module, own in zip(modules, stacked.stages[0].unstack(), strict=False):
        for key, value in module.state_dict().items():
            torch.testing.assert_close(own.state_dict()[key], value, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", STAGES)
def test_every_kind_in_the_table_is_tested_here(kind):
    assert any(type(make()) is kind for make in MODULES.values())


@pytest.mark.parametrize("name", ["dropout", "alpha dropout"])
def test_dropout_keeps_the_moments_and_drops_its_share(name):
    (stage,) = stack(make(name)).train().stages
    reseed(stage)
    x = torch.randn(SEEDS, 2000, 50, dtype=torch.float64) + (1.0 if name == "dropout" else 0.0)
    y = stage(x)
    # Klambauer et al. 2017: a = (q + alpha'^2 q (1 - q))^(-1/2), b = -a (1 - q) alpha', dropped units are a alpha' + b
    prime = -1.7580993408473766
    a = (0.6 + prime**2 * 0.6 * 0.4) ** -0.5
    dropped = (y - (0.0 if name == "dropout" else a * prime - a * 0.4 * prime)).abs() < 1e-12
    assert dropped.double().mean().item() == pytest.approx(0.4, abs=0.01)
    assert y.mean().item() == pytest.approx(x.mean().item(), abs=0.02)
    if name == "alpha dropout":
        assert y.std().item() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(("rate", "a", "b"), [(0.05, 0.9548444760, 0.0839355722), (0.1, 0.9212845161, 0.1619709701)])
def test_alpha_dropout_has_the_papers_constants(rate, a, b):
    (stage,) = stack([nn.AlphaDropout(rate)]).train().stages
    x = torch.tensor([0.0, 1.0], dtype=torch.float64).expand(1, 500, 2)
    zeros, ones = (set(column.tolist()) for column in stage(x)[0].T)
    dropped = a * -1.7580993408473766 + b
    assert sorted(zeros) == pytest.approx([dropped, b], abs=1e-9)
    assert sorted(ones) == pytest.approx([dropped, a + b], abs=1e-9)


def test_rrelu_draws_a_slope_for_each_negative_entry():
    (stage,) = stack(make("wide rrelu")).train().stages
    reseed(stage)
    x = torch.randn(SEEDS, 2000, 50, dtype=torch.float64)
    slopes = (stage(x) / x)[x < 0]
    assert torch.equal(stage(x)[x > 0], x[x > 0])
    assert (slopes.min().item(), slopes.max().item()) == pytest.approx((-0.5, 0.7), abs=1e-3)
    assert (slopes.mean().item(), slopes.var().item()) == pytest.approx((0.1, 1.2**2 / 12), abs=5e-3)


@pytest.mark.parametrize(("name", "sign"), [("dropout", 1), ("rrelu", -1)])
def test_what_is_random_follows_each_members_generator_alone(name, sign):
    (stage,) = stack(make(name)).train().stages
    x = sign * torch.ones(SEEDS, BATCH, UNITS, dtype=torch.float64)
    reseed(stage)
    together = stage(x)
    for s in range(SEEDS):
        (alone,) = stack(make(name)[:1]).train().stages
        alone.reseed([torch.Generator().manual_seed(s)])
        assert torch.equal(alone(x[:1])[0], together[s])


def test_what_has_no_batched_form_says_so():
    assert stage_kind(nn.Conv1d(1, 1, 3)) is None
    assert stage_kind(nn.Conv2d(2, 2, 3, groups=2)) is None
    assert stage_kind(nn.Conv2d(1, 1, 3, padding="same")) is None
    assert stage_kind(nn.Conv2d(1, 1, 3, padding=1, padding_mode="reflect")) is None
    assert stage_kind(nn.MaxPool2d(2, return_indices=True)) is None
    assert stage_kind(nn.Flatten(0)) is None
    assert stage_kind(nn.Unflatten(2, (1, 2))) is None
    assert stage_kind(nn.BatchNorm2d(3, affine=False)) is None
    assert stage_kind(nn.BatchNorm1d(3, affine=False)) is None
    assert stage_kind(nn.BatchNorm1d(3, momentum=None)) is None
    assert stage_kind(nn.LayerNorm((2, 3))) is None
    assert stage_kind(nn.LayerNorm(3, bias=False)) is None
    assert stage_kind(nn.RMSNorm((2, 3))) is None
    assert stage_kind(nn.RMSNorm(3, elementwise_affine=False)) is None
    assert stage_kind(nn.GroupNorm(1, 3, affine=False)) is None
    assert stage_kind(nn.LeakyReLU(0.3)) is None  # not the table's 0.01
    assert stage_kind(Maxout(2, axis=1)) is None  # the seeds move the axes
    assert stage_kind(CReLU(axis=1)) is None
