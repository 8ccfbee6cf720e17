from __future__ import annotations

import copy
import inspect
import math
import re

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS
from layerwise.models import Recipe
from layerwise.normalizers import NORMALIZERS, NOT_A_LAYER, BatchRenorm, DyT, GhostBatchNorm, group_count, insert
from layerwise.normalizers._facts import facts, row

CENTERING = {"batch", "ghost_batch", "batch_renorm", "layer", "group"}
SCALING = CENTERING | {"rms"}  # dyt does neither: it stands where they stand
WITH_MODULE = [entry for entry in NORMALIZERS.values() if entry.module is not None]


def batch(n: int = 64, units: int = 5) -> torch.Tensor:
    draw = torch.Generator().manual_seed(0)
    return 3 + 2 * torch.randn(n, units, dtype=torch.float64, generator=draw)


def statistics_of(entry, x: torch.Tensor) -> torch.Tensor:
    """Cut `x`, [batch, unit], so that the numbers that share statistics stand along the axis before the last."""
    if entry.uses_batch:
        return x  # one part of 16 for ghost batches too
    groups = group_count(x.shape[1]) if entry.name == "group" else 1
    return x.reshape(len(x), groups, -1).mT


def growth(entry, function, seed: int) -> float:
    """Return the growth of the gradient's second moment per layer, far from the input, for the signal's size given."""
    draw, width, z, layers = torch.Generator().manual_seed(seed), 512, None, []
    for _ in range(20):
        z = (torch.randn(128, width, generator=draw) if z is None else z).requires_grad_()
        layers.append(z)
        weight = torch.randn(width, width, generator=draw) / width**0.5
        z = function(entry.module(width)(z)) @ weight.T
    early, late = torch.autograd.grad((z * torch.randn(z.shape, generator=draw)).sum(), [layers[6], layers[18]])
    sizes = [layer.detach().square().mean() if entry.name == "rms" else spread(entry, layer) for layer in layers]
    return (early.square().mean() / late.square().mean() * sizes[6] / sizes[18]).item() ** (1 / 12)


def spread(entry, z: torch.Tensor) -> torch.Tensor:
    return z.detach().var(0 if entry.uses_batch else 1, correction=0).mean()


