"""Layer-sequential unit variance: in the order of execution, in one sweep, and nothing else is touched."""

from __future__ import annotations

import copy
import random
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F  # noqa: N812  # as everybody writes it
from torch.utils.data import DataLoader, TensorDataset

from layerwise._base import InvalidInput
from layerwise.initializers import lsuv_
from layerwise.records import Change, dump, load


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def normal(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=seeded(seed), dtype=torch.float64)


def chain(*sizes: int, activation=nn.Tanh, bias: bool = True) -> nn.Sequential:
    layers = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b, bias), activation())]
    return nn.Sequential(*layers[:-1]).double()


class Ordered(nn.Module):
    """Five layers that run in one order and are registered in another."""

    def __init__(self, registered: list[int], width: int = 12) -> None:
        super().__init__()
        for k in registered:
            self.add_module(f"layer{k}", nn.Linear(width, width, dtype=torch.float64))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for k in range(5):
            x = F.relu(getattr(self, f"layer{k}")(x))
        return x


class ByHand(nn.Module):
    """Products of every kind, on parameters of its own."""

    def __init__(self) -> None:
        super().__init__()
        for name, shape in {"right": (6, 8), "added": (8, 7), "left": (5, 7), "tied": (9, 5)}.items():
            self.register_parameter(name, nn.Parameter(normal(*shape, seed=len(name))))
        self.shift = nn.Parameter(normal(7, seed=9))
        self.seen: dict[str, torch.Tensor] = {}

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen["right"] = x = x @ self.right
        self.seen["added"] = x = torch.addmm(self.shift, torch.tanh(x), self.added)
        self.seen["left"] = x = self.left @ F.gelu(x).T
        self.seen["tied"] = x = F.linear(x.T, self.tied)
        return x


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.second = nn.Conv2d(channels, channels, 3, padding=1, dtype=torch.float64)
        self.first = nn.Conv2d(channels, channels, 3, padding=1, dtype=torch.float64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(F.relu(self.first(x), inplace=True))


class Repeated(nn.Module):
    """A layer that feeds itself."""

    def __init__(self, activation, times: int = 5) -> None:
        super().__init__()
        self.inner = nn.Linear(10, 10, dtype=torch.float64)
        self.activation, self.times = activation, times

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for _ in range(self.times):
            x = self.activation(self.inner(x))
        return x


def outputs_of(model: nn.Module, batches) -> dict[str, torch.Tensor]:
    """By hooks on modules: all outputs of every layer in evaluation mode, pooled over calls and batches."""
    found: dict[str, list[torch.Tensor]] = {}
    handles = [
        module.register_forward_hook(lambda _, __, z, name=name: found.setdefault(name, []).append(z.clone()))
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear | nn.modules.conv._ConvNd) and not name.endswith("out_proj")
    ]
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for batch in batches:
            model(batch)
    model.train(was_training)
    for handle in handles:
        handle.remove()
    return {name: torch.cat(outputs) for name, outputs in found.items()}


def assert_unit(model: nn.Module, *batches: torch.Tensor, tolerance: float = 1e-9) -> None:
    found = outputs_of(model, batches)
    assert found
    for name, z in found.items():
        assert z.std(correction=0).item() == pytest.approx(1, abs=tolerance), name


# --- what it promises ---


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.SiLU])
def test_every_layer_of_a_deep_chain_has_unit_std(activation):
    model, x = chain(*[16] * 30, activation=activation), normal(64, 16)
    lsuv_(model, x, generator=seeded())
    assert_unit(model, x)


def test_the_order_of_registration_does_not_matter():
    x = normal(40, 12)
    models = [Ordered(order) for order in ([0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 0, 3, 1])]
    changes = [lsuv_(model, x, generator=seeded()) for model in models]
    for model, said in zip(models, changes, strict=True):
        assert_unit(model, x)
        assert [change.target for change in said] == [f"layer{k}.weight" for k in range(5)]
        for k in range(5):
            torch.testing.assert_close(
                model.get_parameter(f"layer{k}.weight"), models[0].get_parameter(f"layer{k}.weight"), rtol=0, atol=0
            )


