"""Watching changes what the visitor changes, and leaves nothing behind."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from networks_to_trace import Reversed, resnet
from torch import Tensor, nn

from layerwise.tracing import Operation, batches, trace, untouched, watching


def everything(model: nn.Module) -> list[object]:
    """Parameters, buffers, gradients, modes and hooks of a model, for comparison."""
    hooks = [
        len(own)
        for module in model.modules()
        for own in (module._forward_hooks, module._forward_pre_hooks, module._forward_hooks_always_called)
    ]
    modes = [module.training for module in model.modules()]
    tensors = [tensor.clone() for tensor in model.state_dict().values()]
    return [hooks, modes, [tensor.tolist() for tensor in tensors], [p.grad is None for p in model.parameters()]]


@pytest.mark.parametrize("training", [True, False])
def test_a_traced_model_and_all_generators_are_as_before(training):
    model = nn.Sequential(resnet(), nn.Dropout(0.5)).train(training)
    before, drawn = everything(model), (torch.get_rng_state(), random.getstate(), np.random.get_state()[1].tolist())  # noqa: NPY002
    trace(model, torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0)))
    assert everything(model) == before
    assert torch.equal(torch.get_rng_state(), drawn[0])
    assert (random.getstate(), np.random.get_state()[1].tolist()) == drawn[1:]  # noqa: NPY002


def test_an_exception_inside_leaves_nothing_behind():
    class Broken(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise RuntimeError("broken")

    model = nn.Sequential(nn.BatchNorm1d(3), nn.Linear(3, 3), Broken())
    before = everything(model)
    with pytest.raises(RuntimeError, match="broken"):
        trace(model, torch.randn(4, 3))
    assert everything(model) == before
    assert torch.overrides._get_current_function_mode() is None


def test_what_the_visitor_returns_takes_the_place_of_the_result():
    model = Reversed(3, 4, nn.ReLU())

    def halve(operation: Operation) -> Tensor | None:
        return operation.output / 2 if operation.call.kind == "weights" else None

    x = torch.randn(5, 4)
    with torch.no_grad(), watching(model, halve):
        watched = model(x)
    for parameter in model.parameters():
        parameter.data /= 2
    torch.testing.assert_close(watched, model(x))


def test_in_place_operations_keep_the_flow():
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True), nn.Linear(3, 3))
    assert [call.sources for call in trace(model, torch.ones(1, 3)).calls] == [(-1,), (0,), (1,)]


def test_writing_into_a_tensor_is_an_operation_on_it():
    class Masked(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(3, 3)

        def forward(self, x: Tensor) -> Tensor:
            x = self.layer(x)
            x[:, 0] = 0
            return x.tanh()

    traced = trace(Masked(), torch.ones(2, 3))
    assert [(call.operation, call.sources) for call in traced.calls] == [
        ("linear", (-1,)),
        ("setitem", (0,)),
        ("tanh", (1,)),
    ]


def test_buffers_that_a_module_assigns_anew_come_back():
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("n", torch.zeros(()))

        def forward(self, x: Tensor) -> Tensor:
            self.n = self.n + 1
            return x * 2

    model = Counting()
    first = model.n
    with untouched(model):
        model(torch.ones(2))
    assert model.n is first
    assert model.n.item() == 0


def test_batches_of_a_loader_are_its_inputs():
    loader = torch.utils.data.DataLoader(list(zip(torch.eye(4), range(4), strict=True)), batch_size=3)
    assert [tuple(batch.shape) for batch in batches(loader)] == [(3, 4), (1, 4)]
    one = torch.ones(2, 3)
    assert batches(one)[0] is one