@pytest.mark.parametrize("entry", WITH_MODULE, ids=lambda entry: entry.name)
class TestContract:
    def test_it_is_listed_under_its_name_with_a_source(self, entry):
        assert NORMALIZERS[entry.name] is entry
        assert any(part.isdigit() and len(part) == 4 for part in entry.citation.replace(",", "").split())

    def test_it_does_to_the_moments_of_its_axis_what_its_kind_does(self, entry):
        axis = 0 if entry.uses_batch else 1
        y = entry.module(5).double()(batch(16))
        centered = y.mean(axis).abs().max().item() < 1e-12
        scaled = (y.square().mean(axis) - 1).abs().max().item() < 1e-3
        assert centered == (entry.name in CENTERING)
        assert scaled == (entry.name in SCALING)

    def test_output_does_not_depend_on_the_scale_of_its_input(self, entry):
        small, large = (entry.module(5).double()(factor * batch(16)) for factor in (1, 1000))
        same = torch.allclose(large, small, atol=1e-4, rtol=1e-4)
        assert same == (entry.name in SCALING)

    def test_uses_batch_says_whether_other_examples_matter(self, entry):
        x, module = batch(), entry.module(5).double()
        other = torch.cat([x[:1], 7 * x[1:] + 1])
        assert torch.allclose(module(x)[0], module(other)[0]) != entry.uses_batch

    def test_in_evaluation_no_other_example_matters(self, entry):
        x, module = batch(), entry.module(5).double()
        module(x)
        together = module.eval()(x)
        torch.testing.assert_close(torch.cat([module(row[None]) for row in x]), together, rtol=1e-12, atol=1e-14)

    def test_gradients_are_right(self, entry):
        if entry.name == "batch_renorm":
            pytest.skip("r and d are constants to its gradient, by definition")
        module = entry.module(5).double()
        assert torch.autograd.gradcheck(module, batch(6).requires_grad_())

    def test_state_goes_there_and_back(self, entry):
        module, other = entry.module(5).double(), entry.module(5).double()
        module(batch())
        other.load_state_dict(module.state_dict())
        assert torch.equal(other.eval()(batch()), module.eval()(batch()))

    def test_the_formula_in_words_is_the_output(self, entry):
        x, module = batch(16, 64), entry.module(64).double()
        draw = torch.Generator().manual_seed(1)
        for parameter in module.parameters():
            nn.init.normal_(parameter, generator=draw)
        parts = statistics_of(entry, x)
        variance, mean = torch.var_mean(parts, -2, correction=0, keepdim=True)
        names = {
            "x": parts,
            "mean": mean,
            "var": variance,
            "mean_square": parts.square().mean(-2, keepdim=True),
            "eps": getattr(module, "eps", None),
            "r": 1,  # where batch renormalization starts
            "d": 0,
            "alpha": getattr(module, "alpha", None),
            "gamma": statistics_of(entry, module.weight.expand_as(x)),
            "beta": None if getattr(module, "bias", None) is None else statistics_of(entry, module.bias.expand_as(x)),
            "sqrt": torch.sqrt,
            "tanh": torch.tanh,
        }
        told = eval(entry.formula.replace("^", "**"), {"__builtins__": {}}, names)
        torch.testing.assert_close(told, statistics_of(entry, module(x)), rtol=1e-9, atol=1e-12)

    def test_what_is_said_of_it_is_so(self, entry):
        said = facts(entry)
        assert list(row(entry)) == list(row(NORMALIZERS["none"]))
        learned = set(re.findall(r"\b(gamma|beta|alpha)\b", entry.formula))
        assert set(re.findall(r"(\w+) \(one", said["learned"])) == learned
        assert len(list(entry.module(3).parameters())) == len(learned)
        x, module = batch(), entry.module(5).double()
        differ = not torch.allclose(module.train()(x), module.eval()(x))
        assert differ == entry.uses_batch == (said["in evaluation"] != "the same as in training")
        model, images = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), torch.randn(2, 1, 5, 5)
        if said["layers"] == "dense, conv":
            assert insert(model, entry.name, batch=images).n_changed == 1
        else:
            with pytest.raises(InvalidInput, match="`kind` must be one of 'batch', 'group', 'instance'"):
                insert(model, entry.name, batch=images)

    @pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
    def test_the_dtype_is_kept(self, entry, dtype):
        module = entry.module(5).to(dtype)
        assert module(batch().to(dtype)).dtype == module.eval()(batch().to(dtype)).dtype == dtype

    def test_the_device_is_kept(self, entry):
        with torch.device("meta"):
            module = entry.module(5)
        assert {tensor.device.type for tensor in module.state_dict().values()} == {"meta"}
        assert module(torch.empty(4, 5, device="meta")).device.type == "meta"

    @pytest.mark.gpu
    def test_a_gpu_computes_the_same(self, entry):
        module = entry.module(5).double()
        expected = copy.deepcopy(module)(batch())
        torch.testing.assert_close(module.cuda()(batch().cuda()).cpu(), expected, rtol=1e-9, atol=1e-12)

    @pytest.mark.parametrize("training", [True, False])
    def test_vmap_is_a_loop(self, entry, training):
        if training and entry.uses_batch:
            pytest.skip("running statistics move in training: populations have stages of their own for that")
        module, x = entry.module(5).double().train(training), batch().view(4, 16, 5)
        loop = torch.stack([module(rows) for rows in x])
        torch.testing.assert_close(torch.func.vmap(module)(x), loop, rtol=1e-12, atol=1e-14)

    def test_a_module_of_our_own_says_its_source_in_its_docstring(self, entry):
        kind = type(entry.module(5))
        if not kind.__module__.startswith("layerwise."):
            pytest.skip("it is torch's")
        assert entry.citation in " ".join(inspect.getdoc(kind).partition("References:\n")[2].split())

    @pytest.mark.parametrize("activation", ["relu", "tanh"])
    def test_gradients_grow_as_it_says(self, entry, activation):
        if entry.gradient_growth is None:
            pytest.skip("theory has no number for it")
        grown = [growth(entry, ACTIVATIONS[activation].function, seed) for seed in range(4)]
        assert sum(grown) / len(grown) == pytest.approx(entry.gradient_growth(activation), rel=0.03)

    def test_draws_no_random_numbers(self, entry):
        before = torch.get_rng_state()
        entry.module(5)
        assert torch.equal(torch.get_rng_state(), before)


