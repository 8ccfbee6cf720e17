"""Which activation follows which weights, however it is written."""

from __future__ import annotations

import pytest
import torch
from networks_to_trace import ByHand, Tied, resnet
from torch import Tensor, nn

from layerwise.activations import ACTIVATIONS, identify
from layerwise.tracing import Link, links, trace

SAME = {"celu": "elu"}  # with alpha = 1 they are one function


def linked(model: nn.Module, batch: object) -> tuple[Link, ...]:
    return links(trace(model, batch), model)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name not in {"linear", "identity"}])
def test_every_activation_is_found_after_its_weights(name):
    module = ACTIVATIONS[name].module()
    width = module(torch.ones(1, 8)).shape[1]
    first, last = linked(nn.Sequential(nn.Linear(4, 8), module, nn.Linear(width, 2)).eval(), torch.randn(3, 4))
    assert first.activation_name == SAME.get(name, name)
    assert first.next == (last.weights.index,)
    assert last.activation is None


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda z: z * torch.sigmoid(z), "silu"),
        (lambda z: torch.clamp(z, min=0), "relu"),
        (lambda z: torch.where(z > 0, z, torch.zeros_like(z)), "relu"),
        (lambda z: torch.max(z, torch.zeros(1)), "relu"),
        (lambda z: torch.exp(z) / (1 + torch.exp(z)), "sigmoid"),
        (lambda z: nn.functional.relu(z) ** 2, "squared_relu"),
        (lambda z: 0.5 * z * (1 + torch.erf(z / 2**0.5)), "gelu"),
        (lambda z: torch.nn.functional.leaky_relu(z, 0.2), "a function of its own"),
    ],
)
def test_activations_written_out_are_recognized_by_what_they_compute(function, name):
    class Written(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: Tensor) -> Tensor:
            return self.two(function(self.one(x)))

    first, _ = linked(Written(), torch.randn(3, 4))
    assert first.activation_name == name
    z = torch.linspace(-4, 4, 17, dtype=torch.float64)
    known = first.activation.function if name in ACTIVATIONS else first.activation
    torch.testing.assert_close(known(z), function(z), check_dtype=False)


def test_residual_blocks_are_followed_through_their_sums():
    found = {link.name: link for link in linked(resnet(), torch.randn(2, 3, 8, 8))}
    assert [found[name].activation_name for name in ("0", "1.conv1", "1.conv2", "5")] == [
        "none",
        "relu",
        "relu",
        "none",
    ]
    assert found["1.conv1"].normalizer.module == "1.norm1"
    assert found["1.conv1"].joined is None
    assert found["1.conv2"].joined.operation == "add"
    assert len(found["0"].next) == 3  # the first block, and past it along the skip connections


def test_what_stands_on_the_way_does_not_hide_the_activation():
    model = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.MaxPool2d(2), nn.ELU(), nn.Dropout(), nn.Flatten(), nn.Linear(36, 2)
    )
    first, _ = linked(model, torch.randn(2, 1, 8, 8))
    assert first.activation_name == "elu"
    assert [call.operation for call in first.before] == ["batch_norm", "max_pool2d"]
    assert [call.operation for call in first.after] == ["dropout", "flatten"]


def test_a_layer_that_runs_twice_is_there_twice():
    assert [(link.name, link.activation_name) for link in linked(Tied(), torch.tensor([[1, 2]]))] == [
        ("inner", "gelu"),
        ("inner", "gelu"),
        ("out", "none"),
    ]


def test_weights_without_a_module_are_named_by_their_operation():
    assert [link.name for link in linked(ByHand(), torch.ones(2, 5))] == ["addmm#0", "matmul#3", "linear#6"]


def test_a_slope_for_each_channel_counts_with_its_mean():
    model = nn.Sequential(nn.Linear(3, 4), nn.PReLU(4), nn.Linear(4, 1))
    assert linked(model, torch.ones(1, 3))[0].activation_name == "prelu"
    with torch.no_grad():
        model[1].weight.copy_(torch.tensor([0.0, 0.0, 0.5, 0.3]))
    function = linked(model, torch.ones(1, 3))[0].activation
    torch.testing.assert_close(function(torch.tensor([-1.0, 2.0])), torch.tensor([-0.2, 2.0]))


def test_a_constant_is_part_of_the_activation():
    class Scaled(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)
            self.gain = nn.Parameter(torch.tensor(3.0))

        def forward(self, x: Tensor) -> Tensor:
            return self.two(self.gain * torch.tanh(self.one(x)) + 1)

    function = linked(Scaled(), torch.ones(1, 4))[0].activation
    z = torch.tensor([-0.5, 2.0], dtype=torch.float64)
    torch.testing.assert_close(function(z), 3 * torch.tanh(z) + 1)


@pytest.mark.parametrize("name", [name for name, entry in ACTIVATIONS.items() if entry.pieces_default == 1])
def test_every_function_is_identified(name):
    known = identify(ACTIVATIONS[name].function)
    assert known is not None
    assert known.name == SAME.get(name, name)


@pytest.mark.parametrize("function", [lambda z: z.sum(), lambda z: "text", lambda z: z @ z, lambda z: torch.cos(z) * 5])
def test_what_is_no_known_function_is_not_identified(function):
    assert identify(function) is None
