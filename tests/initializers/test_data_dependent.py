"""Data-dependent initialization: normalized channels, equal gradient rates, filters found in the data."""

from __future__ import annotations

import copy
import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from torch import nn
from torch.nn import functional as F  # noqa: N812  # as everybody writes it

from layerwise._base import InvalidInput
from layerwise.initializers import data_dependent_
from layerwise.initializers._patches import patches
from layerwise.tracing import watching


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def convolutional() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 12, 3, groups=2),
        nn.LeakyReLU(),
        nn.Dropout(),
        nn.Flatten(),
        nn.Linear(48, 20),
        nn.ReLU(inplace=True),
        nn.Linear(20, 4),
    ).double()


def dense(*sizes: int, activation=nn.ReLU) -> nn.Sequential:
    layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), activation())]
    return nn.Sequential(*layers[:-1]).double()


def outputs_of(model: nn.Sequential, x: torch.Tensor) -> list[torch.Tensor]:
    """Outputs of the layers with weights, each as [value, channel]."""
    found = []
    with torch.no_grad():
        for layer in copy.deepcopy(model).eval():
            x = layer(x)
            if isinstance(layer, nn.Linear | nn.Conv2d):
                found.append(x.clone().movedim(1, -1).flatten(0, -2))
    return found


def rates_of(model: nn.Sequential, x: torch.Tensor, n_draws: int = 20) -> list[float]:
    """One example, one draw, one backward pass at a time: sqrt(E ||dl/dW||^2) / ||W||."""
    weights = [layer.weight for layer in model if isinstance(layer, nn.Linear | nn.Conv2d)]
    squares = torch.zeros(len(weights), dtype=torch.float64)
    model = model.eval()
    for k, row in enumerate(x):
        for draw in range(n_draws):
            z = model(row[None])
            found = torch.autograd.grad((z * normal(*z.shape, seed=1000 * k + draw)).sum(), weights)
            squares += torch.stack([one.square().sum() for one in found])
    return [(square.sqrt() / weight.norm()).item() for square, weight in zip(squares, weights, strict=True)]


# --- within each layer ---


@pytest.mark.parametrize("weights", ["gaussian", "pca", "kmeans"])
@pytest.mark.parametrize("mean", [0.0, 0.5])
def test_every_channel_has_the_mean_and_unit_std(weights, mean):
    model, x = convolutional(), normal(64, 3, 8, 8)
    changes = data_dependent_(model, x, weights=weights, mean=mean, equalize=False, generator=seeded())
    for z in outputs_of(model, x):
        torch.testing.assert_close(z.std(0, correction=0), torch.ones_like(z[0]), rtol=1e-9, atol=0)
        torch.testing.assert_close(z.mean(0), torch.full_like(z[0], mean), rtol=0, atol=1e-9)
    assert [change.target for change in changes] == ["0.weight", "3.weight", "7.weight", "9.weight"]
    assert {change.after for change in changes} == {f"output std 1, mean {mean:g}"}
    assert changes[0].reason == (
        f"{weights} filters, scaled and shifted channel by channel; gradient rates not looked at"
    )


def test_without_a_bias_the_mean_is_what_comes():
    model, x = nn.Linear(5, 7, bias=False, dtype=torch.float64), normal(30, 5) + 2
    data_dependent_(model, x, generator=seeded())
    z = model(x)
    torch.testing.assert_close(z.std(0, correction=0), torch.ones_like(z[0]))
    assert z.mean(0).abs().max() > 0.1


def test_several_batches_are_pooled():
    model, batches = dense(6, 20, 4), [s * normal(30, 6, seed=s) + s for s in (1, 2, 3)]
    data_dependent_(model, batches, equalize=False, tolerance=1e-6, generator=seeded())
    for z in outputs_of(model, torch.cat(batches)):
        torch.testing.assert_close(z.std(0, correction=0), torch.ones_like(z[0]), rtol=1e-6, atol=0)
        assert z.mean(0).abs().max() < 1e-6