@pytest.mark.parametrize("per", ["tensor", "channel"])
def test_products_of_parameters_are_layers(per):
    model, x = ByHand(), normal(50, 6)
    changes = lsuv_(model, x, per=per, std=2.0, generator=seeded())
    assert [change.target for change in changes] == ["right", "added", "left", "tied"]
    model(x)
    for name, z in model.seen.items():
        axis = 0 if name == "left" else 1  # W x has its outputs first
        found = z.std(1 - axis, correction=0) if per == "channel" else z.std(correction=0)
        torch.testing.assert_close(found, torch.full_like(found, 2.0), rtol=1e-9, atol=0, msg=name)


@pytest.mark.parametrize("bias", [True, False])
def test_convolutions_channel_by_channel_with_groups_and_the_transposed_way(bias):
    model = nn.Sequential(
        nn.Conv2d(4, 6, 3, groups=2, bias=bias),
        nn.ReLU(),
        nn.ConvTranspose2d(6, 8, 3, groups=2, stride=2, bias=bias),
        nn.Tanh(),
        nn.Flatten(2),
        nn.Conv1d(8, 3, 5, dilation=2, bias=bias),
    ).double()
    x = normal(5, 4, 7, 7)
    lsuv_(model, x, per="channel", center=True, generator=seeded())
    for z in outputs_of(model, [x]).values():
        axes = [axis for axis in range(z.ndim) if axis != 1]
        torch.testing.assert_close(z.std(axes, correction=0), torch.ones(z.shape[1], dtype=torch.float64))
        if bias:
            assert z.mean(axes).abs().max() < 1e-9


def test_residual_blocks():
    model = nn.Sequential(nn.Conv2d(3, 5, 1, dtype=torch.float64), Residual(5), Residual(5))
    x = normal(4, 3, 6, 6)
    lsuv_(model, x, generator=seeded())
    assert_unit(model, x)


def test_center_shifts_the_mean_of_the_tensor_where_there_is_a_bias():
    model, x = chain(6, 20, 20, 4, activation=nn.ReLU), normal(50, 6)
    model[2] = nn.Linear(20, 20, bias=False, dtype=torch.float64)
    lsuv_(model, x + 1, center=True, generator=seeded())
    assert_unit(model, x + 1)
    means = [z.mean().abs().item() for z in outputs_of(model, [x + 1]).values()]
    assert means[0] < 1e-9
    assert means[1] > 1e-3
    assert means[2] < 1e-9


def test_orthonormal_weights_keep_their_directions():
    model, x = chain(8, 8, 8), normal(30, 8)
    lsuv_(model, x, generator=seeded())
    for layer in (model[0], model[2]):
        square = layer.weight.T @ layer.weight
        torch.testing.assert_close(square / square[0, 0], torch.eye(8, dtype=torch.float64))
        assert layer.bias.eq(0).all()


def test_without_a_redraw_weight_and_bias_are_divided_alike():
    model, x = chain(6, 5), normal(30, 6)
    old, z = copy.deepcopy(model), model(x).detach()
    lsuv_(model, x, orthonormal=False)
    std = z.std(correction=0)
    torch.testing.assert_close(model[0].weight, old[0].weight / std)
    torch.testing.assert_close(model[0].bias, old[0].bias / std)


def test_a_second_call_without_a_redraw_changes_no_bit():
    model, x = chain(6, 20, 20, 4), [normal(30, 6, seed=s) for s in range(3)]
    lsuv_(model, x, generator=seeded())
    before = copy.deepcopy(model.state_dict())
    changes = lsuv_(model, x, orthonormal=False)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(change.before == change.after == "output std 1" for change in changes)
    assert {change.reason for change in changes} == {"it was within 0.01 of std 1 already"}


@settings(max_examples=20)
@given(scales=st.lists(st.floats(1e-3, 1e3), min_size=3, max_size=3), factor=st.floats(1e-3, 1e3))
def test_scales_of_weights_and_inputs_do_not_matter(scales, factor):
    model, x = chain(5, 9, 9, 3, activation=nn.SiLU, bias=False), normal(20, 5)
    other = copy.deepcopy(model)
    with torch.no_grad():
        for scale, layer in zip(scales, other[::2], strict=True):
            layer.weight.mul_(scale)
    lsuv_(model, x, orthonormal=False, tolerance=1e-12)
    lsuv_(other, factor * x, orthonormal=False, tolerance=1e-12)
    torch.testing.assert_close(other(factor * x), model(x), rtol=1e-9, atol=1e-12)


