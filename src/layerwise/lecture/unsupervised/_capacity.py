"""C2.3: whether pre-training helps the optimization, with a wide top layer and with a narrow one."""

from __future__ import annotations

import math
from typing import NamedTuple

from layerwise.lecture._arms import Arms, arms_picture, arms_table, at_own_rates, differences, errors, one_test, scores
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import sided, verdict
from layerwise.lecture._ground import Ground
from layerwise.lecture.unsupervised._arms import RATES, WITH, WITHOUT, modern, sigmoid_recipe
from layerwise.models import Recipe
from layerwise.records import Axis
from layerwise.stats import Paired

WIDE, NARROW = "wide top", "narrow top"
CLASSIC, MODERN = "sigmoid", "relu"
SHORT = {WITH: "pre-trained", WITHOUT: "plain"}
FITTED = 0.1
"""Percent of training images still wrong at which the training error counts as 0."""

LEVEL = 0.05


@claim(
    "C2.3",
    "Better optimization, if capacity is small",
    kind="experiment",
    statement="With a large last hidden layer the training error reaches 0 without pre-training, so optimization "
    "cannot be why it helps; with a small one, pre-training helps.",
    prediction="Without pre-training, wide networks fit every training image; those whose last hidden layer has a few "
    "units only do not, and with pre-training they fit better.",
    decision_rule="The 95% interval of the median training error of wide networks without pre-training lies below "
    "0.1%, and pre-training lowers the training loss of narrow ones (mean difference of its logarithm, paired by "
    "seed, p < 0.05 by Holm). It holds if ..., if that is not so with relu, He's initialization and Adam.",
    source="CS7015, lecture 9.2. Larochelle, Bengio, Louradour and Lamblin 2009, Exploring strategies for training "
    "deep neural networks; Bengio et al. 2007, Greedy layer-wise training of deep networks, table 1 (20 units of "
    "top layer: 0.59% of training images wrong without pre-training, 0% with).",
)
def capacity(ground: Ground) -> Outcome:
    """Train wide and narrow networks, with and without pre-training, then and now."""
    recipes = [one for unit in (CLASSIC, MODERN) for top in (WIDE, NARROW) for one in _pair(ground, unit, top)]
    runs = at_own_rates(ground, recipes, RATES, ground.n_seeds(), data=one_test(ground.data)).runs
    names = [recipe.name for recipe in recipes]
    losses = {name: [math.log10(max(loss, 1e-12)) for loss in scores(runs, name, "train_loss")] for name in names}
    train, test = ({name: errors(runs, name, part) for name in names} for part in ("train", "test"))
    pairs = [(names[k], names[k + 1]) for k in range(0, len(names), 2)]
    by_loss, by_test = differences(ground, losses, pairs), differences(ground, test, pairs)
    fitted = sided(train[_name(CLASSIC, WIDE, WITHOUT)], FITTED)
    found = {pair[0]: Effect(by_loss[pair], by_test[pair]) for pair in pairs}
    narrow, today = found[_name(CLASSIC, NARROW, WITHOUT)], found[_name(MODERN, NARROW, WITHOUT)]
    return Outcome(
        verdict=verdict([fitted.below, narrow.fits_better], [today.fits_better]),
        condition=f"With sigmoid units of 2006 {_said(narrow)}; with relu, He's initialization and Adam "
        f"{_said(today)}. A top layer is narrow with {_tops(ground)[NARROW]} units.",
        finding=f"Without pre-training, wide sigmoid networks get {fitted.interval.estimate:.2f}% of the training "
        f"images wrong. Pre-training divides the training loss of narrow ones by {10**narrow.loss.difference:.1f}, "
        f"and of wide ones by {10 ** found[_name(CLASSIC, WIDE, WITHOUT)].loss.difference:.1f}; it lowers their "
        f"test errors by {narrow.test.difference:.2f} and "
        f"{found[_name(CLASSIC, WIDE, WITHOUT)].test.difference:.2f} points.",
        metric="log10 of the training loss of narrow networks, without minus with pre-training",
        value=narrow.loss.difference,
        low=narrow.loss.low,
        high=narrow.loss.high,
        n_seeds=narrow.loss.n,
        tables=(
            arms_table("Training images that are wrong", train, "%"),
            arms_table("Training loss", {name: [10**one for one in some] for name, some in losses.items()},
                       "cross-entropy", digits=5),
            arms_table("Test images that are wrong", test, "%"),
        ),
        pictures=(
            arms_picture("The training loss at the end", _powers(losses),
                         Axis(title="training loss, cross-entropy", scale="log")),
            arms_picture("The test error that comes with it", test, Axis(title="test error, percent", low=0.0)),
        ),
    )  # fmt: skip


class Effect(NamedTuple):
    """What pre-training takes off log10 of the training loss, and off the test error in points."""

    loss: Paired
    test: Paired

    @property
    def fits_better(self) -> bool:
        """Whether the training loss is lower with pre-training."""
        return self.loss.difference > 0 and self.loss.p_value < LEVEL


def _said(effect: Effect) -> str:
    fits = "fits narrow networks better" if effect.fits_better else "does not fit narrow networks better"
    return f"pre-training {fits} ({10**effect.loss.difference:.1f} times less training loss)"


def _powers(losses: Arms) -> Arms:
    return {name: [10**value for value in values] for name, values in losses.items()}


def _tops(ground: Ground) -> dict[str, int]:
    """Units of the last hidden layer; 4 of 64 is as narrow as the paper's 20 of 500."""
    return {WIDE: 500, NARROW: 20} if ground.full else {WIDE: 64, NARROW: 4}


def _name(unit: str, top: str, arm: str) -> str:
    return f"{unit}, {top}, {SHORT[arm]}"


def _pair(ground: Ground, unit: str, top: str) -> list[Recipe]:
    """Return the network without and with pre-training."""
    below = _tops(ground)[WIDE]
    found = []
    for arm in (WITHOUT, WITH):
        name = _name(unit, top, arm)
        recipe = sigmoid_recipe(ground, 3, pretrained=arm == WITH, name=name)
        recipe = recipe.replace(width=(below, below, _tops(ground)[top]), epochs=50 if ground.full else 40)
        found.append(modern(recipe, name) if unit == MODERN else recipe)
    return found
