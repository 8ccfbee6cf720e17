"""Rows of a stream, read anew for every layer."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, Text
from layerwise.pretraining._codes import codes_at
from layerwise.pretraining._examples import LEAST, Examples, with_classes
from layerwise.pretraining._layers import Plan
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining._stream import Stream
from layerwise.pretraining._streamed_codes import StreamedCodes, per_epoch
from layerwise.tracing import INPUT

MOST_HELD = 20
"""Batches that are held out at most: they are the only ones that stay in memory."""


class Streamed:
    """The batches of a stream, the first ones held out to read errors on, the others read anew for every layer.

    Args:
        model: The network.
        stream: Its input.
        share: Of the batches of an epoch, so many are held out: at least one, at most `MOST_HELD`; 0: none.
        memory: Bytes of the codes of one batch up to which they are held in memory.
    """

    def __init__(self, model: nn.Module, stream: Stream, *, share: float, memory: int) -> None:
        self._model, self._stream, self._share, self._memory = model, stream, share, memory
        self._n_held = self._size = 0
        self.some, self._n_first = self._first(1)
        self.n_rows = 0

    def _first(self, n_batches: int) -> tuple[Examples, int]:
        """Return the rows of the first batches, so many or as many as it takes for 4 rows, and how many they were."""
        found: list[Examples] = []
        for batch in self._stream.batches():
            found.append(batch)
            if len(found) >= n_batches and sum(len(one.x) for one in found) >= LEAST:
                break
        n_rows = sum(len(one.x) for one in found)
        if n_rows < LEAST:
            raise InvalidInput(
                "A stream must give at least 4 rows, one an example",
                got=Text(f"{n_rows} rows in {len(found)} batches"),
                cure="A function must return a new iterator of batches each time it is called.",
            )
        self._size = len(found[0].x)
        labels = [one.y for one in found if one.y is not None]
        return Examples(torch.cat([one.x for one in found]), torch.cat(labels) if labels else None), len(found)

    def settle(self, settings: Sequence[LayerSettings]) -> list[LayerSettings]:
        """Return the settings with number of classes, of steps, and of the epochs that these are cut into."""
        length = self._stream.length
        if length is None and any(one.steps is None and one.epochs for one in settings):
            raise InvalidInput(
                "`steps` must be given for a stream whose length is not known",
                cure="Say how many batches each layer is to be trained on: `steps=1000`, or a list with one for each.",
            )
        most = max((per_epoch(one, length) for one in settings), default=0)
        if self._share:
            self.some, self._n_held = self._first(min(MOST_HELD, max(1, round(self._share * most))))
        else:
            self.some, _ = self._first(self._n_first)
        found = [with_classes(_with_steps(one, length, self._n_held), self.some.y) for one in settings]
        self._stream.n_classes = min((one.n_classes for one in found if one.n_classes), default=None)
        rows = len(self.some.x) / max(1, self._n_held or self._n_first)
        self.n_rows = round(rows * max(per_epoch(one, length) for one in found))
        return found

    def told(self) -> list[Tensor]:
        """Return the first rows and labels, having made sure that the stream gives them again.

        Raises:
            InvalidInput: If it does not.
        """
        again, _ = self._first(max(1, self._n_held))
        both = [value for value in self.some if value is not None], [value for value in again if value is not None]
        if not all(torch.equal(one, other) for one, other in zip(*both, strict=True)):
            raise InvalidInput(
                "A stream must give the same each time it is read, to go on from a checkpoint",
                got=Text("other rows in its first batches"),
                cure="Let it draw from a global generator of python, numpy or torch, which are set for it, or from one "
                "that it makes anew each time. Or leave out `checkpoint`.",
            )
        return both[0]

    def codes(self, plan: Plan, place: int, settings: LayerSettings) -> StreamedCodes:
        """Return the codes at `place`, to be computed while they are read."""

        def code(batch: Examples) -> Examples:
            return Examples(codes_at(self._model, plan, INPUT, place, batch.x, self._memory), batch.y)

        return StreamedCodes(code(self.some), lambda: map(code, self._endless()), settings, self._size)

    def _endless(self) -> Iterator[Examples]:
        """Read the stream without end, from its start again where it ends; leave out what is held out."""
        while True:
            n_batches = 0
            for n_batches, batch in enumerate(self._stream.batches(), 1):  # its last value counts
                if n_batches > self._n_held:
                    yield batch
            if n_batches <= self._n_held:
                raise InvalidInput(
                    f"A stream must give more batches than the {self._n_held} held out, each time it is read",
                    got=n_batches,
                    cure="Give smaller batches, or `validation=0.0`; a function must return a new iterator each time.",
                )

    def close(self) -> None:
        """Put the stream's own generators to where they were found."""
        self._stream.rewind()


def _with_steps(settings: LayerSettings, length: int | None, n_held: int) -> LayerSettings:
    """Return the settings with all steps, and as many epochs as they come to."""
    if settings.steps is not None or not settings.epochs:
        n_batches = per_epoch(settings, None)
        epochs = math.ceil((settings.steps or 0) / n_batches) if n_batches else 0
        return replace(settings, epochs=epochs)
    each = (length or 0) - n_held
    if each < 1:
        raise InvalidInput(
            f"A stream must give more batches than the {n_held} held out", got=length, cure="Give smaller batches."
        )
    return replace(settings, steps=each * settings.epochs)
