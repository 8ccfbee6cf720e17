"""One operation that ran: what it was, where, with which parameters, on whose results. It holds no activations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from layerwise.tracing._kinds import Kind

INPUT = -1
"""The index that stands for the model's own inputs among the sources of a call."""


@dataclass(frozen=True, slots=True)
class Weight:
    """The weight of a linear map, as the map uses it.

    Attributes:
        name: The parameter's dotted name; empty where the weight is computed, as by a parametrization.
        parameters: Names of all parameters the weight is computed from: `(name,)` for a plain one.
        bias: The bias's dotted name, or empty.
        fan_in: How many products are summed into one output. 0 where the layout is unknown (einsum).
        fan_out: How many outputs one input goes into; 0 where unknown.
        out_axis: The axis of the parameter `name` along which the outputs lie.
        n_groups: In how many independent parts a convolution is cut.
        result_axis: The axis of the result along which the outputs lie, counted from the end; means nothing where the
            layout is unknown.
    """

    name: str
    parameters: tuple[str, ...]
    bias: str
    fan_in: int
    fan_out: int
    out_axis: int = 0
    n_groups: int = 1
    result_axis: int = -1


@dataclass(frozen=True, slots=True)
class Slot:
    """Stands, in the arguments of a call, for a tensor that came from the call number `source`."""

    source: int


@dataclass(frozen=True, slots=True)
class Held:
    """Stands, in the arguments of a call, for the model's parameter or buffer of that name."""

    name: str
    is_transposed: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Stands, in the arguments of a call, for `multiple` times the number of rows in the batch."""

    multiple: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation that ran.

    Attributes:
        index: Its place in the order of execution.
        operation: The plain name of the torch function: `linear`, `relu`, `add`.
        kind: What kind of operation that is; `weights` are the linear maps with parameters.
        module: Dotted name of the innermost module that was running, empty for the model itself.
        module_call: How many times that module had been called before.
        place: File and line of the code that asked for it, `net.py:31` with its folders, in the model's own forward;
            empty where only modules of torch stand in between.
        sources: Indices of the calls whose results went in, `INPUT` for the model's inputs.
        parameters: Names of the parameters that went in, directly or computed with.
        weight: For the kind `weights`.
        shape: Shape of the (first) result.
        function: The torch function.
        arguments: Its arguments, with a `Slot` for each tensor from another call and a `Held` for each of the model's
            own; None where it read tensors of more than one entry that came from nowhere in this trace.
        keywords: The same for its keywords.
    """

    index: int
    operation: str
    kind: Kind
    module: str
    module_call: int
    place: str
    sources: tuple[int, ...]
    parameters: tuple[str, ...]
    weight: Weight | None
    shape: tuple[int, ...]
    function: Callable[..., Any] = field(repr=False)
    arguments: tuple[Any, ...] | None = field(repr=False)
    keywords: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """A name for people: the module's, or operation and number where the model itself did it."""
        return self.module or f"{self.operation}#{self.index}"

    @property
    def held(self) -> tuple[Held, ...]:
        """What stands for parameters and buffers among the arguments."""
        return tuple(_held_in((self.arguments, self.keywords)))


def _held_in(value: Any) -> Iterator[Held]:
    if isinstance(value, Held):
        yield value
    elif isinstance(value, Mapping):
        yield from _held_in(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for item in value:
            yield from _held_in(item)
