"""Which layers of a network can be pre-trained one after the other, and why others can't."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from layerwise._base import InvalidInput, Registry
from layerwise.activations import Activation
from layerwise.tracing import INPUT, Call, Link, Trace, Weight, links, trace_any_rows, untouched

if TYPE_CHECKING:
    from torch import Tensor, nn

Mode = Literal["evaluation", "pre-training", "training"]
"""In pre-training, normalizers work on the batch as in training, and dropout is off as in evaluation."""

TRANSPOSABLE = frozenset({"linear", "addmm", "matmul", "mm", "conv1d", "conv2d", "conv3d"})
"""Linear maps that a decoder can go back through."""

BETWEEN = frozenset({"normalizer", "dropout", "shape"})
"""What may stand between a layer's weights and its activation: what keeps the shape, or only turns it."""


@dataclass(frozen=True)
class Layer:
    """One layer of weights as pre-training sees it.

    Attributes:
        name: The layer's name.
        link: Its weights, and what follows them.
        entry: The call whose result the weights read; `INPUT` for the model's own input.
        reason: Why it can't be pre-trained; empty if it can.
    """

    name: str
    link: Link
    entry: int
    reason: str = ""

    @property
    def code(self) -> int:
        """The call whose result is the layer's code."""
        return self.link.end

    @property
    def activation(self) -> Activation | None:
        """The activation, if it has one that is known by name."""
        return self.link.activation if isinstance(self.link.activation, Activation) else None


@dataclass(frozen=True)
class Plan:
    """The layers of a model in the order of execution, and how to run any part of it.

    Attributes:
        trained: The model traced in training mode: normalizers work on the batch.
        used: The model traced in eval mode: the function that its codes are computed with.
        layers: All layers of weights.
    """

    trained: Trace
    used: Trace
    layers: tuple[Layer, ...]

    def calls(self, start: int, end: int, mode: Mode) -> tuple[Call, ...]:
        """Return the calls from `start` to `end`, as they run in this mode."""
        calls = self.used.between(start, end)
        if calls is None:
            raise InvalidInput("Calls must need no other signal than that of their start")
        awake = {"evaluation": frozenset[str](), "pre-training": frozenset({"normalizer"})}.get(mode)
        return tuple(self.trained.calls[one.index] if awake is None or one.kind in awake else one for one in calls)


def plan(model: nn.Module, x: Tensor, names: Sequence[str] | None = None) -> Plan:
    """Return what can be pre-trained in `model`.

    A layer is its weights and what follows them up to its activation; without `names`, a layer without an activation
    (the head of a classifier) is left alone.

    Args:
        model: Any module of one tensor; stays as it is.
        x: A few rows of its input.
        names: Layers to pre-train; None for all that have an activation.

    Raises:
        InvalidInput: If the model has no layer of weights, or a name is not among its layers.
    """
    with untouched(model):
        trained, used = trace_any_rows(model.train(), x), trace_any_rows(model.eval(), x)
    if [call.operation for call in trained.calls] != [call.operation for call in used.calls]:
        raise InvalidInput(
            "`model` must run the same operations in training and in evaluation",
            cure="Layers are matched between the two by their place in the order of execution.",
        )
    found = links(used, model)
    if not found:
        raise InvalidInput("`model` must have layers of weights", cure="Linear layers and convolutions count as such.")
    layers = [Layer(link.name, link, _entry(link)) for link in found]
    wanted = None if names is None else _known(names, layers)
    return Plan(trained, used, tuple(_judged(layers, k, model, used, wanted) for k in range(len(layers))))


def _entry(link: Link) -> int:
    return link.weights.sources[0] if link.weights.sources else link.weights.index


def _known(names: Sequence[str], layers: Sequence[Layer]) -> set[str]:
    table = Registry("layer of weights", {layer.name: layer for layer in layers})
    return {table[name].name for name in names}


def _judged(layers: Sequence[Layer], k: int, model: nn.Module, used: Trace, wanted: set[str] | None) -> Layer:
    layer = layers[k]
    earlier = {one.link.weights.weight.name for one in layers[:k] if one.link.weights.weight}
    return replace(layer, reason=_reason(layer, model, used, earlier, wanted))


def _reason(layer: Layer, model: nn.Module, used: Trace, earlier: set[str], wanted: set[str] | None) -> str:
    """Return why a layer is left alone, the first reason that applies; empty if none does."""
    reasons = (
        *_unasked(layer, wanted),
        *_weight_reasons(layer.link.weights.weight, model, earlier),
        *_link_reasons(layer.link),
        *_flow_reasons(layer, used),
    )
    return next(iter(reasons), "")


def _unasked(layer: Layer, wanted: set[str] | None) -> Iterator[str]:
    if wanted is not None and layer.name not in wanted:
        yield "it was not asked for"
    if wanted is None and layer.link.activation is None and layer.link.joined is None:
        yield "it has no activation: it is taken for the output layer"


def _weight_reasons(weight: Weight | None, model: nn.Module, earlier: set[str]) -> Iterator[str]:
    if weight is None or not weight.name:
        yield "its weight is computed from other parameters"
        return
    if not model.get_parameter(weight.name).requires_grad:
        yield "its weight is frozen"
    if weight.name in earlier:
        yield "its weight is that of an earlier layer"


def _link_reasons(link: Link) -> Iterator[str]:
    if link.joined is not None:
        yield "its output is joined with another signal before its activation, so it has no code of its own"
    if link.weights.operation not in TRANSPOSABLE:
        yield f"{link.weights.operation} has no decoder here"
    for call in link.before:
        if call.kind not in BETWEEN:
            yield f"{call.operation} stands between its weights and its activation"
    if isinstance(link.activation, Activation) and link.activation.pieces_default != 1:
        yield f"{link.activation.name} makes one unit of several pre-activations"


def _flow_reasons(layer: Layer, used: Trace) -> Iterator[str]:
    if used.between(layer.entry, layer.code) is None:
        yield "it reads a tensor that is not in the model"
    if layer.entry != INPUT and used.between(INPUT, layer.entry) is None:
        yield "what it reads can't be computed from the model's input alone"
