"""Which operations ran, in the order of execution, and what went into each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput
from layerwise.tracing._call import Call
from layerwise.tracing._feed import feed
from layerwise.tracing._replay import own_tensors, replay
from layerwise.tracing._untouched import untouched
from layerwise.tracing._watch import watching


@dataclass(frozen=True)
class Trace:
    """The operations of one run of a model, in the order of execution. It holds no activations.

    Attributes:
        calls: The operations; `calls[k].index == k`.
        results: Indices of the calls whose tensors the model returned.
        names: For each parameter, by its first name, all the names it has (more than one: it is tied).
    """

    calls: tuple[Call, ...]
    results: tuple[int, ...]
    names: Mapping[str, tuple[str, ...]]

    @property
    def weights(self) -> tuple[Call, ...]:
        """The linear maps with parameters: linear layers, convolutions, products."""
        return tuple(call for call in self.calls if call.kind == "weights")

    @cached_property
    def users(self) -> tuple[tuple[int, ...], ...]:
        """For each call, which calls its result went into."""
        users: list[list[int]] = [[] for _ in self.calls]
        for call in self.calls:
            for source in call.sources:
                if source >= 0:
                    users[source].append(call.index)
        return tuple(map(tuple, users))

    @property
    def unread(self) -> tuple[str, ...]:
        """Parameters that no operation read: unused, or read where a trace can't see (jit-compiled code)."""
        read = {name for call in self.calls for name in call.parameters}
        return tuple(name for name in self.names if name not in read)

    def path(self, start: int) -> tuple[Call, ...]:
        """Return the calls after `start`, one after the other, up to the first that has several sources or users.

        The last one is the call that ends the chain; it is the model's end if the chain is not cut before.

        Example:
            >>> traced = trace(nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1)), torch.ones(1, 2))
            >>> [call.operation for call in traced.path(0)]
            ['tanh', 'linear']
        """
        found: list[Call] = []
        while len(self.users[start]) == 1 and start not in self.results:
            start = self.users[start][0]
            found.append(self.calls[start])
            if len(self.calls[start].sources) > 1:
                break
        return tuple(found)

    def between(self, start: int, end: int) -> tuple[Call, ...] | None:
        """Return the calls that make the result of `end` from that of `start`, or None if they need another signal.

        `start` may be `INPUT`.
        """
        needed, open_ends = [], {end}
        for index in range(end, start, -1):
            if index not in open_ends:
                continue
            call = self.calls[index]
            if call.arguments is None or not call.sources or min(call.sources) < start:
                return None
            open_ends |= set(call.sources)
            needed.append(call)
        return tuple(reversed(needed))

    def function_between(self, start: int, end: int, model: nn.Module) -> Callable[[Tensor], Tensor] | None:
        """Return what happens to each entry of the result of `start` on its way to the result of `end`.

        So `x * torch.sigmoid(x)` after a linear layer can be studied as the activation that it is. None where something
        else than that result goes in: another signal, or a parameter of more than one entry.
        """
        calls, own = self.between(start, end), own_tensors(model)
        if calls is None:
            return None
        constants = {one.name: own[one.name].detach() for call in calls for one in call.held}
        if any(tensor.numel() > 1 for tensor in constants.values()):
            return None

        def function(z: Tensor) -> Tensor:  # of a copy, as an operation may work in place
            return replay(calls, start, z.clone(), {name: value.to(z.dtype) for name, value in constants.items()})

        return function


def trace(model: nn.Module, batch: Any) -> Trace:
    """Run `model` once on `batch` and return what ran, in the order of execution.

    The run is without gradients, in the mode the model is in; buffers and random generators are as before afterwards.

    Args:
        model: Any module.
        batch: A tensor, a tuple of positional inputs, or a mapping of keyword inputs.

    Raises:
        InvalidInput: If `batch` is none of these, or no operation of the model was seen.

    Example:
        >>> traced = trace(nn.Sequential(nn.Linear(3, 2), nn.ReLU()), torch.ones(1, 3))
        >>> [(call.operation, call.module, call.sources) for call in traced.calls]
        [('linear', '0', (-1,)), ('relu', '1', (0,))]
        >>> traced.weights[0].weight.fan_in
        3
    """
    model = getattr(model, "_orig_mod", model)
    calls: list[Call] = []
    with untouched(model), torch.no_grad(), watching(model, lambda operation: calls.append(operation.call)) as origins:
        results = origins.of_all(feed(model, batch))
    if not calls:
        raise InvalidInput(
            "`model` must run torch operations that can be seen",
            cure="Code compiled by torch.jit can't be looked into: give the module it was made from.",
        )
    indices = tuple(dict.fromkeys(origin.call for origin in results if origin.call is not None))
    return Trace(tuple(calls), indices, origins.names)
