"""Random numbers, from the caller's generators alone: one a machine, so no machine's draws depend on another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text

Generators: TypeAlias = torch.Generator | Sequence[torch.Generator]
Kind: TypeAlias = Literal["uniform", "normal"]

_ALL = slice(None)
_BLOCK = 65_536
"""Numbers drawn at a time for each machine: 256 KiB stay in cache, and the cost of a call vanishes beside them."""


def as_generators(generator: Generators, n: int) -> list[torch.Generator]:
    """Return `n` generators, one for each machine, or raise `InvalidInput`."""
    sources = [generator] if isinstance(generator, torch.Generator) else list(generator)
    if len(sources) != n or len({id(source) for source in sources}) != n:
        raise InvalidInput(
            f"`generator` must be {n} different generators, one for each seed" if n > 1 else "`generator` must be one",
            got=Text(f"{len(sources)}"),
            cure="Make them with torch.Generator().manual_seed(seed).",
        )
    return sources


def noise(kind: Kind, like: Tensor, sources: Sequence[torch.Generator]) -> Tensor:
    """Return random numbers of the shape of `like`, each machine's part [..., row, unit] from its own generator."""
    found = torch.empty_like(like)
    parts = [found] if len(sources) == 1 else found.unbind()
    for part, source in zip(parts, sources, strict=True):
        _fill(part, kind, source)
    return found


class Noise:
    """Random numbers of one shape, [seed, row, unit], drawn for many steps at once.

    How many steps follows from the shape of one machine's part, so each machine's numbers are the same whether it is
    trained alone or with others. `own` are the rows that `next` returns: those of one process of several.
    """

    def __init__(
        self,
        kind: Kind,
        shape: tuple[int, int, int],
        like: Tensor,
        sources: Sequence[torch.Generator],
        own: slice = _ALL,
    ) -> None:
        seeds, rows, units = shape
        self._kind = kind
        self._sources = sources
        self._block = like.new_empty(seeds, max(1, _BLOCK // (rows * units)), rows, units)
        self._ahead = self._block[:, :, own].unbind(1)  # made once: a view takes 2 us, a small draw no more
        self._place = len(self._ahead)

    def next(self) -> Tensor:
        """Return the next numbers; they may be overwritten."""
        if self._place == len(self._ahead):
            for part, source in zip(self._block, self._sources, strict=True):
                _fill(part, self._kind, source)
            self._place = 0
        self._place += 1
        return self._ahead[self._place - 1]

    def state(self) -> dict[str, Any]:
        """Return the numbers drawn ahead."""
        return {"block": self._block.clone(), "place": self._place}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self._block.copy_(state["block"])
        self._place = state["place"]


def _fill(part: Tensor, kind: Kind, source: torch.Generator) -> None:
    if kind == "uniform":
        part.uniform_(generator=source)
    else:
        part.normal_(generator=source)