def test_what_is_no_linear_layer_and_no_convolution_is_left_alone():
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.right = nn.Parameter(normal(5, 6))
            self.up = nn.ConvTranspose1d(6, 4, 3, dtype=torch.float64)
            self.turned = nn.Parameter(normal(4, 3))
            self.last = nn.Linear(3, 2, dtype=torch.float64)

        def forward(self, x):
            x = self.up((x @ self.right)[:, :, None]).mean(2)
            return self.last(F.linear(x, self.turned.T))

    model = Model()
    before = copy.deepcopy(model.state_dict())
    changes = data_dependent_(model, normal(30, 5), generator=seeded())
    found = {change.target: change.reason for change in changes if change.before == change.after}
    assert found == {
        "right": "it is used by `matmul` in a layout of its own",
        "up.weight": "it is used by `conv_transpose1d` in a layout of its own",
        "turned": "it is used by `linear` in a layout of its own",
    }
    assert changes[-1].target == "last.weight"
    assert all(torch.equal(model.get_parameter(name), before[name]) for name in found)


# --- between layers ---


def test_two_weights_of_one_chain_solved_by_hand():
    """y = b relu(a x): dy/da / a and dy/db / b are |b x / a| and |a x / b|, equal at |a| = |b| = sqrt|ab|."""
    x = torch.tensor([[1.0], [2.0], [4.0]], dtype=torch.float64)
    models = []
    for equalize in (False, True):
        model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.ReLU(), nn.Linear(1, 1, bias=False)).double()
        model[0].weight.register_hook(lambda gradient: gradient)  # somebody else's hooks do no harm
        seed = next(s for s in range(20) if torch.randn((), generator=_own(s)) > 0)
        data_dependent_(model, x, equalize=equalize, generator=seeded(seed))
        models.append(model)
    a, b = (layer.weight.item() for layer in models[0][::2])
    fair = math.sqrt(abs(a * b))
    assert abs(a - b) > 1e-3 * abs(a) or abs(a) == pytest.approx(abs(b))
    assert [abs(layer.weight.item()) for layer in models[1][::2]] == pytest.approx([fair, fair], rel=1e-12)


def _own(seed: int) -> torch.Generator:
    """The generator that `data_dependent_` draws from, given one with this seed."""
    return seeded(int(torch.randint(2**63 - 1, (), generator=seeded(seed))))


@pytest.mark.parametrize("make", [convolutional, lambda: dense(10, 40, 5, 60, 3)], ids=["convolutional", "dense"])
def test_rates_become_equal_and_the_function_stays(make):
    model, twin = make(), make()
    x = normal(16, *((3, 8, 8) if isinstance(model[0], nn.Conv2d) else (10,)))
    data_dependent_(twin, x, mean=0.2, equalize=False, generator=seeded())
    changes = data_dependent_(model, x, mean=0.2, generator=seeded())
    torch.testing.assert_close(model.eval()(x), twin.eval()(x), rtol=1e-10, atol=1e-12)
    before, after = rates_of(twin, x), rates_of(model, x)
    assert max(before) / min(before) > 2
    assert max(after) / min(after) < 1.35  # one draw for each of 16 examples there, twenty others here
    assert all("for one gradient rate along its chain of layers" in change.reason for change in changes)
    for change, z in zip(changes, outputs_of(model, x), strict=True):
        assert f"output std {z.std(0, correction=0)[0]:.3g}," in change.after


LEFT = "gradient rate left as it is: no layer next to it can undo a change of scale"


def test_only_chains_of_homogeneous_functions_are_equalized():
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            for name in "abcdefgh":
                self.add_module(name, nn.Linear(12, 12, dtype=torch.float64))

        def forward(self, x):
            x = torch.clamp(self.a(x), min=0) * 2  # a, b: homogeneous, though by no name
            x = torch.tanh(self.b(x))
            x = F.gelu(self.c(x))
            x = x + self.e(F.relu(self.d(x)))  # d, e: inside a residual block
            x = F.relu(self.f(x))
            return self.h(F.relu(self.g(self.f(x))))  # f runs twice; g, h

    model, twin, x = Model(), Model(), normal(40, 12)
    changes = data_dependent_(model, x, generator=seeded())
    data_dependent_(twin, x, equalize=False, generator=seeded())
    moved = {change.target[0] for change in changes if "along its chain" in change.reason}
    assert moved == set("abdegh")
    alone = {change.reason for change in changes if change.target[0] in "cf"}
    assert alone == {f"gaussian filters, scaled and shifted channel by channel; {LEFT}"}
    torch.testing.assert_close(model(x), twin(x))
    assert torch.equal(model.c.weight, twin.c.weight)
    assert not torch.equal(model.d.weight, twin.d.weight)