def test_none_adds_no_layer():
    assert NORMALIZERS["none"].module is None
    assert not NORMALIZERS["none"].uses_batch


def test_names():
    assert list(NORMALIZERS) == ["none", "batch", "ghost_batch", "batch_renorm", "layer", "rms", "group", "dyt"]


def test_batch_by_hand():
    y = NORMALIZERS["batch"].module(1)(torch.tensor([[1.0], [3.0]]))  # mean 2, biased std 1
    assert y.flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)


def test_layer_by_hand():
    y = NORMALIZERS["layer"].module(2)(torch.tensor([[1.0, 3.0]]))
    assert y.flatten().tolist() == pytest.approx([-1, 1], abs=1e-4)


def test_rms_by_hand():
    y = NORMALIZERS["rms"].module(2)(torch.tensor([[3.0, 4.0]]))  # rms sqrt(12.5)
    assert y.flatten().tolist() == pytest.approx([3 / 12.5**0.5, 4 / 12.5**0.5], abs=1e-5)


def test_group_by_hand():
    x = torch.cat([torch.tensor([[1.0, 3.0] * 8]), torch.tensor([[50.0, 90.0] * 8])], dim=1)
    assert NORMALIZERS["group"].module(32)(x).flatten().tolist() == pytest.approx([-1, 1] * 16, abs=1e-4)


@pytest.mark.parametrize("n_units", range(1, 200))
def test_groups_are_equal_and_not_small(n_units):
    groups = group_count(n_units)
    assert n_units % groups == 0
    assert groups == 1 or n_units // groups >= 16
    larger = [g for g in range(groups + 1, n_units + 1) if n_units % g == 0]
    assert all(n_units // g < 16 for g in larger)


def test_dyt_by_hand():
    layer = DyT(2, alpha=2.0)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([3.0, 1.0]))
        layer.bias.fill_(0.5)
    expected = [0.5 + 3 * math.tanh(2), 0.5 + math.tanh(-0.2)]
    assert layer(torch.tensor([[1.0, -0.1]])).flatten().tolist() == pytest.approx(expected, abs=1e-6)


class TestGhostBatch:
    @pytest.mark.parametrize(("n", "sizes"), [(8, (4, 4)), (11, (6, 5)), (3, (3,)), (4, (4,))])
    def test_it_is_batch_normalization_of_each_part(self, n, sizes):
        x, twin = batch(n), nn.BatchNorm1d(5, dtype=torch.float64)
        layer = GhostBatchNorm(5, ghost_size=4, dtype=torch.float64)
        assert torch.equal(layer(x), torch.cat([twin(part) for part in x.split(sizes)]))
        for key, value in twin.state_dict().items():
            assert torch.equal(layer.state_dict()[key], value)

    def test_its_size_must_hold_a_variance(self):
        with pytest.raises(InvalidInput, match=r"`ghost_size` must be an int of at least 2\. Got 1 instead\."):
            GhostBatchNorm(5, ghost_size=1)


