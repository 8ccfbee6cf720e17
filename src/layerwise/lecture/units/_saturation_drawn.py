"""The saturated neuron, and what saturated networks need, as pictures."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from layerwise.activations import ACTIVATIONS
from layerwise.lecture.units._marks import intervals, line
from layerwise.lecture.units._race import TARGET, Times
from layerwise.records import Axis, Marks, Picture
from layerwise.stats import Interval


def neuron_picture() -> Picture:
    """Return the sigmoid with its slope, and where it counts as saturated."""
    z = torch.linspace(-12, 12, 241, dtype=torch.float64)
    edge = ACTIVATIONS["sigmoid"].flat_above
    return Picture(
        title="The saturated neuron: what is left of the gradient, far from 0",
        x=Axis(title="pre-activation z"),
        y=Axis(title="output; slope / (1/4)"),
        marks=(
            Marks(kind="rule", columns={"x": (-edge, edge)} if edge else {"x": ()}),
            line(z, torch.sigmoid(z), "output s"),
            line(z, 4 * torch.sigmoid(z) * torch.sigmoid(-z), "slope, relative to its largest"),
        ),
        note="Outside of the dashed lines less than 5% of the largest slope is left: there a unit counts as saturated.",
        size="full",
    )


def steps_picture(factors: Sequence[float], times: list[Times]) -> Picture:
    """Return the updates needed against the size of the first weights."""
    return Picture(
        title="Too small or too large, and learning takes longer or stalls",
        x=Axis(title="std of the first weights, times sqrt(n)", scale="log"),
        y=Axis(title=f"updates to a training loss of {TARGET}", low=0.0),
        marks=(intervals(factors, [one.median for one in times]),),
        note="Medians over seeds at each size's best learning rate, with 95% intervals; no point: most seeds never "
        "arrived.",
    )


def saturated_picture(factors: Sequence[float], shares: list[Interval]) -> Picture:
    """Return the saturated share against the size of the first weights."""
    return Picture(
        title="The larger the first weights, the more units start saturated",
        x=Axis(title="std of the first weights, times sqrt(n)", scale="log"),
        y=Axis(title="share of saturated outputs", low=0.0, high=1.0),
        marks=(intervals(factors, shares),),
        note="Medians over seeds, before the first update, with 95% intervals.",
    )