def test_softplus_is_nearly_relu_far_out_and_still_not_homogeneous():
    model = dense(6, 30, 3, activation=lambda: nn.Softplus(beta=4.0))
    changes = data_dependent_(model, normal(30, 6), generator=seeded())
    assert all("left as it is" in change.reason for change in changes)


# --- filters ---


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@settings(max_examples=50)
@given(
    axes=st.integers(1, 3),
    kernel=st.integers(1, 3),
    stride=st.integers(1, 2),
    dilation=st.integers(1, 2),
    groups=st.sampled_from([1, 2]),
    padding=st.sampled_from([0, 1, 2, "same", "valid"]),
)
def test_a_convolution_is_its_filters_times_the_patches(axes, kernel, stride, dilation, groups, padding):
    stride = 1 if padding == "same" else stride
    kind = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[axes - 1]
    options = {"stride": stride, "dilation": dilation, "groups": groups, "padding": padding, "bias": False}
    layer = kind(4, 6, kernel, dtype=torch.float64, **options)
    x = normal(2, 4, *(7, 6, 5)[:axes])
    z, found = _patches(layer, x, 10**6)
    made = [rows @ weight.flatten(1).T for rows, weight in zip(found, layer.weight.chunk(groups), strict=True)]
    torch.testing.assert_close(torch.cat(made, 1), z.movedim(1, -1).flatten(0, -2))


def _patches(layer: nn.Module, x: torch.Tensor, n_most: int) -> tuple[torch.Tensor, torch.Tensor]:
    seen = []
    with watching(layer, lambda op: seen.append((op.output, patches(op, n_most, seeded())))):
        layer(x)
    return tuple(one.detach() for one in seen[-1])


def test_patches_of_one_example_without_a_batch_axis():
    layer = nn.Conv2d(2, 3, 2, bias=False, dtype=torch.float64)
    z, (rows,) = _patches(layer, normal(2, 4, 5), 100)
    torch.testing.assert_close(rows @ layer.weight.detach().flatten(1).T, z.flatten(1).T)


def test_patches_are_drawn_without_replacement():
    layer = nn.Linear(1, 1, dtype=torch.float64)
    _, (rows,) = _patches(layer, torch.arange(50.0, dtype=torch.float64)[:, None], 20)
    assert rows.shape == (20, 1)
    assert len(rows.unique()) == 20


