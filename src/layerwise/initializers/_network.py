"""A live network as its initializers see it: which layers run, what each reads, and how large the inputs are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput
from layerwise.tracing import (
    INPUT,
    Call,
    Kind,
    Link,
    Operation,
    Trace,
    feed,
    links,
    tensors_in,
    trace,
    untouched,
    watching,
)

_STEPS: frozenset[Kind] = frozenset({"dropout", "shape", "pool"})
"""What may stand between an activation and the weights that read it."""
_LAYERS: frozenset[Kind] = frozenset({"weights", "attention", "recurrent", "embedding"})


@dataclass(frozen=True)
class Network:
    """One run of a model, read.

    Attributes:
        model: The model.
        trace: What ran.
        links: The layers of weights, each with what follows.
        squares: Mean square of what weights read that stand behind no other layer, by their calls.
    """

    model: nn.Module
    trace: Trace
    links: tuple[Link, ...]
    squares: Mapping[int, float]

    @cached_property
    def ends(self) -> Mapping[int, Link]:
        """The layers by the calls that make their outputs."""
        return {link.end: link for link in self.links}

    @cached_property
    def depth(self) -> int:
        """How many layers of weights follow one another on the longest way through the model."""
        depths: list[int] = []
        for call in self.trace.calls:
            before = max((depths[source] for source in call.sources if source != INPUT), default=0)
            depths.append(before + (call.kind == "weights"))
        return max(depths)

    def source(self, weights: Call) -> Link | Call | None:
        """Return what weights read, past dropout, pooling and changes of shape: a layer, or a call that is none.

        None where it is several things, or the model's input.
        """
        sources = weights.sources
        while len(sources) == 1 and sources[0] != INPUT:
            index = sources[0]
            if index in self.ends:
                return self.ends[index]
            if self.trace.calls[index].kind not in _STEPS:
                return self.trace.calls[index]
            sources = self.trace.calls[index].sources
        return None

    def row_square(self, name: str) -> float:
        """Return the mean square that rows of an embedding are to have: less where its table makes outputs, too."""
        tied = any(name in call.parameters for call in self.trace.weights)
        return 1 / self.model.get_parameter(name).shape[-1] if tied else 1.0

    def is_gate(self, link: Link) -> bool:
        """Whether a layer's output multiplies another signal."""
        users = [self.trace.calls[index] for index in self.trace.users[link.end]]
        return bool(users) and all(call.kind == "multiply" and len(call.sources) > 1 for call in users)


def bias_of(network: Network, link: Link) -> str:
    """Return the name of a layer's bias, also where it is added by itself, or an empty string."""
    weight = link.weights.weight
    if weight is not None and weight.bias:
        return weight.bias
    own = dict(network.model.named_parameters())
    added = [call for call in link.before if call.kind == "add" and len(call.sources) == 1]
    wide = [name for call in added for name in call.parameters if own[name].squeeze().ndim == 1]
    return wide[0] if wide else ""


def look(model: nn.Module, batch: Any) -> Network:
    """Return what one run of `model` on `batch` shows; without a batch, an input is made for a plain chain.

    Raises:
        InvalidInput: If `model` is no module or runs no weights, or there is no batch and none can be made.
    """
    if not isinstance(model, nn.Module):
        raise InvalidInput("`model` must be a torch.nn.Module", got=model)
    model = getattr(model, "_orig_mod", model)
    batch = _example(model) if batch is None else batch
    traced = trace(model, batch)
    if not traced.weights:
        raise InvalidInput("`model` must run at least one layer of weights")
    return Network(model, traced, links(traced, model), _squares(model, batch, _first(traced)))


def _first(traced: Trace) -> frozenset[int]:
    """Return the weights that stand behind no other layer."""
    behind: set[int] = set()
    first: set[int] = set()
    for call in traced.calls:
        if behind & set(call.sources):
            behind.add(call.index)
        elif call.kind in _LAYERS:
            behind.add(call.index)
            first.add(call.index)
    return frozenset(index for index in first if traced.calls[index].kind == "weights")


def _squares(model: nn.Module, batch: Any, wanted: frozenset[int]) -> Mapping[int, float]:
    found: dict[int, float] = {}
    own = set(model.parameters())

    def visit(operation: Operation) -> None:
        if operation.call.index in wanted:
            tensors = tensors_in((operation.arguments, operation.keywords))
            signal = next((one for one in tensors if one.is_floating_point() and one not in own), torch.ones(1))
            found[operation.call.index] = float(signal.detach().double().square().mean())

    with untouched(model), torch.no_grad(), watching(model, visit):
        feed(model, batch)
    return found


def _example(model: nn.Module) -> Tensor:
    """Return an input of mean square 1 for a chain that starts with a dense layer."""
    first: nn.Module | None = model
    while isinstance(first, nn.Sequential):
        first = next(iter(first), None)
    if not isinstance(model, nn.Sequential) or type(first) is not nn.Linear:
        raise InvalidInput(
            "`batch` may be left out only where `model` is an nn.Sequential that starts with an nn.Linear",
            cure="Give some of its inputs: which layers follow one another is seen in a run.",
        )
    signs = torch.ones(2, first.in_features, dtype=first.weight.dtype, device=first.weight.device)
    return torch.cat([signs, -signs])
