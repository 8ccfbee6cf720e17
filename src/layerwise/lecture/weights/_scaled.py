"""C4.5: weights z / sqrt(n) keep the activations spread."""

from __future__ import annotations

from layerwise.initializers import lecun_normal_
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import sided, verdict
from layerwise.lecture._ground import Ground
from layerwise.lecture.weights._layer_table import layer_table
from layerwise.lecture.weights._pictures import cards, of_both
from layerwise.lecture.weights._signal import DEPTH, LECTURE, Reading, read_both
from layerwise.records import Axis, Picture

KEPT = 0.1
"""What must be left of the first layer's spread for the last one to count as well spread."""

FEW = (1, 4, 10)


@claim(
    "C4.5",
    "Weights z / sqrt(n): activations stay spread",
    kind="experiment",
    statement="Weights drawn from a unit Gaussian and divided by sqrt(n), so that n Var(w) = 1, keep the activations "
    "well spread through all layers.",
    prediction="With tanh a third of the spread is left at layer 10, between inputs as in all. With sigmoid the "
    "activations look as well spread, all together; but between inputs nothing is left: the network ignores its input.",
    decision_rule="Well spread: over seeds, the 95% interval of the median of what is left of the first layer's spread "
    "at layer 10 lies above 10%. The claim holds if so with tanh and sigmoid, for all activations together and between "
    "inputs; under a condition if sigmoid's spread is kept all together alone; it does not hold if tanh's is not kept.",
    source="CS7015, lecture 9.4, slides with W = randn / sqrt(fan_in). Glorot and Bengio 2010, Understanding the "
    "difficulty of training deep feedforward neural networks.",
)
def scaled_weights(ground: Ground) -> Outcome:
    """Send the points through tanh and through sigmoid layers."""
    return judged(ground, *read_both(ground, lecun_normal_, LECTURE))


def judged(ground: Ground, tanh: Reading, sigmoid: Reading) -> Outcome:
    """Return what two readings say about the claim."""
    pooled, between, sigmoid_pooled, sigmoid_between = (
        sided(one.share(name), KEPT) for one in (tanh, sigmoid) for name in ("pooled", "between")
    )
    found = verdict([pooled.above, between.above, sigmoid_pooled.above], [sigmoid_between.above])
    last = float(sigmoid.pooled[:, -1].median()), float(sigmoid.between[:, -1].median())
    return Outcome(
        verdict=found,
        finding=f"With tanh, {pooled.interval.estimate:.0%} of the first layer's spread is left at layer {DEPTH}, and "
        f"{between.interval.estimate:.0%} between inputs. With sigmoid the standard deviation of all activations is "
        f"{last[0]:.2g} at layer {DEPTH} and looks healthy; between inputs it is {last[1]:.1e}: each unit says the "
        f"same to every input. {sided(sigmoid.arrives(), KEPT).interval.estimate:.1e} of the gradient arrives.",
        condition="With tanh it holds. With sigmoid only if the activations of all units are looked at together, as "
        "the lecture's histograms do: the network ignores its input."
        if found == "holds if"
        else "",
        metric=f"spread between inputs left at layer {DEPTH}, sigmoid",
        value=sigmoid_between.interval.estimate,
        low=sigmoid_between.interval.low,
        high=sigmoid_between.interval.high,
        n_seeds=ground.n_seeds(),
        tables=(layer_table({"tanh": tanh, "sigmoid": sigmoid}),),
        pictures=(
            *_cards("tanh", tanh),
            *_cards("sigmoid", sigmoid),
            *of_both(
                tanh,
                sigmoid,
                1.0,
                spread="Sigmoid's spread is kept only between units",
                back="Gradients arrive through tanh, hardly through sigmoid",
            ),
        ),
    )


def _cards(name: str, reading: Reading) -> tuple[Picture, ...]:
    outlines = {"all": reading.histogram, "around unit's mean": reading.around}
    return cards(f"{name}, z / sqrt(n), ", outlines, Axis(title="activation"), layers=FEW)