def parallel(rows: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    return (F.normalize(rows.flatten(1)) * F.normalize(others)).sum(1).abs()


def test_pca_filters_are_those_of_scikit_learn():
    mixed = normal(200, 6) @ normal(6, 6, seed=2)
    dense_layer = nn.Linear(6, 4, dtype=torch.float64)
    data_dependent_(dense_layer, mixed, weights="pca", generator=seeded())
    found = PCA(4).fit(mixed.numpy())
    components = torch.from_numpy(found.components_)
    torch.testing.assert_close(parallel(dense_layer.weight, components), torch.ones(4, dtype=torch.float64))
    z = dense_layer(mixed)
    torch.testing.assert_close(z.T @ z / 200, torch.eye(4, dtype=torch.float64), rtol=0, atol=1e-9)  # white

    layer, x = nn.Conv2d(2, 5, 3, padding=1, dtype=torch.float64), normal(6, 2, 5, 5).cumsum(3)
    data_dependent_(layer, x, weights="pca", generator=seeded())
    rows = F.unfold(x, 3, padding=1).transpose(1, 2).flatten(0, 1)
    components = torch.from_numpy(PCA(5, svd_solver="full").fit(rows.numpy()).components_)
    torch.testing.assert_close(parallel(layer.weight, components), torch.ones(5, dtype=torch.float64))


def test_where_components_run_out_their_mixtures_follow():
    """Inputs that lie in a plane, and a layer with five channels: all five look at that plane alone."""
    plane = normal(2, 7, seed=3)
    layer = nn.Linear(7, 5, dtype=torch.float64)
    x = normal(100, 2) @ plane
    data_dependent_(layer, x, weights="pca", generator=seeded())
    torch.testing.assert_close(layer(x).std(0, correction=0), torch.ones(5, dtype=torch.float64))
    inside = torch.linalg.lstsq(plane.T, layer.weight.detach().T).solution.T @ plane
    torch.testing.assert_close(inside, layer.weight.detach())
    assert parallel(layer.weight[2:3], layer.weight[3:4].flatten(1)).item() < 0.999


def test_kmeans_filters_point_at_clusters():
    """Three clusters on the axes of a space whose directions are as wide as each other, so that white is round."""
    corners = torch.eye(3, dtype=torch.float64)
    x = corners.repeat(200, 1) + 0.02 * normal(600, 3)
    layer = nn.Linear(3, 3, dtype=torch.float64)
    data_dependent_(layer, x, weights="kmeans", generator=seeded())
    z = layer(corners)
    assert sorted(z.argmax(0).tolist()) == [0, 1, 2]  # each filter has a corner of its own
    assert z.topk(2, 0).values.diff(dim=0).max() < -1.5


def test_groups_have_filters_of_their_own_channels():
    layer = nn.Conv1d(4, 2, 1, groups=2, dtype=torch.float64)
    x = normal(50, 4, 1) * torch.tensor([5.0, 1.0, 1.0, 5.0], dtype=torch.float64)[:, None]
    data_dependent_(layer, x, weights="pca", generator=seeded())
    assert layer.weight[0, :, 0].abs().argmax() == 0
    assert layer.weight[1, :, 0].abs().argmax() == 1


# --- the rest ---


@pytest.mark.parametrize("weights", ["gaussian", "pca", "kmeans"])
def test_the_same_generator_gives_the_same_bits(weights):
    models, x = [convolutional() for _ in range(3)], normal(30, 3, 8, 8)
    state = torch.get_rng_state()
    for model, seed in zip(models, (0, 0, 1), strict=True):
        data_dependent_(model, x, weights=weights, generator=seeded(seed))
    assert torch.equal(torch.get_rng_state(), state)
    same = [torch.equal(a, b) for a, b in zip(models[0].parameters(), models[1].parameters(), strict=True)]
    assert all(same)
    assert not torch.equal(models[0][7].weight, models[2][7].weight)


def test_modes_gradients_and_buffers_stay():
    model = nn.Sequential(nn.Linear(6, 9), nn.BatchNorm1d(9), nn.ReLU(), nn.Dropout(), nn.Linear(9, 2)).double()
    model[3].eval()
    modes = [module.training for module in model.modules()]
    data_dependent_(model, normal(30, 6), generator=seeded())
    assert [module.training for module in model.modules()] == modes
    assert model[1].running_mean.eq(0).all()
    assert all(parameter.grad is None for parameter in model.parameters())


def refuses(model, data, **options) -> str:
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(InvalidInput) as caught:
        data_dependent_(model, data, generator=seeded(), **options)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    return str(caught.value)


def test_too_few_patches_for_kmeans():
    assert refuses(dense(5, 8, 3), normal(6, 5), weights="kmeans") == (
        "There must be at least as many patches as the 8 channels of `0.weight` for k-means. Got 6 instead. Give a "
        'larger batch, or use weights="pca".'
    )


@pytest.mark.parametrize("weights", ["pca", "kmeans"])
def test_an_input_without_directions(weights):
    assert refuses(dense(5, 8, 3), torch.ones(20, 5, dtype=torch.float64), weights=weights) == (
        "The input of `0.weight` must vary over the batch for filters to be found in it. Got 20 equal patches instead. "
        "Give a batch of several different examples, and look for dead units before this layer."
    )


@pytest.mark.parametrize("weights", ["gaussian", "pca", "kmeans"])
def test_an_input_that_is_not_finite(weights):
    x = normal(20, 5)
    x[3] = torch.nan
    assert "of `0.weight` must be finite" in refuses(dense(5, 8, 3), x, weights=weights)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"weights": "ica"}, "`weights` must be one of 'gaussian', 'pca', 'kmeans'. Got 'ica' instead."),
        ({"mean": math.nan}, "`mean` must be a finite number. Got nan instead."),
        ({"tolerance": 0}, "`tolerance` must be a positive number. Got 0 instead."),
        ({"max_steps": 1.5}, "`max_steps` must be a positive int. Got 1.5 instead."),
    ],
)
def test_options_are_checked(options, text):
    assert refuses(dense(5, 3), normal(9, 5), **options) == text