def test_a_net_that_overflows_is_brought_back():
    model = chain(*[30] * 40, activation=nn.ReLU).float()
    with torch.no_grad():
        for layer in model[::2]:
            layer.weight.mul_(50)
    x = normal(20, 30).float()
    assert not model(x).isfinite().all()
    lsuv_(model, x, orthonormal=False)
    assert_unit(model, x, tolerance=1e-4)


# --- several batches, against a plain loop ---


def one_layer_at_a_time(model: nn.Module, layers: list[nn.Linear], batches: list[torch.Tensor]) -> None:
    """A hook on one layer, all batches through the whole net, one division; the layers in the order of execution."""
    with torch.no_grad():
        for layer in layers:
            seen: list[torch.Tensor] = []
            handle = layer.register_forward_hook(lambda _, __, z, seen=seen: seen.append(z.clone()))
            for batch in batches:
                model(batch)
            handle.remove()
            std = torch.cat(seen).std(correction=0)
            layer.weight.div_(std)
            layer.bias.div_(std)


def test_pooled_batches_against_one_layer_at_a_time():
    batches = [s * normal(n, 12, seed=s) + s for s, n in ((1, 10), (2, 30), (3, 20))]
    model = Ordered([3, 1, 4, 0, 2])
    twin = copy.deepcopy(model)
    changes = lsuv_(model, batches, orthonormal=False, tolerance=1e-10)
    one_layer_at_a_time(twin, [getattr(twin, f"layer{k}") for k in range(5)], batches)
    for mine, theirs in zip(model.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-8, atol=1e-12)
    assert {change.after for change in changes} == {"output std 1"}


def test_pooled_batches_channel_by_channel_and_centered():
    model, batches = chain(6, 20, 20, 4), [s * normal(25, 6, seed=s) + s for s in (1, 2, 3)]
    lsuv_(model, batches, per="channel", center=True, tolerance=1e-6, generator=seeded())
    for z in outputs_of(model, batches).values():
        torch.testing.assert_close(z.std(0, correction=0), torch.ones_like(z[0]), rtol=1e-6, atol=0)
        assert z.mean(0).abs().max() < 1e-6


def test_a_loader_and_its_order_leave_the_generators_alone():
    rows = TensorDataset(normal(50, 6), torch.zeros(50))
    model = chain(6, 8, 3)
    torch.manual_seed(3)
    random.seed(3)
    np.random.seed(3)  # noqa: NPY002  # the old one is watched too
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    lsuv_(model, DataLoader(rows, batch_size=16, shuffle=True), generator=seeded())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert (np.random.get_state()[1] == states[2]).all()  # noqa: NPY002
    assert_unit(model, rows.tensors[0], tolerance=0.01)


# --- layers that run twice ---


@pytest.mark.parametrize("activation", [torch.relu, torch.tanh, nn.Identity()], ids=["relu", "tanh", "linear"])
@pytest.mark.parametrize("n_batches", [1, 3])
def test_a_layer_that_feeds_itself_is_pooled_over_its_runs(activation, n_batches):
    model, batches = Repeated(activation), [normal(20, 10, seed=s) for s in range(n_batches)]
    lsuv_(model, batches, orthonormal=False, tolerance=1e-3)
    assert_unit(model, *batches, tolerance=1e-3)


