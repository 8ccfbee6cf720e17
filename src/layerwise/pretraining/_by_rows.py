"""What can't be divided among processes: operations that see more than their own rows, or that draw."""

from __future__ import annotations

from collections.abc import Iterable

from layerwise._base import InvalidInput, Text
from layerwise.pretraining._processes import are_several
from layerwise.tracing import Call

_ON_BATCHES = frozenset({"batch_norm", "instance_norm"})
"""Operations that compute, or keep, statistics of the batch."""


def check_rows_alone(calls: Iterable[Call], *, drops: bool) -> None:
    """Raise `InvalidInput` where several processes train, and one of `calls` makes more of a batch than of its parts.

    Batch norm would normalize each part by itself, and dropout draw for each part by itself: neither would give what
    one process gives. `drops` says whether dropout is on.
    """
    if not are_several():
        return
    for call in calls:
        if call.operation in _ON_BATCHES or (drops and call.kind == "dropout"):
            raise InvalidInput(
                "In several processes, every operation must work on each row by itself and draw nothing",
                got=Text(f"{call.operation} in {call.module or 'the model'}"),
                cure="Use layer norm or group norm, set dropout to 0, or train in one process.",
            )
