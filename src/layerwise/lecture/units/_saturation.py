"""C3.3: a saturated sigmoid lets no gradient through."""

from __future__ import annotations

import torch

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._race import TARGET, Times, race
from layerwise.lecture.units._saturation_drawn import neuron_picture, saturated_picture, steps_picture
from layerwise.lecture.units._slopes import slope
from layerwise.models import Recipe
from layerwise.records import ClaimVerdict, Table
from layerwise.stats import Interval, median_interval, wilson_interval

PLACES = (0.0, 2.0, 5.0, 10.0, 20.0, 30.0)
FACTORS = (1, 4, 16, 32, 64)
"""Standard deviation of the weights, in units of 1 / sqrt(64): a unit's 64 inputs of size 1 then add up to that."""

RATES = (0.1, 0.3, 1.0, 3.0)


@claim(
    "C3.3",
    "A saturated sigmoid passes no gradient",
    kind="exact and experiment",
    statement="A sigmoid whose output is near 0 or 1 is saturated: its gradient is 0 there. Weights that start very "
    "large saturate the units quickly, gradients vanish, and training stalls.",
    prediction="The slope at z is at most exp(-|z|): below 1e-8 at 20. Networks with larger first weights start more "
    "saturated, and the largest of them do not learn within the time in which the best do.",
    decision_rule="Exact part: the slope equals exp(-|z|) / (1 + exp(-|z|))^2 to 1e-12. Experiment: networks stall if "
    "the 95% Wilson interval of the share of seeds that reach the training loss 0.3 lies below a half. Holds if the "
    "largest weights stall and the best do not; holds under a condition where the largest are only slower than the "
    "best (intervals of the median number of updates apart); else does not hold.",
    source="CS7015, lecture 9.3, saturated neurons. Glorot and Bengio 2010, Understanding the difficulty of training "
    "deep feedforward neural networks.",
)
def saturation(ground: Ground) -> Outcome:
    """Compute slopes far out, and let networks start with ever larger weights."""
    sides, n_seeds = slope_sides(), ground.n_seeds()
    found = race(ground, [_recipe(ground, factor) for factor in FACTORS], RATES, n_seeds, probe_every=10**9)
    times = [found[_name(factor)] for factor in FACTORS]
    last, best = times[-1], min(times, key=lambda one: one.median.estimate)
    shares = [_first_saturated(one) for one in times]
    share = wilson_interval(last.n_arrived, len(last.steps))
    return Outcome(
        verdict=saturation_verdict(largest(sides), times),
        finding=f"At z = 20 the slope is {float(sides[PLACES.index(20.0)].left):.1e}. With weights of std "
        f"{FACTORS[-1]} / sqrt(n), {shares[-1].estimate:.0%} of all unit outputs start saturated, and "
        f"{last.n_arrived} of {n_seeds} seeds reach the training loss {TARGET}; with std {FACTORS[times.index(best)]} "
        f"/ sqrt(n) it is {shares[times.index(best)].estimate:.0%}, and {best.n_arrived} of {n_seeds} arrive, after "
        f"{best.median.estimate:.0f} updates in the median. Every size of weights has its own best learning rate.",
        condition="" if share.high < 0.5 else "Large weights slow training down; here they do not stop it.",
        metric=f"share of seeds that learn, weights {FACTORS[-1]} / sqrt(n)",
        value=share.estimate,
        low=share.low,
        high=share.high,
        n_seeds=n_seeds,
        tables=(_slopes_table(sides), _table(times, shares)),
        pictures=(neuron_picture(), steps_picture(FACTORS, times), saturated_picture(FACTORS, shares)),
    )


def saturation_verdict(error: float, times: list[Times]) -> ClaimVerdict:
    """Return the verdict from the exact error and the times, the smallest weights first."""
    last, best = times[-1], min(times, key=lambda one: one.median.estimate)
    shares = [wilson_interval(one.n_arrived, len(one.steps)) for one in (best, last)]
    if error > ROUNDING or shares[0].low <= 0.5:
        return "does not hold"
    if shares[1].high < 0.5:
        return "holds"
    return "holds if" if last.median.low > best.median.high else "does not hold"


def slope_sides() -> list[Sides]:
    """Return slopes and e^-z / (1 + e^-z)^2."""
    far = [torch.tensor(z, dtype=torch.float64) for z in PLACES]
    return [Sides(f"z = {float(z):g}", slope("sigmoid", z), torch.exp(-z) / (1 + torch.exp(-z)) ** 2) for z in far]


def _recipe(ground: Ground, factor: int) -> Recipe:
    width, epochs = (1000, 100) if ground.full else (32, 15)
    return Recipe(name=_name(factor)).replace(
        depth=3, width=width, activation="sigmoid", initializer="normal", scale=factor / 8, epochs=epochs
    )


def _name(factor: int) -> str:
    return f"{factor} / sqrt(n)"


def _first_saturated(times: Times) -> Interval:
    """Return the median over seeds of the share of saturated outputs before the first update, mean of all layers."""
    found = [[m.values[0] for m in run.measures if m.quantity == "saturated_fraction"] for run in times.runs]
    return median_interval([sum(layers) / len(layers) for layers in found])


def _slopes_table(sides: list[Sides]) -> Table:
    return sides_table(
        "Slope of the sigmoid", sides, ("slope", "e^-z / (1+e^-z)^2"),
        "Far out s (1 - s) loses its last digits, because 1 - s is rounded; differences are absolute.",
    )  # fmt: skip


def _table(times: list[Times], shares: list[Interval]) -> Table:
    rows = tuple(
        (
            _name(factor),
            f"{share.estimate:.0%}",
            f"{one.n_arrived} of {len(one.steps)}",
            "never" if one.median.estimate == float("inf") else f"{one.median.estimate:.0f}",
            f"{one.rate:g}",
        )
        for factor, one, share in zip(FACTORS, times, shares, strict=True)
    )
    return Table(
        title=f"Three layers of sigmoid units, until the training loss is {TARGET}",
        columns=("std of the first weights", "saturated", "arrived", "updates", "best rate"),
        rows=rows,
        note="Saturated: share of unit outputs whose slope is under 5% of the largest, at the start. Updates: median.",
    )
