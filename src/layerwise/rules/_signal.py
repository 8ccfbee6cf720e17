"""SIG: what becomes of the differences between inputs on their way up.

The quantity is `activation_std_between_inputs` of a layer over that of the input: how much of what distinguishes one
input from another is still there. The pooled rms would not do: a deep sigmoid network whose activations are 0.5 for
every input has a rms of 0.5 and knows nothing of its input.

What was measured to choose the limits stands in the pages SIG001.md and SIG002.md.
"""

from __future__ import annotations

from layerwise.rules._rule import Breach, Rule
from layerwise.rules._scan import Spot, breach_at, earliest, lasting, relative, worst
from layerwise.rules._view import View

LEAST_SPREAD = 0.01
MOST_SPREAD = 10.0


def _spread(view: View, layer: str) -> tuple[tuple[int, float], ...]:
    return relative(view, "activation_std_between_inputs", layer, "input")


def _vanishing(view: View) -> Breach | None:
    spots = worst({layer: _spread(view, layer) for layer in view.hidden()}, min)
    spot = lasting(view, spots, lambda share: share < LEAST_SPREAD)
    return _breach(spot, LEAST_SPREAD, "dies out", "of") if spot else None


def _exploding(view: View) -> Breach | None:
    spots = worst({layer: _spread(view, layer) for layer in view.hidden()}, max)
    spot = earliest(view, spots, lambda share: share > MOST_SPREAD)
    return _breach(spot, MOST_SPREAD, "explodes", "times") if spot else None


def _breach(spot: Spot, limit: float, verb: str, joint: str) -> Breach:
    sentence = f"The signal {verb}: at layer {{layer}} the spread between inputs is {{value}} {joint} what goes in"
    return breach_at(spot, limit, sentence)


SIG001 = Rule(
    code="SIG001",
    title="a signal that dies out",
    threshold=LEAST_SPREAD,
    unit="number",
    source="theory: trainable up to a spread of about exp(-3) (Schoenholz et al. 2017); 0.01 and its duration "
    "calibrated on digits, 3 to 30 layers",
    inspect=_vanishing,
)
SIG002 = Rule(
    code="SIG002",
    title="a signal that explodes",
    threshold=MOST_SPREAD,
    unit="number",
    source="theory: 10 times the signal allows 100 times less learning rate (LeCun et al. 1998, curvature grows as the "
    "square); healthy networks on digits start between 0.2 and 1.5",
    inspect=_exploding,
)
