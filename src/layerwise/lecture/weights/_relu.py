"""C4.6: ReLU layers need twice the variance."""

from __future__ import annotations

import torch

from layerwise.initializers import he_normal_, lecun_normal_
from layerwise.lecture._arms import DIVERGED, Arms, arms_table
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import Sided, larger, sided, verdict
from layerwise.lecture._errors import errors
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.weights._pictures import by_layer, cards
from layerwise.lecture.weights._signal import DEPTH, LECTURE, Reading, Size, read
from layerwise.lecture.weights._theory import expected
from layerwise.models import Recipe
from layerwise.records import Axis, ClaimVerdict, Picture
from layerwise.stats import Paired, median_interval, paired_difference
from layerwise.theory import propagate

VANISHED, KEPT = 0.1, 0.5
"""Of the first layer's spread, at layer 10: without the factor less than the first, with it more than the second."""

ENDS = (1e-9, 2.0)
"""Of the histograms: zeros, which are half of all, would hide the rest."""

FEW = (1, 4, 10)
WITHOUT, WITH = "z / sqrt(n)", "z / sqrt(n/2)"
TRAINED_DEPTH, RATES = 20, (0.03, 0.1, 0.3)


@claim(
    "C4.6",
    "ReLU needs a factor of 2 (He)",
    kind="exact and experiment",
    statement="Weights z / sqrt(n) do not work for ReLU: because it passes only the positive half, the variance needs "
    "a factor of 2, weights z / sqrt(n/2). With it performance is better.",
    prediction="ReLU halves the mean square at each layer; the factor makes up for it exactly. Over ten layers the "
    "spread falls to about 1/23 without the factor and stays with it; a deep network trains better with it.",
    decision_rule="Exact: theory's mean square at each of ten layers is 2^(1-k) without and 2 with the factor, to "
    "1e-12. Measured: over seeds, the interval of the median spread left at layer 10 lies below 10% without and above "
    "50% with it. Trained, 20 layers deep and each at its best of three learning rates: the 95% interval of the paired "
    "difference in percent of test errors lies above 0. All three are needed.",
    source="CS7015, lecture 9.4, last slides. He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.",
)
def relu_factor(ground: Ground) -> Outcome:
    """Compute, measure and train ReLU networks with and without the factor."""
    n_seeds = ground.n_seeds()
    without, with_factor = (
        read(ground, "relu", fill, n_seeds, ends=ENDS, part=(start, start + 0.1))
        for fill, start in ((lecun_normal_, 0.0), (he_normal_, 0.1))
    )
    recipes = [_recipe(WITHOUT, "lecun_normal"), _recipe(WITH, "he_normal")]
    runs = at_own_rates(ground, recipes, {"sgd": RATES}, n_seeds, part=(0.2, 1.0)).runs
    return judged(ground, LECTURE, without, with_factor, {name: errors(runs, name) for name in (WITHOUT, WITH)})


def exact_sides() -> list[Sides]:
    """Return theory's mean square of the pre-activations beside powers of 2, without and with the factor."""
    powers = torch.tensor([2.0 ** (1 - k) for k in range(1, DEPTH + 1)], dtype=torch.float64)
    return [
        Sides(f"{name}, 10 layers", wanted, torch.tensor(propagate("relu", scale, 0.0, DEPTH).q, dtype=torch.float64))
        for name, scale, wanted in ((WITHOUT, 1.0, powers), (WITH, 2.0, torch.full_like(powers, 2.0)))
    ]


def decided(exact: float, lost: Sided, kept: Sided, gain: Paired) -> ClaimVerdict:
    """Return the verdict on theory, on what is left of the spread without and with the factor, and on the gain."""
    return verdict([exact <= ROUNDING, lost.below, kept.above, larger(gain)], [])


def judged(ground: Ground, size: Size, without: Reading, with_factor: Reading, wrong: Arms) -> Outcome:
    """Return what theory, two readings and a comparison say about the claim."""
    sides = exact_sides()
    lost, kept = sided(without.share("pooled"), VANISHED), sided(with_factor.share("pooled"), KEPT)
    gain = paired_difference(wrong[WITHOUT], wrong[WITH], generator=ground.rng("C4.6"))
    middle = {name: median_interval(values).estimate for name, values in wrong.items()}
    return Outcome(
        verdict=decided(largest(sides), lost, kept, gain),
        finding=f"In theory the mean square is halved at each layer without the factor and kept with it, to "
        f"{largest(sides):.1e}. Measured, {lost.interval.estimate:.1%} of the first layer's spread is left at layer "
        f"{DEPTH} without it, {kept.interval.estimate:.0%} with it. Networks of {TRAINED_DEPTH} ReLU layers, each way "
        f"at its best learning rate, have a test error of {middle[WITHOUT]:.0f}% without and "
        f"{middle[WITH]:.0f}% with it (medians).",
        metric="percent of test errors, without - with the factor",
        value=gain.difference,
        low=gain.low,
        high=gain.high,
        n_seeds=gain.n,
        tables=(
            sides_table("Mean square of the pre-activations", sides, ("powers of 2", "theory")),
            arms_table(
                f"{TRAINED_DEPTH} layers of ReLU, trained",
                wrong,
                "test error, %",
                DIVERGED,
                digits=1,
            ),
        ),
        pictures=(*_cards(without, with_factor), *_pictures(size, without, with_factor)),
    )


def _recipe(name: str, initializer: str) -> Recipe:
    return Recipe(name=name).replace(depth=TRAINED_DEPTH, width=64, activation="relu", initializer=initializer)


def _cards(without: Reading, with_factor: Reading) -> tuple[Picture, ...]:
    return cards(
        "ReLU, ",
        {WITHOUT: without.histogram, WITH: with_factor.histogram},
        Axis(title="activation, where not 0"),
        layers=FEW,
        ends=ENDS,
    )


def _pictures(size: Size, without: Reading, with_factor: Reading) -> tuple[Picture, ...]:
    theory = {WITHOUT: expected("relu", 1.0), WITH: expected("relu", 2.0)}
    return (
        by_layer(
            "Without the factor ReLU halves the mean square at each layer",
            Axis(title="mean square of pre-activations", scale="log"),
            {WITHOUT: without.preactivation, WITH: with_factor.preactivation},
            {name: one.preactivation for name, one in theory.items()},
            f"{size.width} units a layer.",
        ),
        by_layer(
            "And it halves the gradient's on the way back",
            Axis(title="rms gradient at pre-activations", scale="log"),
            {WITHOUT: without.gradient, WITH: with_factor.gradient},
            {name: one.gradient for name, one in theory.items()},
            "A unit Gaussian gradient is sent back from the last activations; read from right to left.",
        ),
    )
