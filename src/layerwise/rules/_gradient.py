"""GRD: what becomes of the gradient on its way back.

The quantity is `preactivation_gradient_rms` of a hidden layer over that of the output: layers of one network at one
step are compared with one another. An absolute limit cannot work: the gradient of a network that has learnt its task
is as small as that of one that never could.

What was measured to choose the limits stands in the pages GRD001.md and GRD002.md.
"""

from __future__ import annotations

from layerwise.rules._rule import Breach, Rule
from layerwise.rules._scan import Spot, breach_at, earliest, lasting, relative, worst
from layerwise.rules._view import Readings, View

LEAST_GRADIENT = 0.001
MOST_GRADIENT = 100.0


def _ratios(view: View) -> dict[str, Readings]:
    return {name: relative(view, "preactivation_gradient_rms", name, "output") for name in view.hidden()}


def _vanishing(view: View) -> Breach | None:
    spot = lasting(view, worst(_ratios(view), min), lambda ratio: ratio < LEAST_GRADIENT)
    return _breach(spot, LEAST_GRADIENT, "dies out", "of") if spot else None


def _exploding(view: View) -> Breach | None:
    spot = earliest(view, worst(_ratios(view), max), lambda ratio: ratio > MOST_GRADIENT)
    return _breach(spot, MOST_GRADIENT, "explodes", "times") if spot else None


def _breach(spot: Spot, limit: float, verb: str, joint: str) -> Breach:
    sentence = f"The gradient {verb} on its way back: at layer {{layer}} it is {{value}} {joint} that at the output"
    return breach_at(spot, limit, sentence)


GRD001 = Rule(
    code="GRD001",
    title="a gradient that dies out",
    threshold=LEAST_GRADIENT,
    unit="number",
    source="AUTOTRAINER (Zhang et al. 2021) takes 1e-3 too, for the first over the last weight gradient; here per "
    "pre-activation, only before the loss is small; calibrated on digits",
    inspect=_vanishing,
)
GRD002 = Rule(
    code="GRD002",
    title="a gradient that explodes",
    threshold=MOST_GRADIENT,
    unit="number",
    source="AUTOTRAINER (Zhang et al. 2021) takes 70, for the first over the last weight gradient; theory: batch "
    "normalized ReLU grows it 1.21 times a layer (Yang et al. 2019), tanh Glorot hardly",
    inspect=_exploding,
)
