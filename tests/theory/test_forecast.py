"""Predicted and measured, side by side, in live networks of every make."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from layerwise import predict
from layerwise._base import InvalidInput
from layerwise.models import PRESETS, Recipe
from layerwise.theory import Forecast, critical_point, forecast
from layerwise.theory._reading import not_random


def wide(
    activation: nn.Module, weight_variance: float, depth: int = 8, width: int = 400, seed: int = 0
) -> nn.Sequential:
    generator = torch.Generator().manual_seed(seed)
    layers: list[nn.Module] = []
    for _ in range(depth):
        linear = nn.Linear(width, width)
        with torch.no_grad():
            linear.weight.normal_(0, math.sqrt(weight_variance / width), generator=generator)
            linear.bias.zero_()
        layers += [linear, activation]
    return nn.Sequential(*layers, nn.Linear(width, 10))


def batch(n: int = 200, width: int = 400) -> Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(1))


def notes(made: Forecast) -> dict[str, str]:
    return {layer.name: layer.note for layer in made.layers if layer.note}


@pytest.mark.parametrize(
    ("activation", "variance"),
    [(nn.ReLU(), 2.0), (nn.Tanh(), 1.5), (nn.Tanh(), 4.0), (nn.SELU(), 1.0), (nn.GELU(), 2.2), (nn.Sigmoid(), 1.0)],
)
def test_wide_random_networks_are_as_predicted(activation, variance):
    # ten outputs are too few for a mean, so not the last layer
    for layer in forecast(wide(activation, variance, depth=5, width=900), batch(width=900)).layers[:-1]:
        # log q of one draw of relu wanders by sqrt(5 / width) a layer: 0.17 over these 5, half of it for the rms
        assert layer.predicted_rms == pytest.approx(layer.measured_rms, rel=0.12)
        assert layer.predicted_gradient_rms == pytest.approx(layer.measured_gradient_rms, rel=0.12)


def test_layers_of_different_widths_and_functional_activations():
    class Narrowing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            widths = [300, 600, 150, 300, 10]
            for k in range(4, 0, -1):
                layer = nn.Linear(widths[k - 1], widths[k])
                nn.init.kaiming_normal_(layer.weight, generator=torch.Generator().manual_seed(k))
                self.add_module(f"layer{k}", layer)

        def forward(self, x: Tensor) -> Tensor:
            for k in range(1, 4):
                z = self.get_submodule(f"layer{k}")(x)
                x = torch.clamp(z, min=0)
            return self.get_submodule("layer4")(x)

    made = forecast(Narrowing(), batch(width=300))
    assert [layer.name for layer in made.layers] == ["layer1", "layer2", "layer3", "layer4"]
    assert [layer.activation for layer in made.layers] == ["relu", "relu", "relu", "none"]
    assert all("test_forecast.py:" in layer.place for layer in made.layers)
    for layer in made.layers[:-1]:
        assert layer.predicted_rms == pytest.approx(layer.measured_rms, rel=0.3)
        assert layer.predicted_gradient_rms == pytest.approx(layer.measured_gradient_rms, rel=0.3)


def test_convolutions_up_to_their_borders():
    torch.manual_seed(0)
    layers: list[nn.Module] = []
    for k in range(4):
        layers += [nn.Conv2d(3 if k == 0 else 64, 64, 3, padding=1, padding_mode="circular"), nn.ReLU()]
        nn.init.kaiming_normal_(layers[-2].weight)
        nn.init.zeros_(layers[-2].bias)
    made = forecast(nn.Sequential(*layers), torch.randn(20, 3, 12, 12))
    told = [layer for layer in made.layers if layer.predicted_rms is not None]
    assert len(told) == 4
    assert all(layer.predicted_rms == pytest.approx(layer.measured_rms, rel=0.15) for layer in told)


def test_trainable_depth_is_that_of_theory():
    point = critical_point("tanh", bias_variance=0.05)
    model = wide(nn.Tanh(), 2.5, depth=3, width=1000)
    with torch.no_grad():
        for layer in model:
            if isinstance(layer, nn.Linear):
                layer.bias.normal_(0, math.sqrt(0.05), generator=torch.Generator().manual_seed(0))
    assert forecast(model, batch(width=1000)).trainable_depth == pytest.approx(71, rel=0.15)  # 6 x 11.7956
    assert point.weight_variance < 2.5


def test_where_theory_does_not_apply_it_says_so_and_goes_on_from_what_is_measured():
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.three = nn.Linear(400, 400), nn.Linear(400, 400), nn.Linear(400, 400)

        def forward(self, x: Tensor) -> Tensor:
            x = torch.relu(self.one(x))
            x = torch.relu(self.two(x) + x)
            return self.three(x)

    told = notes(forecast(Residual(), batch()))
    assert told == {
        "two": "its output is joined with another signal before its activation",
        "three": "starts anew from the measured signal: theory does not apply to the layer before",
    }
    pooled = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 8, 3))
    assert notes(forecast(pooled, torch.randn(9, 1, 12, 12))) == {
        "3": "starts anew from the measured signal: max_pool2d comes before it"
    }
    attention = nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0)
    assert set(notes(forecast(attention, torch.randn(5, 7, 32)))) == {"linear2"}
    gated = nn.Sequential(nn.Linear(20, 40), nn.GLU(), nn.Linear(20, 2))
    assert notes(forecast(gated, torch.randn(50, 20)))["2"].endswith("theory has no mean field for glu")


def test_weights_that_are_not_random_any_more_get_no_number():
    model = wide(nn.ReLU(), 2.0, depth=3)
    with torch.no_grad():
        model[2].weight += 0.5 / 400**0.5 * torch.outer(torch.randn(400), torch.randn(400))
        model[4].weight.fill_(0.01)
        model[6].weight.zero_()
    made = forecast(model, batch())
    told = notes(made)
    assert told["2"].startswith("its weights are not random: their largest singular value is ")
    assert told["4"] == "its weights are all equal"
    assert not_random(torch.rand(50, 50)) == "the mean of its weights is not 0"
    assert told["6"] == "its weights are all 0"
    assert [layer.predicted_rms is None for layer in made.layers] == [False, True, True, True]


@pytest.mark.parametrize("shape", [(16, 16), (10, 300), (300, 10), (400, 400), (64, 3, 3, 3)])
@pytest.mark.parametrize(
    "draw", [nn.init.normal_, nn.init.xavier_uniform_, nn.init.orthogonal_, nn.init.kaiming_uniform_]
)
def test_fresh_weights_pass_for_random(shape, draw):
    torch.manual_seed(0)
    assert [not_random(draw(torch.empty(shape))) for _ in range(20)] == [""] * 20


def test_normalizers_at_their_start_are_followed_and_learned_or_frozen_ones_are_not():
    model = nn.Sequential(nn.Linear(50, 300), nn.BatchNorm1d(300), nn.ReLU(), nn.Linear(300, 300), nn.ReLU())
    for layer in forecast(model, batch(width=50)).layers[:1]:
        assert layer.predicted_rms == pytest.approx(layer.measured_rms, rel=0.02)
    assert "eval mode" in notes(forecast(model.eval(), batch(width=50)))["0"]
    nn.init.normal_(model[1].weight)
    assert notes(forecast(model.train(), batch(width=50)))["0"] == "its normalizer has learned gains"


def test_the_model_and_its_gradients_are_as_before_also_where_nothing_is_trainable():
    model = nn.Sequential(nn.Linear(8, 8), nn.BatchNorm1d(8), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(8, 2))
    for trainable in (True, False):
        model.requires_grad_(trainable)
        before = {name: value.clone() for name, value in model.state_dict().items()}
        drawn = torch.get_rng_state()
        made = forecast(model, batch(width=8))
        assert all(layer.measured_gradient_rms > 0 for layer in made.layers)
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
        assert all(parameter.grad is None for parameter in model.parameters())
        assert torch.equal(torch.get_rng_state(), drawn)


def test_the_measured_gradient_is_autograds():
    model = nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    x = torch.randn(7, 6, dtype=torch.float64)
    z = model[0](x).detach().requires_grad_()
    sent = torch.randn(7, 3, generator=torch.Generator().manual_seed(4)).double()
    (gradient,) = torch.autograd.grad(model[2](model[1](z)), z, sent)
    first, last = forecast(model, x, seed=4).layers
    assert first.measured_gradient_rms == pytest.approx(gradient.square().mean().sqrt().item(), rel=1e-6)
    assert last.measured_gradient_rms == pytest.approx(sent.square().mean().sqrt().item(), rel=1e-6)
    assert first.measured_rms == pytest.approx(model[0](x).square().mean().sqrt().item(), rel=1e-12)


@pytest.mark.parametrize("name", list(PRESETS))
def test_every_preset_has_a_prediction_that_fits_eight_columns_of_ten(name):
    made = predict(name, "digits")
    assert len(made.layers) == PRESETS[name].architecture.depth + 1
    lines = str(made).splitlines()
    assert max(map(len, lines)) <= 80
    for layer in made.layers:
        if layer.predicted_rms is not None and layer.measured_rms > 1e-6:
            assert layer.predicted_rms == pytest.approx(layer.measured_rms, rel=0.6), layer


def test_predict_takes_a_recipe_a_name_or_a_module_and_nothing_else():
    recipe = Recipe().replace(depth=2, width=100, activation="tanh", initializer="lecun_normal")
    assert [layer.name for layer in predict(recipe, "circles").layers] == ["linear1", "linear2", "output"]
    assert len(predict(nn.Linear(3, 2), torch.randn(50, 3)).layers) == 1
    with pytest.raises(InvalidInput, match=r"a recipe, the name of a preset, or a module\. Got 'int' instead"):
        predict(3, "digits")
