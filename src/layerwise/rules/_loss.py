"""LOS: what all the rest comes down to. These two are effects; the cause is another finding.

What was measured to choose the limits stands in the pages LOS001.md and LOS002.md.
"""

from __future__ import annotations

import math

from layerwise.rules._rule import Breach, Rule
from layerwise.rules._view import View

NO_BETTER_SHARE = 0.9
LARGEST_FLOAT32 = 3.4028234663852886e38  # (2 - 2^-23) 2^127

_NEVER_FELL = "The training loss does not come down: at the end it is {value} of what guessing costs (limit {limit})."
_FELL = (
    "By its loss the network is no better than chance: the training loss came down from a bad start, but at the end it "
    "is still {value} of what guessing costs (limit {limit})."
)
_NOT_FINITE = "The loss stops being a finite number: {at} it leaves the range of numbers."
_NEVER_FINITE = "The loss is no finite number from the first step on: the pre-training of {layer} diverged."


def _not_decreasing(view: View) -> Breach | None:
    if view.run.status == "interrupted" or not view.losses or not view.chance > 0:
        return None
    share = view.final_loss / view.chance
    if not share >= NO_BETTER_SHARE:
        return None
    fell = view.losses[0][1] > view.final_loss / NO_BETTER_SHARE
    step = view.losses[-1][0]
    sentence = _FELL if fell else _NEVER_FELL
    return Breach(layer=None, step=step, value=share, threshold=NO_BETTER_SHARE, sentence=sentence)


def _not_finite(view: View) -> Breach | None:
    if not view.diverged:
        return None
    step = next((step for step, loss in view.losses if not math.isfinite(loss)), view.run.n_steps)
    step = min(step, view.run.n_steps)  # the loss may be read some time after the member has been stopped
    layer = _lost_before(view)
    sentence = _NOT_FINITE if layer is None else _NEVER_FINITE
    return Breach(layer=layer, step=step, value=math.inf, threshold=LARGEST_FLOAT32, sentence=sentence)


def _lost_before(view: View) -> str | None:
    """Return the layer whose pre-training diverged: it is the first without a curve of it."""
    if view.fact("pretraining", "none") == "none" or not view.losses or math.isfinite(view.losses[0][1]):
        return None
    told = {curve.name for curve in view.run.curves}
    hidden = (f"hidden{k}" for k in range(1, int(view.number("n_hidden_layers", 0)) + 1))
    return next((name for name in hidden if f"pretraining_loss_{name}" not in told), None)


LOS001 = Rule(
    code="LOS001",
    title="a loss that does not come down",
    threshold=NO_BETTER_SHARE,
    unit="percent",
    source="definition: guessing costs `chance_loss` (ln(classes), or the variance of the target); 10% below it is "
    "far beyond what its readings scatter (0.1% on digits)",
    inspect=_not_decreasing,
)
LOS002 = Rule(
    code="LOS002",
    title="a loss that is not finite",
    threshold=LARGEST_FLOAT32,
    unit="number",
    source="definition: the largest number that float32 holds is 3.4e38",
    inspect=_not_finite,
)
