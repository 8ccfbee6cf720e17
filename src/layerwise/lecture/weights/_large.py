"""C4.3: large random weights saturate the units."""

from __future__ import annotations

from functools import partial

from layerwise.initializers import normal_
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import sided, verdict
from layerwise.lecture._ground import Ground
from layerwise.lecture.weights._layer_table import layer_table
from layerwise.lecture.weights._pictures import cards, of_both
from layerwise.lecture.weights._signal import DEPTH, LECTURE, Reading, Size, read_both
from layerwise.records import Axis

STD = 1.0
MOST, GONE = 0.5, 0.01


@claim(
    "C4.3",
    "Large random weights: saturated units",
    kind="experiment",
    statement="With weights drawn from N(0, 1) most activations of the same network are saturated, and the gradients "
    "vanish.",
    prediction="Most tanh activations lie at -1 or 1, most sigmoid ones at 0 or 1, where the slope is near 0, and "
    "little gradient arrives at the first layer.",
    decision_rule="At the last layer the 95% interval, over seeds, of the median share of saturated activations lies "
    "above a half; and the gradient of the typical unit, the median size, is below 1% of the rms. The claim holds if, "
    "besides, below 1% of the gradient's rms at the last layer arrives at the first, with tanh and with sigmoid; under "
    "a condition if not.",
    source="CS7015, lecture 9.4, slides with W = randn. Poole et al. 2016, Exponential expressivity in deep neural "
    "networks through transient chaos.",
)
def large_weights(ground: Ground) -> Outcome:
    """Send the points through tanh and through sigmoid layers."""
    return judged(ground, LECTURE, *read_both(ground, partial(normal_, std=STD), LECTURE))


def judged(ground: Ground, size: Size, tanh: Reading, sigmoid: Reading) -> Outcome:
    """Return what two readings say about the claim."""
    full = [sided(one.saturated[:, -1].tolist(), MOST) for one in (tanh, sigmoid)]
    typical = [sided((one.typical / one.gradient)[:, -1].tolist(), GONE) for one in (tanh, sigmoid)]
    back = [sided(one.arrives(), GONE) for one in (tanh, sigmoid)]
    found = verdict([*(one.above for one in full), *(one.below for one in typical)], [one.below for one in back])
    return Outcome(
        verdict=found,
        finding=f"At layer {DEPTH}, {full[0].interval.estimate:.0%} of tanh and {full[1].interval.estimate:.0%} of "
        f"sigmoid activations are saturated. The gradient at the typical unit of layer "
        f"{DEPTH}, the median size, is {_said(typical[0].interval.estimate)} with tanh, and with sigmoid "
        f"{_said(typical[1].interval.estimate)}. But on its way back through the layers the rms is "
        f"multiplied by {_times(back[0].interval.estimate)} (tanh) and {_times(back[1].interval.estimate)} (sigmoid): "
        "the few units that are not saturated pass it on through large weights.",
        condition="The gradient vanishes at the typical unit, which is saturated; but its rms does not vanish with "
        "depth, it grows, as mean-field theory says: with weights this large gradients explode."
        if found == "holds if"
        else "",
        metric=f"gradient at layer 1 / layer {DEPTH}, tanh",
        value=back[0].interval.estimate,
        low=back[0].interval.low,
        high=back[0].interval.high,
        n_seeds=ground.n_seeds(),
        tables=(layer_table({"tanh": tanh, "sigmoid": sigmoid}),),
        pictures=(
            *cards(
                "N(0, 1), ",
                {"tanh": tanh.histogram, "sigmoid": sigmoid.histogram},
                Axis(title="activation"),
            ),
            *of_both(
                tanh,
                sigmoid,
                size.width * STD**2,
                spread="The activations are spread as far as they can be",
                back="The rms of the gradient grows on its way back",
            ),
        ),
    )


def _said(share: float) -> str:
    return "0 in single precision" if share == 0 else f"{share:.1e} of the layer's rms"


def _times(factor: float) -> str:
    return f"{factor:,.0f}" if factor >= 10 else f"{factor:.2g}"
