"""What every parameter of a model is for, and so what is to happen to it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from torch import Tensor

from layerwise.initializers._draw import Draw
from layerwise.initializers._network import Network, bias_of
from layerwise.initializers._plain import constant_
from layerwise.initializers._setting import Setting
from layerwise.initializers._task import Task, place_of
from layerwise.tracing import Call, Kind

Vary = Callable[[Tensor, float], None]
"""Fills a tensor with draws of mean 0 and this standard deviation."""


class Roles:
    """The tasks for all parameters of a network, in the order of execution, each tensor once.

    Args:
        network: The network.
        settings: Of its layers.
        draw: Fills a layer's weight.
        vary: Fills a bias, an embedding or a projection.
    """

    def __init__(self, network: Network, settings: Iterable[Setting], draw: Draw, vary: Vary) -> None:
        self._network, self._draw, self._vary = network, draw, vary
        self._settings = {setting.link.weights.index: setting for setting in settings}
        self._own = dict(network.model.named_parameters(remove_duplicate=False))
        self._biases = {bias_of(network, link) for link in network.links}
        self._behind: defaultdict[tuple[str, str], list[Tensor]] = defaultdict(list)
        for name, tensor in self._own.items():
            self._behind[place_of(name)].append(tensor)
        self._seen: set[str] = set()

    def tasks(self) -> Iterator[Task]:
        """Yield one task for each tensor."""
        rules: dict[Kind, Callable[[Call], Iterator[Task]]] = {
            "weights": self._weights,
            "embedding": self._embedding,
            "normalizer": self._normalizer,
            "attention": self._attention,
        }
        for call in self._network.trace.calls:
            for task in (*rules.get(call.kind, self._other)(call), *self._computing(call)):
                yield from self._once(task)
        for name in self._network.trace.unread:
            yield Task(name, "no operation of this run read it")
        for first, *others in self._network.trace.names.values():
            yield from (Task(name, f"tied to {first}, and set there") for name in others)

    def _once(self, task: Task) -> Iterator[Task]:
        if task.target in self._seen:
            return
        self._seen.add(task.target)
        held = self._behind[place_of(task.target)]
        if not all(one.requires_grad for one in held):
            yield Task(task.target, "it is frozen (requires_grad is False)")
        elif not all(one.is_floating_point() for one in held):
            yield Task(task.target, "it holds no real numbers")
        else:
            yield task

    def _weights(self, call: Call) -> Iterator[Task]:
        weight, setting = call.weight, self._settings[call.index]
        if weight is None or not weight.fan_in:
            yield from self._left(call, f"`{call.operation}` has no layout that is known")
            return
        name = weight.name or self._computed(weight.parameters)
        if not name:
            yield from self._left(call, "a weight is computed from it whenever it is used")
            return
        yield Task(name, self._draw.why(weight, setting), lambda tensor: self._draw.fill(tensor, weight, setting))
        yield from self._bias(setting)

    def _bias(self, setting: Setting) -> Iterator[Task]:
        name, std = bias_of(self._network, setting.link), math.sqrt(setting.bias_variance)
        if name:
            why = setting.why if std else "biases start at 0 where they are not needed"
            yield Task(name, why, lambda tensor: self._vary(tensor, std))

    def _computed(self, parameters: tuple[str, ...]) -> str:
        """Return the name of a weight that torch's parametrizations compute, or an empty string."""
        names = {".".join(place_of(name)).lstrip(".") for name in parameters} - set(self._own)
        return names.pop() if len(names) == 1 else ""

    def _embedding(self, call: Call) -> Iterator[Task]:
        for name in self._direct(call):
            square = self._network.row_square(name)
            why = "rows of mean square 1" if square == 1 else "variance 1 / width, as outputs are made with it too"
            yield Task(name, f"an embedding: {why}", partial(self._rows, call, math.sqrt(square)))

    def _rows(self, call: Call, std: float, tensor: Tensor) -> None:
        self._vary(tensor, std)
        padding = getattr(self._network.model.get_submodule(call.module), "padding_idx", None)
        if padding is not None:
            tensor[padding].zero_()

    def _normalizer(self, call: Call) -> Iterator[Task]:
        for name in self._direct(call):
            what, value = ("offset", 0.0) if name.endswith("bias") else ("gain", 1.0)
            yield Task(name, f"a normalizer's {what} starts at {value:g}", partial(constant_, value=value))

    def _attention(self, call: Call) -> Iterator[Task]:
        for name in self._direct(call):
            tensor, last = self._own[name], name.rpartition(".")[2]
            if tensor.ndim < 2 or last in {"bias_k", "bias_v"}:
                yield Task(name, "biases of attention start at 0", lambda tensor: self._vary(tensor, 0.0))
            else:
                why = "a projection of attention: variance 1 / fan_in, for queries, keys and values each by itself"
                yield Task(name, why, lambda tensor: self._vary(tensor, tensor.shape[1] ** -0.5))

    def _other(self, call: Call) -> Iterator[Task]:
        reason = f"`{call.operation}` reads it, and is no layer of weights"
        if call.kind == "recurrent":
            reason = "recurrent layers keep their own start"
        yield from (Task(name, reason) for name in call.parameters if name not in self._biases)

    def _direct(self, call: Call) -> list[str]:
        """Return the parameters that the call reads as they are."""
        return [held.name for held in call.held if held.name in self._own]

    def _computing(self, call: Call) -> Iterator[Task]:
        """Yield tasks for parameters that something else is computed from on the way into a call that is no map."""
        if call.kind in {"embedding", "normalizer", "attention"}:
            reason = f"what `{call.operation}` reads is computed from it"
            yield from (Task(name, reason) for name in call.parameters if name not in self._direct(call))

    def _left(self, call: Call, reason: str) -> Iterator[Task]:
        yield from (Task(name, reason) for name in call.parameters)
