"""Residual branches: two ways that part and meet again in a sum, one with layers on it and one past them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerwise.tracing._call import INPUT, Call
from layerwise.tracing._kinds import Kind
from layerwise.tracing._links import Function, Link, links

if TYPE_CHECKING:
    from torch import nn

    from layerwise.tracing._trace import Trace

_LAYERS: frozenset[Kind] = frozenset({"weights", "attention", "recurrent"})
_PARAMETRIC: frozenset[Kind] = _LAYERS | {"normalizer"}
_SAME = frozenset({"clone", "contiguous", "detach", "to", "view_as"})
"""Operations on a skip connection that leave the signal as it is."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A residual block `skip(x) + branch(x)`, seen from its sum.

    Attributes:
        join: The sum.
        fork: Index of the call whose result both ways start from; `INPUT` for the model's input.
        end: Index of the call whose result the branch adds.
        skip_end: Index of the call whose result comes past the branch; `fork` if nothing is done to it.
        layers: Weights, attention and recurrent layers with parameters on the branch, in the order of execution.
        normalizers: Normalizers with a gain on the branch.
        last: The last operation with parameters on the branch: one of `layers`, or a normalizer with a gain after it.
        skip_layers: Weights on the way past it: a projection, where shapes differ.
        is_identity: Whether the way past it leaves the signal as it is.
        activation: What follows the sum before the next layer reads it, or None.
    """

    join: Call
    fork: int
    end: int
    skip_end: int
    layers: tuple[Call, ...]
    normalizers: tuple[Call, ...]
    last: Call
    skip_layers: tuple[Call, ...]
    is_identity: bool
    activation: Function | None

    @property
    def name(self) -> str:
        """The module in which the sum is made, or the sum's own name."""
        return self.join.name


def branches(trace: Trace, model: nn.Module) -> tuple[Branch, ...]:
    """Return the residual branches of a traced model, in the order in which they end.

    A sum of two signals is the end of one where both come from one place, and more layers stand on one way than on the
    other. Sums of equals (two projections side by side, two embeddings) and concatenations are none.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from layerwise.tracing import trace
        >>> class Block(nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.one, self.two = nn.Linear(3, 5), nn.Linear(5, 3)
        ...     def forward(self, x):
        ...         return x + self.two(torch.relu(self.one(x)))
        >>> model = nn.Sequential(Block(), Block())
        >>> found = branches(trace(model, torch.ones(2, 3)), model)
        >>> [(branch.name, len(branch.layers), branch.is_identity) for branch in found]
        [('0', 2, True), ('1', 2, True)]
    """
    behind = _Behind(trace)
    followed = links(trace, model)
    found = (_branch(behind, followed, call) for call in trace.calls if call.kind == "add")
    return tuple(branch for branch in found if branch is not None)


class _Behind:
    """For every call, the calls that its result was made from."""

    def __init__(self, trace: Trace) -> None:
        self._calls = trace.calls
        self._sets: list[frozenset[int]] = []
        for call in trace.calls:
            self._sets.append(frozenset().union(*(self.upto(source) for source in call.sources)))

    def upto(self, index: int) -> frozenset[int]:
        """Return `index` and all that is behind it."""
        return frozenset({INPUT}) if index == INPUT else self._sets[index] | {index}

    def between(self, fork: int, end: int) -> tuple[Call, ...]:
        """Return the calls on all ways from the result of `fork` to that of `end`, in order."""
        indices = sorted(index for index in self.upto(end) if index > fork and fork in self.upto(index))
        return tuple(self._calls[index] for index in indices)


def _branch(behind: _Behind, followed: Iterable[Link], join: Call) -> Branch | None:
    if len(join.sources) != 2:
        return None
    left, right = join.sources
    common = behind.upto(left) & behind.upto(right)
    if not common:
        return None
    fork = max(common)
    ways = [(behind.between(fork, end), end) for end in (left, right)]
    (skip, skip_end), (way, end) = sorted(ways, key=lambda pair: len(_of(pair[0], _LAYERS)))
    layers, skip_layers = _of(way, _LAYERS), _of(skip, _LAYERS)
    if len(layers) == len(skip_layers):
        return None
    return Branch(
        join=join,
        fork=fork,
        end=end,
        skip_end=skip_end,
        layers=layers,
        normalizers=_of(way, {"normalizer"}),
        last=_of(way, _PARAMETRIC)[-1],
        skip_layers=skip_layers,
        is_identity=all(call.operation in _SAME for call in skip),
        activation=_activation(followed, join),
    )


def _of(calls: Iterable[Call], kinds: Iterable[Kind]) -> tuple[Call, ...]:
    """Return the calls of these kinds that read parameters."""
    return tuple(call for call in calls if call.kind in kinds and call.parameters)


def _activation(followed: Iterable[Link], join: Call) -> Function | None:
    """Return what the layers before the sum found behind it."""
    return next((link.activation for link in followed if join in link.before and link.activation is not None), None)
