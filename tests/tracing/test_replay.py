"""Parts of a traced model run by themselves, on other rows, with the parameters as they are now."""

from __future__ import annotations

import pytest
import torch
from networks_to_trace import ByHand, Sized, resnet
from torch import Tensor, nn

from layerwise._base import InvalidInput
from layerwise.tracing import INPUT, own_tensors, replay, trace, trace_any_rows


@pytest.mark.parametrize(
    ("model", "shape"), [(Sized(), (1, 4, 4)), (resnet().eval(), (3, 8, 8)), (nn.Sequential(nn.Linear(4, 3)), (4,))]
)
def test_the_whole_of_a_model_replayed_on_more_rows_is_the_model(model, shape):
    x = torch.randn(11, *shape)
    traced = trace_any_rows(model, x)
    calls = traced.between(INPUT, traced.results[0])
    assert calls is not None
    torch.testing.assert_close(replay(calls, INPUT, x, own_tensors(model)), model(x), rtol=0, atol=0)


def test_a_part_is_replayed_from_the_middle_with_gradients_to_its_parameters():
    model = Sized()
    traced = trace_any_rows(model, torch.randn(4, 1, 4, 4))
    _, middle, last = traced.weights
    part = traced.between(middle.index, last.index)
    assert part is not None
    assert [call.operation for call in part] == ["tanh", "linear"]
    z = torch.randn(7, 5)
    out = replay(part, middle.index, z, own_tensors(model))
    torch.testing.assert_close(out, model.head(z.tanh()))
    out.sum().backward()
    torch.testing.assert_close(model.head.weight.grad, z.tanh().sum(0).expand(2, 5))


def test_parameters_are_looked_up_when_it_is_replayed():
    model = nn.Sequential(nn.Linear(2, 2, bias=False))
    calls = trace(model, torch.ones(1, 2)).calls
    with torch.no_grad():
        model[0].weight.fill_(3.0)
    assert replay(calls, INPUT, torch.ones(1, 2), own_tensors(model)).tolist() == [[6.0, 6.0]]


def test_running_statistics_are_the_models_own():
    model = nn.BatchNorm1d(2)
    calls = trace(model, torch.randn(4, 2)).calls
    replay(calls, INPUT, torch.full((4, 2), 10.0) + torch.randn(4, 2), own_tensors(model))
    assert (model.running_mean > 0.5).all()


def test_what_needs_another_signal_is_no_part():
    traced = trace(resnet(), torch.randn(2, 3, 8, 8))
    branch = next(call for call in traced.calls if call.module == "1.conv1")
    join = next(call for call in traced.calls if call.operation == "add")
    assert traced.between(branch.index, join.index) is None


def test_models_that_branch_on_the_number_of_rows_are_refused():
    class Branching(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.tanh() if len(x) > 2 else x.sigmoid()

    with pytest.raises(InvalidInput, match="must run the same operations for any number of rows"):
        trace_any_rows(Branching(), torch.ones(3, 1))
    with pytest.raises(InvalidInput, match=r"`x` must have at least 3 rows. Got shape \[2, 5\] instead"):
        trace_any_rows(ByHand(), torch.ones(2, 5))
