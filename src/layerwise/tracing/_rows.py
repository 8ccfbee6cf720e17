"""A trace that can be replayed on any number of rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from layerwise._base import InvalidInput, Text
from layerwise.tracing._call import Call, Rows
from layerwise.tracing._trace import Trace, trace

if TYPE_CHECKING:
    from torch import Tensor, nn

_FEW, _MORE = 2, 3


def trace_any_rows(model: nn.Module, x: Tensor) -> Trace:
    """Return the trace of `model`, with `Rows` where the number of rows went into an operation's arguments.

    `x.view(len(x), -1)` is called with a number, and would fail with more rows. So the model is run on two rows
    and on three: numbers that go as two to three are numbers of rows.

    Args:
        model: A module of one tensor.
        x: At least three rows.

    Raises:
        InvalidInput: If `x` has fewer rows, or the model runs other operations on three rows than on two.

    Example:
        >>> import torch
        >>> from torch import nn
        >>> class Flat(nn.Module):
        ...     def forward(self, x):
        ...         return x.reshape(len(x) * 2, -1)
        >>> trace_any_rows(Flat(), torch.ones(9, 4)).calls[0].arguments
        (Slot(source=-1), Rows(multiple=2), -1)
    """
    if x.ndim == 0 or x.shape[0] < _MORE:
        raise InvalidInput(f"`x` must have at least {_MORE} rows", got=Text(f"shape {list(x.shape)}"))
    few, more = trace(model, x[:_FEW]), trace(model, x[:_MORE])
    if [call.operation for call in few.calls] != [call.operation for call in more.calls]:
        raise InvalidInput(
            "`model` must run the same operations for any number of rows",
            cure="Branches that depend on the batch can't be followed layer by layer.",
        )
    return replace(few, calls=tuple(map(_merged, few.calls, more.calls)))


def _merged(few: Call, more: Call) -> Call:
    words = {key: _rows(value, more.keywords.get(key)) for key, value in few.keywords.items()}
    return replace(few, arguments=_rows(few.arguments, more.arguments), keywords=words)


def _rows(few: Any, more: Any) -> Any:
    if isinstance(few, tuple | list) and isinstance(more, tuple | list) and len(few) == len(more):
        return type(few)(map(_rows, few, more))
    if type(few) is int and type(more) is int and few != more and few * _MORE == more * _FEW:
        return Rows(few // _FEW)
    return few
