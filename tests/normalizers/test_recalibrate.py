"""Running statistics measured anew are those of all rows together."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from layerwise._base import InvalidInput
from layerwise.normalizers import recalibrate


def rows(n: int = 50, *places: int) -> torch.Tensor:
    x = torch.randn(n, 3, *places, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return 100 + x + torch.linspace(0, 9, n).view(-1, 1, *(1 for _ in places))  # drifts: batches differ in mean


@pytest.mark.parametrize("size", [50, 25, 16, 8, 3])  # 50 = 3 * 16 + 2 and so on: short last batches
@pytest.mark.parametrize(("kind", "places"), [(nn.BatchNorm1d, ()), (nn.BatchNorm1d, (4,)), (nn.BatchNorm2d, (4, 5))])
def test_they_do_not_depend_on_how_rows_are_cut(size, kind, places):
    x = rows(50, *places)
    layer = recalibrate(kind(3).double(), x.split(size))
    axes = [axis for axis in range(x.ndim) if axis != 1]
    variance, mean = torch.var_mean(x, axes, correction=0)
    torch.testing.assert_close(layer.running_mean, mean, rtol=1e-12, atol=0)
    torch.testing.assert_close(layer.running_var, variance, rtol=1e-11, atol=0)


def test_the_mean_of_variances_and_equal_weights_would_be_wrong():
    x = rows(50)
    layer = recalibrate(nn.BatchNorm1d(3).double(), x.split(16))
    batches = x.split(16)
    within = torch.stack([batch.var(0, correction=0) for batch in batches]).mean(0)
    means = torch.stack([batch.mean(0) for batch in batches])
    assert (within < 0.5 * layer.running_var).all()
    assert ((means.mean(0) - layer.running_mean).abs() > 0.5).all()
    equal = torch.stack([batch.var(0, correction=0) for batch in x.split(25)]).mean(0)
    between = torch.stack([batch.mean(0) for batch in x.split(25)]).var(0, correction=0)
    torch.testing.assert_close(layer.running_var, equal + between, rtol=1e-11, atol=0)  # exact for equal sizes


def test_deeper_layers_see_what_training_would_give_them_without_dropout():
    norm, other = nn.BatchNorm1d(4), nn.BatchNorm1d(2)
    model = nn.Sequential(nn.Linear(3, 4), norm, nn.Dropout(0.9), nn.Linear(4, 2), other).double()
    batches = rows(20).split(10)
    before = copy.deepcopy(model.state_dict())
    fresh = recalibrate(model, batches)
    h = [nn.functional.batch_norm(model[0](x), None, None, training=True) for x in batches]
    variance, mean = torch.var_mean(torch.cat([model[3](x) for x in h]), 0, correction=0)
    torch.testing.assert_close(fresh[4].running_mean, mean, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(fresh[4].running_var, variance, rtol=1e-9, atol=0)
    assert all(torch.equal(model.state_dict()[name], value) for name, value in before.items())


def test_modes_counts_hooks_and_random_state_are_as_before():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5)).double()
    model[2].eval()
    state = torch.get_rng_state()
    fresh = recalibrate(model, [rows(10)])
    assert [module.training for module in fresh.modules()] == [True, True, True, False]
    assert fresh[1].num_batches_tracked == 0
    assert not fresh[1]._forward_pre_hooks
    assert torch.equal(torch.get_rng_state(), state)


def test_a_data_loader_with_targets():
    x = rows(10).float()
    loader = DataLoader(TensorDataset(x, torch.zeros(10)), batch_size=4)
    torch.testing.assert_close(recalibrate(nn.BatchNorm1d(3), loader).running_mean, x.mean(0))


def test_a_layer_that_is_not_reached_keeps_its_statistics():
    class Spare(nn.Sequential):
        def forward(self, x):
            return self[0](x)

    model = Spare(nn.BatchNorm1d(3), nn.BatchNorm1d(3)).double()
    fresh = recalibrate(model, [rows(10)])
    assert torch.equal(fresh[1].running_mean, model[1].running_mean)
    assert not torch.equal(fresh[0].running_mean, model[0].running_mean)


@pytest.mark.parametrize(
    ("model", "loader", "message"),
    [
        (nn.Linear(3, 3), [], "`model` must have batch normalization with running statistics."),
        (nn.BatchNorm1d(3, track_running_stats=False), [], "`model` must have batch normalization with running"),
        (nn.BatchNorm1d(3), [], "`loader` must give at least one batch."),
        (nn.BatchNorm1d(3), [torch.ones(1, 3)], "A batch must have more than one value for each unit. Use `drop_last"),
    ],
)
def test_messages(model, loader, message):
    with pytest.raises(InvalidInput) as caught:
        recalibrate(model, loader)
    assert message in str(caught.value)


def test_other_errors_of_the_model_come_through():
    with pytest.raises(ValueError, match="expected 2D or 3D input"):
        recalibrate(nn.BatchNorm1d(3), [torch.ones(3)])