class TestBatchRenorm:
    def test_without_room_it_is_batch_normalization(self):
        layer, twin = BatchRenorm(5, r_max=1, d_max=0).double(), nn.BatchNorm1d(5).double()
        for _ in range(3):
            torch.testing.assert_close(layer(batch()), twin(batch()), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(layer.eval()(batch()), twin.eval()(batch()), rtol=1e-12, atol=1e-12)

    def test_with_all_room_it_trains_with_what_it_evaluates_with(self):
        layer = BatchRenorm(5, r_max=1e6, d_max=1e6, warm_up=1).double()
        layer(batch())
        evaluated = copy.deepcopy(layer).eval()(2 * batch() + 1)
        torch.testing.assert_close(layer(2 * batch() + 1), evaluated, rtol=1e-12, atol=1e-12)

    def test_the_limits_by_hand(self):
        layer = BatchRenorm(1, r_max=3, d_max=5, warm_up=2, eps=0.0).double()  # running mean 0, variance 1
        r, d = layer.correction(*map(torch.tensor, (9.0, 100.0, 1.0, 4.0, 1.0)))  # std 10 to 2, mean 8 away
        assert (r.item(), d.item()) == (3.0, 4.0)
        r, d = layer.correction(*map(torch.tensor, (-9.0, 0.01, 1.0, 4.0, 0.5)))  # limits half way: 2 and 2.5
        assert (r.item(), d.item()) == (0.5, -2.5)

    def test_its_gradient_takes_r_and_d_as_constants(self):
        layer = BatchRenorm(5, warm_up=1).double()
        layer(batch(7))
        x = (batch(7) + 1).requires_grad_()
        variance, mean = torch.var_mean(x.detach(), 0, correction=0)
        r, d = layer.correction(mean, variance, layer.running_mean, layer.running_var, torch.tensor(1.0))
        expected = nn.functional.batch_norm(x, None, None, training=True) * r + d
        delta = torch.randn_like(expected)
        (wanted,) = torch.autograd.grad(expected, x, delta)
        (found,) = torch.autograd.grad(layer(x), x, delta)
        torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-12)

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: BatchRenorm(5, r_max=0.9), "`r_max` must be at least 1. Got 0.9 instead."),
            (lambda: BatchRenorm(5, d_max=-1), "`d_max` must be a number of at least 0. Got -1 instead."),
            (lambda: BatchRenorm(5, warm_up=0), "`warm_up` must be a positive int. Got 0 instead."),
            (lambda: BatchRenorm(5, momentum=None), "Batch renormalization needs running statistics and a momentum"),
            (lambda: BatchRenorm(5)(torch.ones(2, 5, 3)), "[batch, unit]. Got shape [2, 5, 3] instead."),
            (lambda: DyT(0), "`num_features` must be a positive int. Got 0 instead."),
            (lambda: DyT(2, alpha=math.nan), "`alpha` must be a finite number. Got nan instead."),
            (lambda: group_count(0), "`n_units` must be a positive int. Got 0 instead."),
        ],
    )
    def test_messages(self, make, message):
        with pytest.raises(InvalidInput) as caught:
            make()
        assert message in str(caught.value)


@pytest.mark.parametrize("name", NOT_A_LAYER)
def test_what_is_no_layer_for_dense_units_says_what_to_do(name):
    assert name not in NORMALIZERS
    with pytest.raises(InvalidInput) as caught:
        Recipe().replace(normalizer=name)
    assert str(caught.value) == (
        f"`normalizer` must be a layer for dense units. Got {name!r} instead. {NOT_A_LAYER[name]}"
    )


def test_instance_normalization_of_dense_units_is_nothing():
    x = batch().unsqueeze(-1).expand(-1, -1, 2)  # torch refuses a single place; two equal ones stand for it
    assert nn.InstanceNorm1d(5)(x).abs().max() < 1e-9
