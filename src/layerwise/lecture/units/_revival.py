"""Units of deep networks that are dead for all training inputs, and whether they come back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from layerwise.data import Data
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._marks import bars
from layerwise.models import Recipe
from layerwise.population import Snapshot
from layerwise.records import Axis, Picture, Table
from layerwise.stats import Interval, wilson_interval

ROWS = 500
"""Of the data, 300 of which are trained on; all at once, so that dead means: for every training input."""

DEPTH, WIDTH, RATE, N_STEPS, EVERY = 4, 32, 0.4, 80, 2


class Fate(NamedTuple):
    """Units of one layer of one network: how many were ever dead, and how many of those came back."""

    layer: int
    dead: int
    revived: int


def fates(ground: Ground, n_seeds: int) -> list[Fate]:
    """Return what became of the units of every hidden layer of every network that did not diverge.

    Plain full-batch descent, so that the inputs of the first layer are the same at every step, and those of the others
    are not.
    """
    alive: dict[tuple[int, int], list[Tensor]] = defaultdict(list)

    def look(snapshot: Snapshot) -> None:
        for k, layer in enumerate(snapshot.layers[:-1], start=1):
            for seed, units in zip(snapshot.seeds, layer.z.amax(1) > 0, strict=True):
                alive[seed, k].append(units)

    recipe = Recipe(name="full batch").replace(
        depth=DEPTH, width=WIDTH, batch_size=ROWS, epochs=N_STEPS, learning_rate=RATE
    )
    fitted = ground.fit(recipe, n_seeds, data=_part(ground), observe=look, probe_every=EVERY)
    whole = {run.seed for run in fitted.runs if run.status == "finished"}
    return [fate(k, torch.stack(steps)) for (seed, k), steps in sorted(alive.items()) if seed in whole]


def fate(layer: int, alive: Tensor) -> Fate:
    """Return how many units were ever dead, and how many of those lived later; from [step, unit].

    Example:
        >>> fate(1, torch.tensor([[True, True, False], [False, True, False], [True, True, False]]))
        Fate(layer=1, dead=2, revived=1)
    """
    died = (~alive).int().cummax(0).values.bool()
    return Fate(layer, int(died[-1].sum()), int((alive & died).any(0).sum()))


def revived(counted: list[Fate], layers: Callable[[int], bool]) -> Interval:
    """Return the share of the dead units of these layers that came back."""
    chosen = [fate for fate in counted if layers(fate.layer)]
    dead, back = sum(fate.dead for fate in chosen), sum(fate.revived for fate in chosen)
    return wilson_interval(back, dead) if dead else Interval(0.0, 0.0, 1.0)


def said(counted: list[Fate], layers: Callable[[int], bool]) -> str:
    """Return how many came back of how many, in these layers."""
    chosen = [fate for fate in counted if layers(fate.layer)]
    return f"{sum(fate.revived for fate in chosen)} of {sum(fate.dead for fate in chosen)}"


def layers_table(counted: list[Fate]) -> Table:
    """Return the counts by layer."""
    rows = []
    for k in sorted({fate.layer for fate in counted}):
        here = [fate for fate in counted if fate.layer == k]
        share = revived(here, lambda _: True)
        rows.append((f"{k}", f"{sum(f.dead for f in here)}", f"{sum(f.revived for f in here)}",
                     f"{share.low:.0%} to {share.high:.0%}"))  # fmt: skip
    return Table(
        title="Units that were dead for all training inputs at some time",
        columns=("hidden layer", "dead", "came back", "95% of the share"),
        rows=tuple(rows),
        note="Plain full-batch descent, all seeds together; units of one network are not independent.",
    )


def layers_picture(counted: list[Fate]) -> Picture:
    """Return the shares by layer."""
    layers = sorted({fate.layer for fate in counted})
    found = [revived([fate for fate in counted if fate.layer == k], lambda _: True) for k in layers]
    return Picture(
        title="How many of the dead units come back, by layer",
        x=Axis(title="", scale="names"),
        y=Axis(title="share of dead units that come back", low=0.0, high=1.0),
        marks=(bars([f"layer {k}" for k in layers], found),),
        note="95% Wilson intervals. Only the first layer's inputs stay what they were.",
    )


def _part(ground: Ground) -> Data:
    """Return some rows of the data, drawn by lot."""
    data = ground.data
    if len(data.features) <= ROWS:
        return data
    rows = ground.rng("C3.9").permutation(len(data.features))[:ROWS]
    classes = data.classes or None
    return Data.create(data.name, data.features[rows], data.targets[rows], task=data.task, kind=data.kind,
                       classes=classes)  # fmt: skip
