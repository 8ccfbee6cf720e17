"""Normalizers put in, or exchanged, so that the function at the start stays as it was as far as the kind allows."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from layerwise._base import InvalidInput
from layerwise.models import Recipe, build
from layerwise.normalizers import NORMALIZERS, Calibrated, convert, insert

KINDS = [name for name in NORMALIZERS if name != "none"]
BY_STATISTICS = ["batch", "ghost_batch", "batch_renorm"]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rows(n: int = 200) -> torch.Tensor:
    return torch.randn(n, 4, dtype=torch.float64, generator=seeded(1))


def images() -> torch.Tensor:
    return torch.randn(20, 2, 6, 6, dtype=torch.float64, generator=seeded(1))


def dense(normalizer: str = "none", **choices) -> nn.Sequential:
    recipe = Recipe().replace(**({"depth": 3, "width": 32, "bias": 0.3, "normalizer": normalizer} | choices))
    return build(recipe, 4, 2, seeded(), torch.float64)


def convolutional(*, norm: bool = False) -> nn.Sequential:
    def block(c_in):
        layers = [nn.Conv2d(c_in, 32, 3), *([nn.BatchNorm2d(32)] if norm else []), nn.ReLU(inplace=True)]
        return nn.Sequential(*layers)

    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(block(2), block(32), nn.Flatten(), nn.Linear(128, 3)).double()


def settled(model: nn.Sequential, x: torch.Tensor) -> nn.Sequential:
    """Return `model` after some batches, with gains and offsets of its own."""
    draw = seeded(2)
    for module in model.modules():
        if hasattr(module, "running_mean"):
            nn.init.normal_(module.weight, 1.0, 0.3, generator=draw)
            nn.init.normal_(module.bias, 0.0, 0.3, generator=draw)
    for _ in range(60):
        model(x)
    return model


def relative(a: nn.Module, b: nn.Module, x: torch.Tensor) -> float:
    a, b = copy.deepcopy(a).eval(), copy.deepcopy(b).eval()
    return ((a(x) - b(x)).norm() / b(x).norm()).item()


class TestInsert:
    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("where", ["before_activation", "after_activation"])
    def test_the_distance_is_what_it_says_and_the_model_stays(self, kind, where):
        model, x = dense(), rows()
        before = copy.deepcopy(model.state_dict())
        changed, distance, n_changed = insert(model, kind, where, batch=x)
        assert n_changed == 3
        assert changed.training
        assert distance == pytest.approx(relative(changed, model, x), abs=1e-12)
        assert distance < (1e-10 if kind in BY_STATISTICS else 0.6)
        assert list(changed.state_dict())[:2] == ["linear1.weight", "linear1.bias"]
        assert all(torch.equal(model.state_dict()[name], value) for name, value in before.items())

    def test_batch_normalization_is_the_identity_in_training_too(self):
        model, x = dense(), rows()
        changed = insert(model, "batch", batch=x).model
        torch.testing.assert_close(changed(x), model(x), rtol=1e-10, atol=1e-10)

    @pytest.mark.parametrize("kind", [name for name in KINDS if name not in BY_STATISTICS])
    def test_calibration_beats_the_kinds_own_start(self, kind):
        model, x = dense(), rows()
        plain = copy.deepcopy(insert(model, kind, batch=x).model)
        for name, parameter in plain.named_parameters():
            if name.startswith("normalizer") and not name.endswith("alpha"):
                nn.init.constant_(parameter, float(name.endswith("weight")))
        assert insert(model, kind, batch=x).distance < relative(plain, model, x)

    @pytest.mark.parametrize("kind", ["layer", "rms", "group", "dyt"])
    def test_gains_and_offsets_are_the_least_squares_fit(self, kind):
        model, x = nn.Sequential(nn.Linear(4, 32), nn.Tanh()).double(), rows()
        layer = insert(model, kind, batch=x).model[1].eval()
        z = model[0](x)
        least = (layer(z) - z).square().sum().item()
        for name in ("weight", "bias"):
            for step in (-0.01, 0.01):
                other = copy.deepcopy(layer)
                if getattr(other, name, None) is not None:
                    with torch.no_grad():
                        getattr(other, name).add_(step)
                    assert (other(z) - z).square().sum().item() > least

    def test_children_have_the_names_of_a_recipe(self):
        names = list(insert(dense(), "batch", batch=rows()).model._modules)
        assert names == list(dense("batch")._modules)
        after = list(insert(dense(), "batch", "after_activation", batch=rows()).model._modules)
        assert after == list(dense("batch", normalizer_place="after_activation")._modules)

    def test_where_one_stands_none_is_added(self):
        model = nn.Sequential(nn.Linear(4, 3), nn.LayerNorm(3), nn.ReLU(), nn.Linear(3, 2), nn.Tanh()).double()
        changed, _, n_changed = insert(model, "batch", batch=rows())
        assert n_changed == 1
        kinds = [nn.Linear, nn.LayerNorm, nn.ReLU, nn.Linear, nn.BatchNorm1d, nn.Tanh]
        assert [type(layer) for layer in changed] == kinds

    def test_units_that_never_vary(self):
        model = nn.Sequential(nn.Linear(4, 3), nn.ReLU(), nn.Linear(3, 2)).double()
        with torch.no_grad():
            model[0].weight[0].zero_()
            model[0].bias[0] = 2.0
        for kind in KINDS:
            assert torch.isfinite(insert(model, kind, batch=rows()).model(rows())).all()
        changed = insert(model, "batch", batch=rows())
        assert changed.distance < 1e-10
        assert changed.model[1].weight[0].item() == pytest.approx(1e-5**0.5)

    @pytest.mark.parametrize("kind", ["batch", "group", "instance"])
    def test_convolutions_that_work_in_place(self, kind):
        model, x = convolutional(), images()
        before = x.clone()
        changed = insert(model, kind, batch=x)
        assert changed.n_changed == 2
        assert torch.equal(x, before)
        assert changed.distance == pytest.approx(relative(changed.model, model, x), abs=1e-12)
        assert changed.distance < (1e-10 if kind == "batch" else 0.8)

    def test_a_layer_that_stands_twice(self):
        act = nn.Tanh()
        model = nn.Sequential(nn.Linear(4, 3), act, nn.Linear(3, 3), act).double()
        assert insert(model, "batch", batch=rows()).n_changed == 2


class TestConvert:
    @pytest.mark.parametrize("old", BY_STATISTICS)
    @pytest.mark.parametrize("new", KINDS)
    def test_it_keeps_what_the_kind_allows(self, old, new):
        x = rows()
        model = settled(dense(old), x)
        changed = convert(model, old, new, batch=x)
        assert isinstance(changed, Calibrated)
        assert changed.n_changed == 3
        assert list(changed.model._modules) == list(model._modules)
        assert changed.distance == pytest.approx(relative(changed.model, model, x), abs=1e-12)
        assert changed.distance < (1e-9 if new in BY_STATISTICS else 1.0)

    @pytest.mark.parametrize("new", ["layer", "rms", "group"])
    def test_calibration_beats_handing_the_gains_on(self, new):
        x = rows()
        model = settled(dense("batch"), x)
        changed = convert(model, "batch", new, batch=x)
        naive = copy.deepcopy(changed.model)
        naive.load_state_dict({k: v for k, v in model.state_dict().items() if k in naive.state_dict()})
        assert changed.distance < 0.95 * relative(naive, model, x)

    @pytest.mark.parametrize("new", ["group", "instance"])
    def test_convolutions(self, new):
        x = images()
        model = settled(convolutional(norm=True), x)
        changed = convert(model, "batch", new, batch=x)
        assert changed.n_changed == 2
        assert changed.distance == pytest.approx(relative(changed.model, model, x), abs=1e-12)
        assert changed.distance < 0.8

    def test_the_mode_is_kept(self):
        model = settled(dense("batch"), rows()).eval()
        changed = convert(model, "batch", "layer", batch=rows()).model
        assert not any(module.training for module in changed.modules())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: insert(nn.Linear(4, 2), "batch", batch=rows()), "`model` must be an nn.Sequential. Got 'Linear'"),
        (lambda: insert(nn.Sequential(nn.Linear(4, 2)).double(), "batch", batch=rows()), "must have an activation"),
        (lambda: insert(dense(), "batch", "before", batch=rows()), "`where` must be one of 'before_activation', "),
        (lambda: insert(dense(), "bath", batch=rows()), "There is no normalizer 'bath'. Did you mean 'batch'"),
        (lambda: insert(dense(), "none", batch=rows()), "`kind` must be a normalizer. Got 'none' instead."),
        (
            lambda: insert(convolutional(), "layer", batch=images()),
            "`kind` must be one of 'batch', 'group', 'instance'",
        ),
        (lambda: convert(dense(), "batch", "group", batch=rows()), "must have a normalizer of the kind 'batch' where"),
        (lambda: convert(dense(), "bath", "group", batch=rows()), "There is no normalizer to convert 'bath'."),
        (lambda: insert(nn.Sequential(nn.Tanh()), "batch", batch=torch.ones(3)), "[batch, unit] or [batch, channel,"),
    ],
)
def test_messages(call, message):
    with pytest.raises(InvalidInput) as caught:
        call()
    assert message in str(caught.value)
