"""What a trace sees, in networks of every make."""

from __future__ import annotations

import pytest
import torch
from networks_to_trace import ByHand, Reversed, Tied, resnet
from torch import Tensor, nn

from layerwise._base import InvalidInput
from layerwise.tracing import INPUT, Trace, trace


def operations(traced: Trace) -> list[str]:
    return [call.operation for call in traced.calls]


def test_layers_come_in_the_order_in_which_they_run_not_in_which_they_are_registered():
    traced = trace(Reversed(5, 3), torch.ones(2, 3))
    assert [call.module for call in traced.weights] == ["linear1", "linear2", "linear3", "linear4", "linear5"]


def test_functional_calls_are_seen_like_modules_with_the_line_that_asked_for_them():
    traced = trace(ByHand(), torch.ones(2, 5))
    assert operations(traced) == ["addmm", "sigmoid", "mul", "matmul", "clamp", "mul", "linear"]
    assert [call.kind for call in traced.calls].count("weights") == 3
    places = [call.place.rsplit("/", 1)[-1] for call in traced.calls]
    assert all(place.startswith("networks_to_trace.py:") for place in places)
    lines = [int(place.split(":")[1]) for place in places]
    assert lines == sorted(lines)
    assert len(set(lines)) == 5


def test_a_chain_of_torchs_own_modules_has_no_line():
    assert {call.place for call in trace(nn.Sequential(nn.Linear(2, 2), nn.ReLU()), torch.ones(1, 2)).calls} == {""}


def test_fans_and_names_of_weights_in_every_layout():
    found = {call.weight.name: call.weight for call in trace(ByHand(), torch.ones(2, 5)).weights if call.weight}
    assert {name: (weight.fan_in, weight.fan_out) for name, weight in found.items()} == {
        "left": (5, 8),
        "right": (8, 6),
        "head.weight": (6, 4),
    }
    assert {name: weight.bias for name, weight in found.items()} == {
        "left": "shift",
        "right": "",
        "head.weight": "head.bias",
    }
    assert [found[name].out_axis for name in ("left", "right", "head.weight")] == [1, 1, 0]


@pytest.mark.parametrize(
    ("layer", "shape", "fan_in", "fan_out", "out_axis"),
    [
        (nn.Linear(7, 3), (2, 7), 7, 3, 0),
        (nn.Conv1d(4, 6, 3), (2, 4, 9), 12, 18, 0),
        (nn.Conv2d(4, 6, 3, groups=2), (2, 4, 9, 9), 18, 27, 0),
        (nn.ConvTranspose2d(4, 6, 4, stride=2), (2, 4, 5, 5), 16, 96, 1),
        (nn.Bilinear(2, 2, 5), (3, 2), 4, 5, 0),
    ],
)
def test_fans_of_layers(layer, shape, fan_in, fan_out, out_axis):
    x = torch.ones(shape)
    (call,) = trace(layer, (x, x) if isinstance(layer, nn.Bilinear) else x).weights
    assert (call.weight.fan_in, call.weight.fan_out, call.weight.out_axis) == (fan_in, fan_out, out_axis)


def test_fan_in_of_a_transposed_convolution_is_the_mean_number_of_products_in_an_output():
    layer = nn.ConvTranspose2d(4, 6, 4, stride=2, bias=False)
    nn.init.ones_(layer.weight)
    (call,) = trace(layer, torch.ones(1, 4, 40, 40)).weights
    inner = layer(torch.ones(1, 4, 40, 40))[..., 4:-4, 4:-4]
    assert call.weight.fan_in == inner.mean().item()


def test_a_transposed_parameter_is_still_that_parameter():
    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.randn(3, 5))

        def forward(self, x: Tensor) -> Tensor:
            return x @ self.w.T

    (call,) = trace(Turned(), torch.ones(2, 5)).weights
    assert (call.weight.name, call.weight.fan_in, call.weight.fan_out, call.weight.out_axis) == ("w", 5, 3, 0)


