"""C4.2: small random weights, and what is left of the signal after ten layers."""

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

STD = 0.01
GONE = 0.01
"""What is left of a signal, or of a gradient, that counts as vanished."""


@claim(
    "C4.2",
    "Small random weights: the signal dies out",
    kind="experiment",
    statement="1,000 points of a 500-dimensional unit Gaussian go through layers of 500 units, with weights drawn from "
    "N(0, 0.01^2): from layer to layer the activations shrink to 0, and so do the gradients.",
    prediction="With tanh, the spread of the activations is divided by about 4.5 at each layer, and so is the gradient "
    "on its way back. Sigmoid activations go to 0.5, not to 0, and no longer depend on the input.",
    decision_rule="A thing has vanished if, over seeds, the 95% interval of the median of what is left of it over ten "
    "layers lies below 1%. The claim holds if the pooled spread of the activations and the rms of the gradient vanish "
    "with tanh and with sigmoid, and holds under a condition if only with tanh.",
    source="CS7015, lecture 9.4, slides with W = randn * 0.01 (its text says 5 layers, its program 10). Glorot and "
    "Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.",
)
def small_weights(ground: Ground) -> Outcome:
    """Send the points through tanh and through sigmoid layers."""
    return judged(ground, LECTURE, *read_both(ground, partial(normal_, std=STD), LECTURE))


def judged(ground: Ground, size: Size, tanh: Reading, sigmoid: Reading) -> Outcome:
    """Return what two readings say about the claim."""
    left, back = sided(tanh.share("pooled"), GONE), sided(tanh.arrives(), GONE)
    pooled, unlike, back_too = (
        sided(values, GONE) for values in (sigmoid.share("pooled"), sigmoid.share("between"), sigmoid.arrives())
    )
    found = verdict([left.below, back.below], [pooled.below, back_too.below])
    fifth = float((tanh.pooled[:, 4] / tanh.pooled[:, 0]).median())
    return Outcome(
        verdict=found,
        finding=f"With tanh, {fifth:.1e} of the first layer's spread is left at layer 5 and "
        f"{left.interval.estimate:.1e} at layer {DEPTH}; {back.interval.estimate:.1e} of the last layer's gradient "
        f"arrives at the first. With sigmoid the activations stay around {float(sigmoid.mean[:, -1].mean()):.2f}; "
        f"{pooled.interval.estimate:.0%} of their pooled spread is left, but only {unlike.interval.estimate:.1e} of "
        f"the spread between inputs: all inputs look the same. {back_too.interval.estimate:.1e} of the gradient "
        "arrives.",
        condition="To 0 with tanh. Sigmoid activations go to 0.5, and what dies is their dependence on the input."
        if found == "holds if"
        else "",
        metric=f"spread left at layer {DEPTH}, tanh",
        value=left.interval.estimate,
        low=left.interval.low,
        high=left.interval.high,
        n_seeds=ground.n_seeds(),
        tables=(layer_table({"tanh": tanh, "sigmoid": sigmoid}),),
        pictures=(
            *cards(
                "N(0, 0.01^2), ",
                {"tanh": tanh.histogram, "sigmoid": sigmoid.histogram},
                Axis(title="activation"),
            ),
            *of_both(
                tanh,
                sigmoid,
                size.width * STD**2,
                spread="The spread shrinks layer by layer; sigmoid's only between inputs",
                back="Hardly any gradient arrives at the first layer",
            ),
        ),
    )