def test_two_branches_with_one_layer_are_pooled():
    class Siamese(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Linear(4, 6, dtype=torch.float64)

        def forward(self, x):
            return self.inner(x) * self.inner(9 * x + 1)

    model, x = Siamese(), normal(50, 4)
    z = torch.cat([model.inner(x), model.inner(9 * x + 1)]).detach()
    weight = model.inner.weight.detach() / z.std(correction=0)
    (change,) = lsuv_(model, x, orthonormal=False, tolerance=1e-9)
    torch.testing.assert_close(model.inner.weight.detach(), weight)
    assert change.target == "inner.weight"


# --- what is left alone, and why ---


def reasons(model, data, **options) -> dict[str, str]:
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    changes = lsuv_(model, data, generator=seeded(), **options)
    alone = {change.target: change for change in changes if change.before == change.after}
    for name in alone:
        if name in before:
            assert torch.equal(before[name], model.get_parameter(name))
    assert all(load(Change, dump(change)) == change for change in changes)
    return {name: change.reason for name, change in alone.items()}


def test_attention_is_scaled_by_its_output_projection():
    model = nn.TransformerEncoderLayer(12, 3, 24, batch_first=True, dtype=torch.float64)
    x = normal(4, 7, 12)
    inside = "it works inside one operation of torch, `multi_head_attention_forward`, where its outputs can't be seen"
    assert reasons(model, x) == {"self_attn.in_proj_weight": inside}
    assert_unit(model, x)
    model.eval()
    attended = model.self_attn(x, x, x, need_weights=False)[0]
    assert attended.std(correction=0).item() == pytest.approx(1, abs=1e-9)


def test_weight_normalization_frozen_tied_and_recurrent_weights():
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(11, 6)
            self.memory = nn.LSTM(6, 6, batch_first=True)
            self.normed = nn.utils.parametrizations.weight_norm(nn.Linear(6, 6))
            self.frozen = nn.Linear(6, 6).requires_grad_(requires_grad=False)
            self.still = nn.Linear(6, 6)
            self.still.bias.requires_grad_(requires_grad=False)
            self.free = nn.Linear(6, 6)
            self.out = nn.Linear(6, 11, bias=False)
            self.out.weight = self.table.weight

        def forward(self, tokens):
            x = self.memory(self.table(tokens))[0]
            return self.out(self.free(self.still(self.frozen(self.normed(x)))))

    found = reasons(Model(), torch.randint(11, (8, 5), generator=seeded()))
    inside = "it works inside one operation of torch, `lstm`, where its outputs can't be seen"
    assert found == {
        "table.weight": "it is also used by `embedding`",
        "memory.weight_ih_l0": inside,
        "memory.weight_hh_l0": inside,
        "normed": "it is computed from normed.parametrizations.weight.original1, "
        "normed.parametrizations.weight.original0 whenever it is used",
        "frozen.weight": "it is frozen (requires_grad is False)",
        "still.weight": "its bias still.bias is frozen (requires_grad is False)",
    }


def test_channels_need_an_axis():
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(normal(2, 4, 3))

        def forward(self, x):
            return torch.einsum("ni,hio->nho", x, self.w)

    model, x = Model(), normal(30, 4)
    assert reasons(model, x) == {}
    assert model(x).std(correction=0).item() == pytest.approx(1)
    assert reasons(model, x, per="channel") == {"w": "its outputs lie along no one axis, so there are no channels"}


def test_modes_buffers_gradients_and_dtype_stay():
    model = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3)).bfloat16()
    model[1].eval()
    model[4].weight.grad = torch.ones_like(model[4].weight)
    modes = [module.training for module in model.modules()]
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    lsuv_(model, normal(200, 6).bfloat16(), generator=seeded())
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, buffers[name]) for name, value in model.named_buffers())
    assert model[4].weight.grad.eq(1).all()
    assert model[4].weight.requires_grad
    assert {p.dtype for p in model.parameters()} == {torch.bfloat16}


def test_batch_norm_works_on_the_batch_and_dropout_is_off():
    model = nn.Sequential(nn.Linear(6, 30), nn.BatchNorm1d(30), nn.Dropout(0.9), nn.Linear(30, 3)).double()
    model[1].running_var.fill_(100.0)
    x = normal(50, 6)
    lsuv_(model, x, generator=seeded())
    hidden = F.batch_norm(model[0](x), None, None, training=True)
    assert model[3](hidden).std(correction=0).item() == pytest.approx(1, abs=1e-6)


def test_inputs_in_a_tuple_or_a_mapping():
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.both = nn.Bilinear(3, 4, 5, dtype=torch.float64)

        def forward(self, left, right):
            return self.both(left, right)

    pair = normal(20, 3), normal(20, 4, seed=2)
    for data in (pair, {"left": pair[0], "right": pair[1]}):
        model = Two()
        lsuv_(model, data, per="channel")
        found = model(*pair).std(0, correction=0)
        torch.testing.assert_close(found, torch.ones_like(found))


