"""The layers of a network as people count them: weights, and what follows until the next weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from torch.nn import functional

from layerwise.activations import ACTIVATIONS, Activation, identify
from layerwise.tracing._call import Call
from layerwise.tracing._kinds import Kind
from layerwise.tracing._replay import own_tensors
from layerwise.tracing._trace import Trace

if TYPE_CHECKING:
    from torch import Tensor, nn

Function: TypeAlias = "Activation | Callable[[Tensor], Tensor]"

PASSED: frozenset[Kind] = frozenset({"normalizer", "dropout", "shape", "pool"})
"""What may stand between weights and their activation."""

_POINTWISE: frozenset[Kind] = frozenset({"activation", "elementwise", "add", "multiply"})
_LAYERS: frozenset[Kind] = frozenset({"weights", "attention", "recurrent"})


@dataclass(frozen=True, slots=True)
class Link:
    """Weights, and what follows them.

    Attributes:
        weights: The linear map.
        before: What comes between the weights and their activation, in order: normalizers, dropout, sums with a skip
            connection, and so on.
        activation: An entry of `ACTIVATIONS`, a function of one tensor that has no name here, or None: the weights end
            the network, or nothing elementwise follows.
        end: Index of the call whose result is the activation's output; of the last call of `before` without one.
        next: The layers that read this one's output, past what may stand in between: indices of weights, attention,
            recurrent layers.
        after: What comes between the activation and the next layer, as far as there is one way.
    """

    weights: Call
    before: tuple[Call, ...]
    activation: Function | None
    end: int
    next: tuple[int, ...]
    after: tuple[Call, ...]

    @property
    def name(self) -> str:
        """The layer's name: its module's, or the operation's."""
        return self.weights.name

    @property
    def activation_name(self) -> str:
        """The activation in words, `none` if there is none."""
        if self.activation is None:
            return "none"
        return self.activation.name if isinstance(self.activation, Activation) else "a function of its own"

    @property
    def normalizer(self) -> Call | None:
        """The normalizer between the weights and their activation, if there is one."""
        return next((call for call in self.before if call.kind == "normalizer"), None)

    @property
    def joined(self) -> Call | None:
        """The sum with another signal (a skip connection) between the weights and their activation, if any."""
        return next((call for call in self.before if len(call.sources) > 1), None)


def links(trace: Trace, model: nn.Module) -> tuple[Link, ...]:
    """Return the layers of weights of a traced model in the order of execution, each with what follows it.

    Activations are recognized by what they compute, not by how they are written: `x * torch.sigmoid(x)` in somebody's
    own forward is silu. A layer that runs twice is there twice.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> from layerwise.tracing import trace
        >>> model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.SiLU(), nn.Dropout(), nn.Linear(4, 2))
        >>> first, last = links(trace(model, torch.ones(2, 3)), model)
        >>> first.activation.name, first.normalizer.operation, first.next, last.activation
        ('silu', 'batch_norm', (4,), None)
    """
    reader = _Reader(trace, model)
    return tuple(map(reader.link, trace.weights))


class _Reader:
    """Reads what follows the weights of one traced model."""

    def __init__(self, trace: Trace, model: nn.Module) -> None:
        self._trace, self._model = trace, model
        self._calls, self._users = trace.calls, trace.users
        self._wide = {name for name, tensor in own_tensors(model).items() if tensor.numel() > 1}

    def link(self, weights: Call) -> Link:
        """Return the layer of these weights."""
        before: list[Call] = []
        here = weights.index
        while True:
            found = self._activation(here)
            users = self._users[here]
            if found is None and len(users) == 1 and _passes(self._calls[users[0]]):
                here = users[0]
                before.append(self._calls[here])
                continue
            activation, end = found or (None, here)
            return Link(weights, tuple(before), activation, end, tuple(self._readers(end)), self._after(end))

    def _activation(self, start: int) -> tuple[Function, int] | None:
        """Return the activation that the result of `start` goes into, and the index of its result."""
        named = self._by_name(start)
        if named is not None:
            return named
        inside = self._pointwise(start)
        if not any(self._calls[index].kind in {"activation", "elementwise"} for index in inside):
            return None
        exits = [index for index in inside if not set(self._users[index]) <= set(inside) or not self._users[index]]
        end = exits[0] if len(exits) == 1 and set(self._users[start]) <= set(inside) else inside[0]
        function = self._trace.function_between(start, end, self._model)
        return None if function is None else (identify(function) or function, end)

    def _pointwise(self, start: int) -> list[int]:
        """Return the calls that map each entry of the result of `start` by itself and read nothing else."""
        inside: list[int] = []
        known, shapes = {start}, {self._calls[start].shape, ()}
        for call in self._calls[start + 1 :]:
            fits = (
                call.kind in _POINTWISE and call.shape in shapes and bool(call.sources) and not self._reads_wide(call)
            )
            if fits and set(call.sources) <= known:
                inside.append(call.index)
                known.add(call.index)
        return inside

    def _reads_wide(self, call: Call) -> bool:
        """Whether the call reads a tensor that may differ from entry to entry."""
        return call.arguments is None or any(held.name in self._wide for held in call.held)

    def _by_name(self, start: int) -> tuple[Function, int] | None:
        """Return what is no function of one entry alone: maxout, gated units, a prelu with a slope for each channel."""
        for index in self._users[start]:
            call = self._calls[index]
            entry = _SEVERAL.get(type(self._model.get_submodule(call.module)))
            if entry is not None:
                here = call.module, call.module_call
                return entry, max(one.index for one in self._calls if (one.module, one.module_call) == here)
            if call.operation == "glu":
                return ACTIVATIONS["glu"], index
            if call.operation == "prelu" and call.parameters:
                return _leaky(self._model.get_parameter(call.parameters[0]).mean().item()), index
            if call.operation == "rrelu" and call.arguments is not None:  # its slope is drawn, and has a mean
                return _leaky(sum(call.arguments[1:3]) / 2 if len(call.arguments) > 2 else RRELU_MEAN), index
        return None

    def _readers(self, start: int) -> Iterator[int]:
        """Yield the layers that the result of `start` reaches without another layer in between."""
        reached = {start}
        for call in self._calls[start + 1 :]:
            if reached & set(call.sources):
                if call.kind in _LAYERS:
                    yield call.index
                else:
                    reached.add(call.index)

    def _after(self, end: int) -> tuple[Call, ...]:
        path = self._trace.path(end)
        stop = next((k for k, call in enumerate(path) if call.kind in _LAYERS), len(path))
        return path[:stop]


def _passes(call: Call) -> bool:
    """Whether the activation may come after this call: sums do, with a skip connection or a bias."""
    return call.kind in PASSED or call.kind in {"add", "multiply"}


def _leaky(slope: float) -> Function:
    def function(z: Tensor) -> Tensor:
        return functional.leaky_relu(z, slope)

    return ACTIVATIONS["prelu"] if slope == PRELU_START else identify(function) or function


_SEVERAL = {type(entry.module()): entry for entry in ACTIVATIONS.values() if entry.pieces_default != 1}
PRELU_START = 0.25
RRELU_MEAN = (1 / 8 + 1 / 3) / 2
