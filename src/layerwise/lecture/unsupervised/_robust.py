"""C2.5: how much a network's error depends on the weights it starts from, with and without pre-training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from layerwise.lecture._arms import one_test
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import errors, halfway
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.unsupervised._arms import RATES, at_depths, modern, sigmoid_recipe
from layerwise.lecture.unsupervised._spread import Spread, decide, deviations
from layerwise.lecture.unsupervised._spread_figure import spread_picture, spread_table
from layerwise.models import Recipe
from layerwise.records import Run
from layerwise.stats import Paired, brown_forsythe, holm, paired_difference

DEPTHS = (1, 2, 3, 4, 5)
MODERN = "ReLU, He, Adam, depth 5"


@claim(
    "C2.5",
    "Pre-training is robust to the first weights",
    kind="experiment",
    statement="Pre-training makes a network's error depend less on its random initialization.",
    prediction="Over seeds, test errors lie closer together with pre-training, the more so the deeper the network; and "
    "depths that cannot be trained from random weights can be with it.",
    decision_rule="At each depth the more robust kind of network, pre-trained or not, is the one of whose seeds more "
    "train (below 45% test error, 95% Wilson intervals apart); or else, where at least half of both train, the one "
    "with the smaller spread, if a Brown-Forsythe test says p < 0.05, corrected for all depths. The claim holds if "
    "pre-training wins at depth 2 to 5 and with ReLU, He's initialization and Adam too; it holds under a condition if "
    "it wins somewhere and is beaten nowhere.",
    source="CS7015, lecture 9.2. Erhan, Manzagol, Bengio, Bengio and Vincent 2009, The difficulty of training deep "
    "architectures and the effect of unsupervised pre-training; Erhan et al. 2010, Why does unsupervised pre-training "
    "help deep learning?, 400 seeds a depth.",
)
def robust(ground: Ground) -> Outcome:
    """Train networks of one to five layers from hundreds of starts, with and without pre-training."""
    classic, modern_ones = spreads(ground)
    won = [depth for depth, one in zip(DEPTHS, classic, strict=True) if one.winner == "with"]
    closer = narrower(ground, classic)
    last = classic[-1]
    return Outcome(
        verdict=decide(classic[1:], modern_ones),
        condition=f"More robust {at_depths(won)} with the sigmoid units of 2006; with ReLU, He's "
        f"initialization and Adam at depth 5 {_WINS[modern_ones[0].winner]}.",
        finding=f"Five hidden layers: {last.shares[0].estimate:.0%} of seeds train with pre-training, "
        f"{last.shares[1].estimate:.0%} without. Over the depths where most seeds train with and without, a seed lies "
        f"{closer.difference:.2f} points further from its median without pre-training (95% interval "
        f"{closer.low:.2f} to {closer.high:.2f}). The test rows are the same for all seeds.",
        metric="how much further a seed is from the median without pre-training, percentage points",
        value=closer.difference,
        low=closer.low,
        high=closer.high,
        n_seeds=closer.n,
        tables=(spread_table("Spread of the test error over seeds", [*classic, *modern_ones]),),
        pictures=(
            spread_picture(_title(last), DEPTHS, classic),
        ),
    )  # fmt: skip


def _title(deepest: Spread) -> str:
    if deepest.winner == "with":
        return "From random weights deep networks fail or spread; pre-trained ones end close together"
    return "The test error of every seed against depth"


def train(ground: Ground, recipes: Sequence[Recipe]) -> Sequence[Run]:
    """Train every recipe with every seed: all that takes long about this claim."""
    return at_own_rates(ground, recipes, RATES, ground.n_seeds(50), data=one_test(ground.data)).runs


def spreads(ground: Ground) -> tuple[list[Spread], list[Spread]]:
    """Return the spread at each depth with sigmoid units, and of today's recipe, p-values corrected over all."""
    recipes = [sigmoid_recipe(ground, depth, pretrained=yes) for depth in DEPTHS for yes in (True, False)]
    deepest = recipes[-2:]
    today = [modern(one, f"{MODERN}, {one.name}") for one in deepest]
    runs = train(ground, [*recipes, *today])
    half = halfway(ground.data)
    found = [
        _spread(f"sigmoid, depth {depth}", runs, half, *recipes[2 * k : 2 * k + 2]) for k, depth in enumerate(DEPTHS)
    ]
    found.append(_spread(MODERN, runs, half, *today))
    corrected = holm([one.p_value for one in found])
    whole = [replace(one, p_value=float(p_value)) for one, p_value in zip(found, corrected, strict=True)]
    return whole[:-1], whole[-1:]


def _spread(name: str, runs: Sequence[Run], half: float, with_it: Recipe, without: Recipe) -> Spread:
    a, b = (tuple(errors(runs, one.name)) for one in (with_it, without))
    found = Spread(name, a, b, halfway=half)
    return replace(found, p_value=brown_forsythe(a, b).p_value) if found.both_train else found


_WINS = {
    "with": "pre-training is the more robust too",
    "without": "pre-training is the less robust",
    "neither": "there is no such difference",
}


def narrower(ground: Ground, found: Sequence[Spread]) -> Paired:
    """Return how much further seeds are from their median without pre-training, mean over depths where both train."""
    some = [one for one in found if one.both_train] or list(found)
    without, with_it = (
        np.mean([deviations(values) for values in arm], axis=0)
        for arm in ([one.without for one in some], [one.with_it for one in some])
    )
    return paired_difference(without, with_it, generator=ground.rng("C2.5"))
