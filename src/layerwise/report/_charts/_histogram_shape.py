"""A histogram as numbers and as an outline."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from layerwise.records import Histogram

TALLEST = 0.92  # of its row: the rows stay apart


def edges(histogram: Histogram) -> list[float]:
    """Return the edges of the bins, one more than there are bins; a histogram without width gets a narrow one."""
    low, high, n = histogram.low, histogram.high, len(histogram.counts)
    if not high > low:
        air = 1e-3 * (abs(low) or 1.0)
        low, high = low - air, high + air
    return [low + (high - low) * place / n for place in range(n + 1)]


def edges_of_mass(histogram: Histogram, tail: float) -> tuple[float, float]:
    """Return the edges of the bins between which all but `tail` of the counts lie, at either end.

    Example:
        >>> edges_of_mass(Histogram(layer="a", step=0, low=0.0, high=4.0, counts=(1, 98, 98, 3)), 0.01)
        (1.0, 4.0)
    """
    total, ends = sum(histogram.counts), edges(histogram)
    below = [0, *accumulate(histogram.counts)]
    first = max(place for place, count in enumerate(below[:-1]) if count <= tail * total)
    last = min(place for place, count in enumerate(below) if count >= (1 - tail) * total)
    return ends[first], ends[last]


def center(histogram: Histogram) -> float:
    """Return the mean, taking each count at the middle of its bin."""
    return _mean(histogram.counts, _middles(histogram))


def spread(histogram: Histogram) -> float:
    """Return the standard deviation, taking each count at the middle of its bin."""
    mean = center(histogram)
    return math.sqrt(_mean(histogram.counts, [(middle - mean) ** 2 for middle in _middles(histogram)]))


def outline(histogram: Histogram, base: int, when: str, domain: Sequence[float]) -> Iterator[dict[str, object]]:
    """Yield the corners of the histogram, from left to right, standing on `base`, its tallest bin `TALLEST` high.

    The height is the square root of the count: beside ReLU's zeros the rest would not be seen.
    """
    digits = 3 - math.floor(math.log10(domain[1] - domain[0]))
    tallest = math.sqrt(max(histogram.counts))
    heights = [round(base + TALLEST * math.sqrt(count) / tallest, 3) for count in histogram.counts]
    before = None
    for edge, top in zip(edges(histogram), [*heights, float(base)], strict=True):
        if top != before:
            yield {"when": when, "base": base, "x": round(edge, digits), "top": top}
        before = top


def _middles(histogram: Histogram) -> list[float]:
    return [(low + high) / 2 for low, high in pairwise(edges(histogram))]


def _mean(counts: Sequence[int], values: Sequence[float]) -> float:
    return sum(count * value for count, value in zip(counts, values, strict=True)) / sum(counts)
