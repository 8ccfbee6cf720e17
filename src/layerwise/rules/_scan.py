"""Where a quantity is worst, and since when for good: what most rules share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import NamedTuple

from layerwise.rules._rule import Breach
from layerwise.rules._view import Readings, View

# A state must hold for a quarter of the training, or to its end. Measured on digits (networks whose signal starts under
# 1%, 1000 updates, rates up to 0.3): where it stayed so for less than a quarter the median test accuracy was 0.96 (37
# runs), from a quarter to a half 0.90 (17), longer 0.41 (24), throughout 0.09 (201, none over 0.25).
LASTING_SHARE = 0.25
LEAST_READINGS = 2  # one reading alone may be an odd batch


class Spot(NamedTuple):
    """The worst layer at one step."""

    step: int
    layer: str
    value: float


def breach_at(spot: Spot, limit: float, sentence: str) -> Breach:
    """Return the breach at `spot`; `sentence` is completed by the limit and by since when."""
    return Breach(
        layer=spot.layer,
        step=spot.step,
        value=spot.value,
        threshold=limit,
        sentence=f"{sentence} (limit {{limit}}), {{since}}.",
    )


def worst(series: Mapping[str, Readings], pick: Callable[..., tuple[str, float]]) -> list[Spot]:
    """Return, for each step, the layer with the least (`pick=min`) or largest (`pick=max`) value; the first if tied."""
    by_step: dict[int, list[tuple[str, float]]] = {}
    for layer, readings in series.items():
        for step, value in readings:
            by_step.setdefault(step, []).append((layer, value))
    return [Spot(step, *pick(by_step[step], key=lambda pair: pair[1])) for step in sorted(by_step)]


def lasting(view: View, spots: list[Spot], breaks: Callable[[float], bool]) -> Spot | None:
    """Return the first spot of the first stretch that `breaks` for long, while there was still much to learn."""
    start = 0
    for broken, group in groupby(spots, key=lambda spot: breaks(spot.value) and not view.learned(spot.step)):
        stretch = list(group)
        start += len(stretch)
        enough = len(stretch) >= min(LEAST_READINGS, len(spots))
        if broken and enough and (start == len(spots) or _long(view, stretch[0].step, spots[start].step)):
            return stretch[0]
    return None


def earliest(view: View, spots: list[Spot], breaks: Callable[[float], bool]) -> Spot | None:
    """Return the first spot that `breaks` while there was still much to learn: for what does its harm in one step."""
    return next((spot for spot in spots if breaks(spot.value) and not view.learned(spot.step)), None)


def relative(view: View, quantity: str, layer: str, reference: str) -> Readings:
    """Return `quantity` at `layer` over that at `reference`, at the steps where both were read and it is not 0."""
    base = dict(view.series(quantity, reference))
    ratios = ((step, value / base[step]) for step, value in view.series(quantity, layer) if base.get(step))
    return tuple((step, ratio) for step, ratio in ratios if not math.isnan(ratio))


def _long(view: View, start: int, end: int) -> bool:
    return end - start >= LASTING_SHARE * view.run.n_steps
