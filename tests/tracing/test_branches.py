"""Residual branches are found by data flow, however the sum is written."""

from __future__ import annotations

import pytest
import torch
from networks_to_trace import resnet
from torch import Tensor, nn

from layerwise.tracing import INPUT, Branch, branches, trace


def found_in(model: nn.Module, batch: object) -> tuple[Branch, ...]:
    return branches(trace(model, batch), model)


class Block(nn.Module):
    """`x + two(relu(one(x)))`, the sum written in one of several ways."""

    def __init__(self, write=lambda x, h: x + h, width: int = 4, out: int = 4) -> None:
        super().__init__()
        self.two, self.one, self.write = nn.Linear(width, out), nn.Linear(width, width), write
        self.skip = nn.Identity() if width == out else nn.Linear(width, out)

    def forward(self, x: Tensor) -> Tensor:
        return self.write(self.skip(x), self.two(torch.relu(self.one(x))))


@pytest.mark.parametrize(
    "write",
    [
        lambda x, h: x + h,
        lambda x, h: h + x,
        torch.add,
        lambda x, h: x - h,
        lambda x, h: h.add_(x),
        lambda x, h: x.clone().add_(h),
        lambda x, h: torch.add(x, h, alpha=0.5),
    ],
)
def test_a_branch_is_found_however_its_sum_is_written(write):
    model = nn.Sequential(nn.Linear(3, 4), Block(write), nn.Linear(4, 2))
    (branch,) = found_in(model, torch.randn(5, 3))
    assert branch.name == "1"
    assert [call.module for call in branch.layers] == ["1.one", "1.two"]  # as they run, not as they are registered
    assert branch.last.module == "1.two"
    assert (branch.fork, branch.is_identity, branch.activation) == (0, True, None)


def test_the_models_input_may_be_the_fork():
    (branch,) = found_in(Block(), torch.randn(5, 4))
    assert branch.fork == branch.skip_end == INPUT


def test_a_projection_is_the_way_past_and_no_identity():
    model = nn.Sequential(nn.Linear(3, 4), Block(out=6), nn.ReLU(), nn.Linear(6, 2))
    (branch,) = found_in(model, torch.randn(5, 3))
    assert [call.module for call in branch.skip_layers] == ["1.skip"]
    assert [call.module for call in branch.layers] == ["1.one", "1.two"]
    assert not branch.is_identity
    assert branch.activation.name == "relu"


def test_residual_convolutions_end_in_their_normalizer():
    found = found_in(resnet(), torch.randn(2, 3, 8, 8))
    assert [branch.name for branch in found] == ["1", "2"]
    assert [branch.last.module for branch in found] == ["1.norm2", "2.norm2"]
    assert [len(branch.normalizers) for branch in found] == [2, 2]
    assert [branch.activation.name for branch in found] == ["relu", "relu"]


@pytest.mark.parametrize("norm_first", [True, False])
def test_a_transformer_layer_has_two_branches(norm_first):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=norm_first)
    attention, feedforward = found_in(layer, torch.randn(2, 3, 8))
    assert [call.kind for call in attention.layers] == ["attention"]
    assert [call.module for call in feedforward.layers] == ["linear1", "linear2"]
    assert attention.last.kind == "attention"
    assert attention.is_identity
    assert feedforward.is_identity


class Sums(nn.Module):
    """Sums that end no branch."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(4, 4), nn.Linear(4, 4)
        self.words, self.places = nn.Embedding(5, 4), nn.Embedding(5, 4)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.words(tokens) + self.places(torch.arange(tokens.shape[1]))
        x = self.left(x) + self.right(x)
        return torch.cat([x, x + 1.0], -1)


def test_sums_of_equals_are_no_branches():
    assert found_in(Sums(), torch.randint(0, 5, (2, 3))) == ()


class Nested(nn.Module):
    """A block inside the branch of another."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer = Block(), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.outer(self.inner(x))


def test_a_block_inside_a_branch_is_one_of_its_own():
    inner, outer = found_in(Nested(), torch.randn(2, 4))
    assert [call.module for call in inner.layers] == ["inner.one", "inner.two"]
    assert [call.module for call in outer.layers] == ["inner.one", "inner.two", "outer"]