def test_a_computed_weight_has_no_name_but_the_parameters_it_is_made_of():
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))
    (call,) = trace(layer, torch.ones(1, 4)).weights
    assert call.weight.name == ""
    assert set(call.weight.parameters) == {f"parametrizations.weight.original{k}" for k in (0, 1)}
    assert call.weight.fan_in == 4


def test_data_flow_of_a_residual_network():
    traced = trace(resnet(), torch.randn(2, 3, 8, 8))
    (join, *_) = (call for call in traced.calls if call.operation == "add")
    stem, branch = (traced.calls[source] for source in join.sources)
    assert (stem.module, branch.module) == ("0", "1.norm2")
    assert traced.calls[0].sources == (INPUT,)
    assert traced.results == (traced.calls[-1].index,)
    assert set(traced.users[stem.index]) == {stem.index + 1, join.index}


def test_ties_repeated_calls_and_what_nobody_read():
    traced = trace(Tied(), torch.tensor([[1, 2, 3]]))
    assert traced.names["table.weight"] == ("table.weight", "out.weight")
    assert [(call.module, call.module_call) for call in traced.weights] == [("inner", 0), ("inner", 1), ("out", 0)]
    assert trace(ByHand(), torch.ones(2, 5)).unread == ("unused",)


def test_attention_is_one_operation_and_products_of_signals_are_no_weights():
    traced = trace(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval(), torch.randn(2, 3, 8))
    assert [call.kind for call in traced.calls].count("attention") == 1
    assert [call.module for call in traced.weights] == ["linear1", "linear2"]

    class Gram(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x @ x.T

    assert trace(Gram(), torch.ones(2, 2)).weights == ()


@pytest.mark.parametrize("cell", [nn.LSTM(4, 3), nn.GRU(4, 3), nn.RNN(4, 3)])
def test_recurrent_layers_are_one_operation_with_all_their_parameters(cell):
    (call,) = (one for one in trace(cell, torch.randn(5, 2, 4)).calls if one.kind == "recurrent")
    assert set(call.parameters) == dict(cell.named_parameters()).keys()


def test_inputs_by_position_and_by_name():
    assert trace(ByHand(), {"x": torch.ones(2, 5), "scale": 0.5}).weights
    assert trace(nn.Bilinear(2, 3, 1), (torch.ones(4, 2), torch.ones(4, 3))).calls[0].sources == (INPUT,)


def test_a_function_between_two_calls_computes_what_ran():
    model = ByHand()
    traced = trace(model, torch.ones(2, 5))
    silu = traced.function_between(0, 2, model)
    z = torch.linspace(-3, 3, 50, dtype=torch.float64)
    assert silu is not None
    torch.testing.assert_close(silu(z), nn.functional.silu(z), rtol=1e-14, atol=1e-14)
    assert traced.function_between(0, 3, model) is None  # a weight goes in


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
def test_code_that_is_compiled_is_said_to_be_out_of_sight():
    model = nn.Sequential(nn.Linear(2, 2), torch.jit.script(nn.Linear(2, 2)), nn.Tanh())
    assert trace(model, torch.ones(1, 2)).unread == ("1.weight", "1.bias")
    with pytest.raises(InvalidInput, match=r"torch operations that can be seen.*torch\.jit"):
        trace(torch.jit.script(nn.Linear(2, 2)), torch.ones(1, 2))


def test_a_batch_of_the_wrong_kind_is_refused():
    with pytest.raises(InvalidInput, match=r"`batch` must be a tensor, a tuple .* Got 'str' instead"):
        trace(nn.Linear(2, 2), "batch")


def test_a_module_that_is_called_by_itself_in_another_forward_keeps_its_name():
    shared = nn.Linear(3, 3)
    model = nn.Sequential(shared, nn.ReLU(), shared)
    assert [call.module for call in trace(model, torch.ones(1, 3)).weights] == ["0", "0"]
