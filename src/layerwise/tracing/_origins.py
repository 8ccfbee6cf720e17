"""Where every tensor of a running model came from."""

from __future__ import annotations

import weakref
from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from layerwise.tracing._call import INPUT, Held
from layerwise.tracing._kinds import Kind, tensors_in

if TYPE_CHECKING:
    from torch import Tensor, nn

TRANSPOSES = frozenset({"t", "T", "mT", "H", "adjoint", "transpose", "swapaxes"})


class Origin(NamedTuple):
    """Where a tensor came from: a call, a parameter (or a view of one), or a computation with parameters alone."""

    call: int | None = None
    parameter: str = ""
    is_transposed: bool = False
    parameters: tuple[str, ...] = ()


NOWHERE = Origin()


class Origins:
    """Origins of tensors by identity. It holds no tensor alive, so a trace costs no memory."""

    def __init__(self, model: nn.Module) -> None:
        self._known: dict[int, tuple[weakref.ref[Tensor], Origin]] = {}
        self.names: dict[str, tuple[str, ...]] = {}
        names: defaultdict[Tensor, list[str]] = defaultdict(list)
        for name, parameter in model.named_parameters(remove_duplicate=False):
            names[parameter].append(name)
        self._buffers = {id(buffer): name for name, buffer in model.named_buffers()}
        for tensor, (first, *others) in names.items():
            self._set(tensor, Origin(parameter=first, parameters=(first,)))
            self.names[first] = (first, *others)

    def held(self, tensor: Tensor) -> Held | None:
        """Return the parameter or buffer that `tensor` is, turned at most."""
        if id(tensor) in self._buffers:
            return Held(self._buffers[id(tensor)])
        origin = self.of(tensor)
        return Held(origin.parameter, origin.is_transposed) if origin.parameter else None

    def see_inputs(self, inputs: Any) -> None:
        """Remember what the model is called with."""
        for tensor in tensors_in(inputs):
            if self.of(tensor) is NOWHERE:
                self._set(tensor, Origin(call=INPUT))

    def of(self, tensor: Tensor) -> Origin:
        """Return where `tensor` came from."""
        reference, origin = self._known.get(id(tensor), (None, NOWHERE))
        return origin if reference is not None and reference() is tensor else NOWHERE  # a new tensor has an old id

    def of_all(self, value: Any) -> list[Origin]:
        """Return the origins of all tensors in `value`."""
        return [self.of(tensor) for tensor in tensors_in(value)]

    def see_result(self, result: Any, call: int) -> None:
        """Remember that `call` made what is in `result`."""
        for tensor in tensors_in(result):
            self._set(tensor, Origin(call=call))

    def see_computed(self, result: Any, name: str, kind: Kind, came: Iterable[Origin]) -> None:
        """Remember a computation with parameters alone: a view keeps being the parameter, anything else does not."""
        origins = [origin for origin in came if origin.parameters]
        for tensor in tensors_in(result):
            if self.of(tensor).parameter:
                continue  # in place: the parameter is what it was
            if len(origins) == 1 and origins[0].parameter and _is_view(name, kind, tensor):
                swapped = origins[0].is_transposed != (name in TRANSPOSES)
                self._set(tensor, origins[0]._replace(is_transposed=swapped))
            elif origins:
                parameters = dict.fromkeys(name for origin in origins for name in origin.parameters)
                self._set(tensor, Origin(parameters=tuple(parameters)))

    def _set(self, tensor: Tensor, origin: Origin) -> None:
        self._known[id(tensor)] = weakref.ref(tensor), origin


def _is_view(name: str, kind: Kind, tensor: Tensor) -> bool:
    """Whether the result is the whole parameter, turned at most: fans can still be read from its shape."""
    return kind == "shape" and (name in TRANSPOSES or name in {"detach", "contiguous", "view_as"}) and tensor.ndim <= 2