def test_the_default_generator_is_followed():
    models = [chain(6, 8, 3) for _ in range(3)]
    for model, seed in zip(models, (5, 5, 6), strict=True):
        torch.manual_seed(seed)
        lsuv_(model, normal(30, 6))
    assert torch.equal(models[0][0].weight, models[1][0].weight)
    assert not torch.equal(models[0][0].weight, models[2][0].weight)


# --- errors: they name layer, value and cure, and all is as it was ---


def refuses(model, data, **options) -> str:
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(InvalidInput) as caught:
        lsuv_(model, data, **options)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    return str(caught.value)


DEAD = "look for dead units before this layer."


def test_a_dead_layer_is_an_error_even_if_its_bias_differs_from_unit_to_unit():
    model = chain(5, 8, 7, 3, activation=nn.ReLU)
    with torch.no_grad():
        model[2].bias.fill_(-100.0)
    assert refuses(model, normal(20, 5), orthonormal=False) == (
        "The output of `4.weight` must vary over the batch to be scaled. Got the same value throughout in 3 of 3 "
        f"channels instead. Give a batch of several different examples, and {DEAD}"
    )


@pytest.mark.parametrize("x", [torch.zeros(9, 5), torch.ones(9, 5), torch.randn(1, 5)], ids=["zeros", "ones", "one"])
def test_an_input_that_does_not_vary(x):
    assert "The output of `0.weight` must vary over the batch" in refuses(chain(5, 8, 3), x.double())


def test_one_dead_channel_is_an_error_only_per_channel():
    model, x = chain(5, 8, 3), normal(20, 5)
    with torch.no_grad():
        model[0].weight[2] = 0.0
    assert "in 1 of 8 channels" in refuses(model, x, orthonormal=False, per="channel")
    lsuv_(model, x, orthonormal=False)
    assert_unit(model, x)


@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_an_input_that_is_not_finite(bad):
    x = normal(20, 5)
    x[3, 2] = bad
    assert refuses(chain(5, 8, 3), x) == (
        "The output of `0.weight` must be finite to be scaled. Got NaN or infinity instead. Look for it in `data`, in "
        "the weights, and in what runs before this layer."
    )
    assert "must come within `tolerance`" in refuses(chain(5, 8, 3), [normal(20, 5), x])


def test_a_step_limit():
    text = refuses(Repeated(torch.tanh), normal(20, 10), orthonormal=False, tolerance=1e-12, max_steps=1)
    assert text.startswith(
        "Every output must come within `tolerance` 1e-12 of `std` 1 in `max_steps` 1 sweeps. Got a std of"
    )
    assert "at `inner.weight`" in text
    assert text.endswith("Raise `max_steps` or `tolerance`, or give more alike batches. All weights are as they were.")


def test_an_error_of_the_model_itself_leaves_it_as_it_was():
    class Fails(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.n = nn.Linear(4, 4), 0

        def forward(self, x):
            self.n += 1
            if self.n == 3:
                raise RuntimeError("out of order")
            return self.inner(x)

    model = Fails()
    before = model.inner.weight.detach().clone()
    with pytest.raises(RuntimeError, match="out of order"):
        lsuv_(model, torch.randn(9, 4))
    assert torch.equal(model.inner.weight, before)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"std": 0}, "`std` must be a positive number. Got 0 instead."),
        ({"per": "unit"}, "`per` must be one of 'tensor', 'channel'. Got 'unit' instead."),
        ({"tolerance": -1}, "`tolerance` must be a positive number. Got -1 instead."),
        ({"max_steps": 0}, "`max_steps` must be a positive int. Got 0 instead."),
    ],
)
def test_options_are_checked(options, text):
    assert refuses(chain(5, 3), normal(9, 5), **options) == text


def test_no_model_and_no_weights():
    with pytest.raises(InvalidInput, match=r"`model` must be a torch.nn.Module. Got 3 instead."):
        lsuv_(3, normal(9, 5))
    assert refuses(nn.ReLU(), normal(9, 5)) == "`model` must have at least one layer of weights that runs."
