"""A page stays small: the largest charts go first, and the page says so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Protocol, TypeVar

from layerwise.report._charts import Figure

CHART_BYTES = 3_500_000  # of 5 MB; the scripts take 0.9, the tables of many arms the rest


class HasFigures(Protocol):
    """Whatever holds charts."""

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The charts."""


S = TypeVar("S", bound=HasFigures)


def within_budget(sections: Sequence[S], n_bytes: int = CHART_BYTES) -> tuple[list[S], list[S]]:
    """Return the sections whose charts fit into `n_bytes` together, and those left out, the largest first."""
    kept, left_out = list(sections), []
    sizes = {id(section): _size(section) for section in sections}
    while sum(sizes[id(section)] for section in kept) > n_bytes:
        largest = max(kept, key=lambda section: sizes[id(section)])
        kept.remove(largest)
        left_out.append(largest)
    return kept, left_out


def _size(section: HasFigures) -> int:
    return sum(len(json.dumps(figure.spec)) for figure in section.figures)
