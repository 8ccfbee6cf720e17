"""UNT: what becomes of single units: on a flat side, silent for good, or copies of one another.

What was measured to choose the limits stands in the pages UNT001.md, UNT002.md and UNT003.md.
"""

from __future__ import annotations

import math

from layerwise.rules._rule import Breach, Rule
from layerwise.rules._scan import Spot, lasting, relative, worst
from layerwise.rules._signal import LEAST_SPREAD
from layerwise.rules._view import View

FLAT_BOTH_SIDES = frozenset({"sigmoid", "tanh", "softsign", "erf", "gaussian"})
MOST_SATURATED = 0.5
MOST_SATURATED_ONE_SIDED = 0.9  # elu, selu, gelu, silu, softplus: lying on the flat side is how they switch off
DEAD_BY_CHANCE = 0.5
STANDARD_DEVIATIONS = 3.0
LEAST_BATCH = 16
MOST_COPIES = 0.5


def _saturated(view: View) -> Breach | None:
    limit = MOST_SATURATED if view.fact("activation", "") in FLAT_BOTH_SIDES else MOST_SATURATED_ONE_SIDED
    spot = lasting(view, _largest(view, "saturated_fraction"), lambda share: share > limit)
    sentence = (
        "Units are saturated: at layer {layer}, {value} of the activations lie on a flat side of the activation "
        "function (limit {limit}), where hardly any gradient passes, {since}."
    )
    return _breach(spot, limit, sentence) if spot else None


def _dead(view: View) -> Breach | None:
    limit = dead_limit(view.number("width", math.inf), view.number("batch_size", math.inf))
    spot = lasting(view, _largest(view, "dead_fraction"), lambda share: share >= limit)
    sentence = (
        "Units are dead: at layer {layer}, {value} of the units pass no gradient for any input of a batch "
        "(limit {limit}), {since}."
    )
    return _breach(spot, limit, sentence) if spot else None


def dead_limit(width: float, batch_size: float) -> float:
    """Return the share of dead units in a layer that chance cannot explain: 1/2 + 3 standard deviations, at most 1.

    At the start a unit without bias is as likely to be below 0 for a given input as above. The deeper the layer, the
    more alike the inputs have become, so that in the limit half of the units are off for every one of them: 1/2 is
    the most that chance explains, at any depth and for any batch. A layer's share scatters by 1 / (2 sqrt(width)). In
    a batch of less than 16 even a healthy, sparse unit is often off throughout: there only a layer that is dead as a
    whole counts.

    Example:
        >>> dead_limit(64, 32), dead_limit(64, 8), dead_limit(4, 32)
        (0.6875, 1.0, 1.0)
    """
    if batch_size < LEAST_BATCH:
        return 1.0
    return min(1.0, DEAD_BY_CHANCE + STANDARD_DEVIATIONS * DEAD_BY_CHANCE / math.sqrt(width))


def _symmetric(view: View) -> Breach | None:
    below = "input"
    for layer in view.hidden():
        spot = lasting(view, worst({layer: view.series("duplicate_unit_fraction", layer)}, max), _copies)
        if spot and spot.step == _first_step(view, layer) and _tells_inputs_apart(view, below):
            return _breach(spot, MOST_COPIES, _COPIES_SENTENCE)
        below = layer
    return None


_COPIES_SENTENCE = (
    "Units are copies of one another: at layer {layer}, {value} of the units compute just what another one computes "
    "(limit {limit}), and so learn the same, {since}."
)


def _copies(share: float) -> bool:
    return share >= MOST_COPIES


def _first_step(view: View, layer: str) -> int:
    return view.series("duplicate_unit_fraction", layer)[0][0]


def _tells_inputs_apart(view: View, layer: str) -> bool:
    """Whether anything arrives: units fed with one constant agree because of that, not because their weights do."""
    shares = relative(view, "activation_std_between_inputs", layer, "input")
    return not shares or shares[0][1] >= LEAST_SPREAD


def _largest(view: View, quantity: str) -> list[Spot]:
    return worst({layer: view.series(quantity, layer) for layer in view.hidden()}, max)


def _breach(spot: Spot, limit: float, sentence: str) -> Breach:
    return Breach(layer=spot.layer, step=spot.step, value=spot.value, threshold=limit, sentence=sentence)


UNT001 = Rule(
    code="UNT001",
    title="saturated units",
    threshold=MOST_SATURATED,
    unit="percent",
    source="DeepDiagnosis (Wardat et al. 2022) and SageMaker Debugger take half of a layer too, with fixed bounds on "
    "values; here the slope is under 5% of the activation's own largest; 90% where one side only is flat",
    inspect=_saturated,
)
UNT002 = Rule(
    code="UNT002",
    title="dead units",
    threshold=DEAD_BY_CHANCE,
    unit="percent",
    source="theory: chance explains at most 1/2 of a layer, here plus 3 standard deviations, 3 / (2 sqrt(width)); "
    "published tools take 1/2 (torchdiag, TheDeepChecker) or count zeros of single values",
    inspect=_dead,
)
UNT003 = Rule(
    code="UNT003",
    title="units that are copies of one another",
    threshold=MOST_COPIES,
    unit="percent",
    source="exact: continuous random weights give no copies at all, equal weights give copies only; any limit between "
    "0 and 1 tells them apart",
    inspect=_symmetric,
)
