"""From whatever holds rows to what layers are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from layerwise._base import InvalidInput, positive_int
from layerwise.pretraining._examples import read_examples
from layerwise.pretraining._layer_training import source
from layerwise.pretraining._objectives import Objective
from layerwise.pretraining._stored import Stored
from layerwise.pretraining._stream import Stream, is_stream
from layerwise.pretraining._streamed import Streamed
from layerwise.pretraining._supply import Supply

if TYPE_CHECKING:
    from torch import nn


def supply_of(
    given: Any,
    model: nn.Module,
    objectives: Sequence[Objective],
    *,
    share: float,
    seed: int,
    memory: int,
    batch_size: Any,
) -> Supply:
    """Return the rows to train `model` on: those at hand, or a stream.

    Args:
        given: See `pretrain`.
        model: Gives device and dtype, and the codes.
        objectives: Whether labels are wanted depends on them.
        share: Of what errors are read on.
        seed: Of the cut, or of what a stream draws.
        memory: Bytes of codes that are held in memory.
        batch_size: As it was asked for; a stream of examples must have one for all layers.
    """
    like = next(model.parameters(), None)
    if like is None:
        raise InvalidInput("`model` must have parameters")
    with_labels = any(one.labelled for one in objectives)
    if not is_stream(given):
        rows = read_examples(given, like, with_labels=with_labels)
        return Stored(model, rows, share=share, generator=source(seed, "split"), memory=memory)
    stream = Stream(given, like, with_labels=with_labels, seed=seed, batch_size=_one(batch_size))
    return Streamed(model, stream, share=share, memory=memory)


def _one(size: Any) -> int:
    several = size if isinstance(size, list) else [size]
    if len(set(several)) != 1:
        raise InvalidInput("`batch_size` must be one for all layers of a stream", got=size)
    return positive_int("batch_size", several[0])
