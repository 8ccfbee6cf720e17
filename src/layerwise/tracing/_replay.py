"""Calls of a trace made again, on another tensor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from layerwise.tracing._call import Call, Held, Rows, Slot


def replay(calls: Sequence[Call], start: int, x: Tensor, held: Mapping[str, Tensor]) -> Tensor:
    """Return what `calls` make of `x` in the place of the result of the call `start`.

    Args:
        calls: As `Trace.between` returns them; without any, `x` is returned.
        start: The call whose result `x` stands for; `INPUT` for the model's input.
        x: Any number of rows, where the trace has `Rows`.
        held: The model's parameters and buffers by name: their values as they are now.
    """
    made: dict[int, Any] = {start: x}
    for call in calls:
        values = _Values(made, held, x)
        args, keywords = values.fill(call.arguments), values.fill(dict(call.keywords))
        made[call.index] = call.function(*args, **keywords)
        if call.operation == "setitem":
            made[call.index] = args[0]
    result: Tensor = made[calls[-1].index if calls else start]
    return result


def own_tensors(model: nn.Module) -> dict[str, Tensor]:
    """Return the parameters and buffers of `model`, the tensors themselves, by every name they have."""
    return dict(model.named_parameters(remove_duplicate=False)) | dict(model.named_buffers(remove_duplicate=False))


class _Values:
    """What slots stand for, in one replay."""

    def __init__(self, made: Mapping[int, Any], held: Mapping[str, Tensor], x: Tensor) -> None:
        self._made, self._held, self._x = made, held, x

    def fill(self, value: Any) -> Any:
        """Return `value` with the tensors and numbers that its slots stand for."""
        if isinstance(value, tuple | list):
            return type(value)(map(self.fill, value))
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        return self._one(value)

    def _one(self, value: Any) -> Any:
        match value:
            case Slot(source=source):
                return self._made[source]
            case Held(name=name, is_transposed=turned):
                return self._held[name].mT if turned else self._held[name]
            case Rows(multiple=multiple):
                return multiple * self._x.shape[0]
            case Tensor():
                return value.to(self._x.device, self._x.dtype if value.is_floating_point() else None)
        return value
