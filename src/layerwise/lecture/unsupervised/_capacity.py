"""C2.3: whether pre-training helps the optimization, with a wide top layer and with a narrow one."""

from __future__ import annotations

from typing import NamedTuple

from layerwise.lecture._arms import Arms, arms_picture, arms_table, differences, one_test
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import sided, verdict
from layerwise.lecture._errors import errors, log_losses, loss_name
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.unsupervised._arms import RATES, WITH, WITHOUT, modern, sigmoid_recipe
from layerwise.models import Recipe
from layerwise.records import Axis
from layerwise.stats import Paired

CLASSIC, MODERN = "sigmoid", "ReLU"
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
    decision_rule="It needs: the 95% interval of the median training error of wide networks without pre-training lies "
    "below 0.1%, and pre-training lowers the training loss of networks with 4 units on top, in the papers' sizes 20 "
    "(mean difference of its logarithm, paired by seed, p < 0.05 by Holm). It holds under a condition if that is not "
    "so with twice as many units on top, or with ReLU, He's initialization and Adam. The 4 units were chosen after "
    "trials, which is why 8 stand beside them.",
    source="CS7015, lecture 9.2. Larochelle, Bengio, Louradour and Lamblin 2009, Exploring strategies for training "
    "deep neural networks; Bengio et al. 2007, Greedy layer-wise training of deep networks, table 1 (20 units of "
    "top layer: 0.59% of training images wrong without pre-training, 0% with).",
)
def capacity(ground: Ground) -> Outcome:
    """Train wide and narrow networks, with and without pre-training, then and now."""
    wide, medium, few = _tops(ground)
    nets = ((CLASSIC, wide), (CLASSIC, medium), (CLASSIC, few), (MODERN, few))
    recipes = [one for unit, top in nets for one in _pair(ground, unit, top)]
    runs = at_own_rates(ground, recipes, RATES, ground.n_seeds(), data=one_test(ground.data)).runs
    names = [recipe.name for recipe in recipes]
    losses = {name: log_losses(runs, name) for name in names}
    train, test = ({name: errors(runs, name, part) for name in names} for part in ("train", "test"))
    pairs = [(names[k], names[k + 1]) for k in range(0, len(names), 2)]
    by_loss, by_test = differences(ground, losses, pairs), differences(ground, test, pairs)
    fitted = sided(train[_name(CLASSIC, wide, WITHOUT)], FITTED)
    full, half, narrow, today = (Effect(by_loss[pair], by_test[pair]) for pair in pairs)
    return Outcome(
        verdict=verdict([fitted.below, narrow.fits_better], [half.fits_better, today.fits_better]),
        condition=f"With the sigmoid units of 2006 {_said(narrow, few)}, and {_said(half, medium)}. With ReLU, He's "
        f"initialization and Adam {_said(today, few)}.",
        finding=f"Without pre-training, sigmoid networks with {wide} units on top have a training error of "
        f"{fitted.interval.estimate:.2f}% (median). Pre-training divides the training loss by "
        f"{10**full.loss.difference:.1f} with {wide} units on top, by {10**half.loss.difference:.1f} with {medium} and "
        f"by {10**narrow.loss.difference:.1f} with {few} (geometric means); it lowers the test error by "
        f"{full.test.difference:.2f}, {half.test.difference:.2f} and {narrow.test.difference:.2f} points.",
        metric=f"log10 of the training loss with {few} units on top, without minus with pre-training",
        value=narrow.loss.difference,
        low=narrow.loss.low,
        high=narrow.loss.high,
        n_seeds=narrow.loss.n,
        tables=(
            arms_table("Training error", train, "error, %"),
            arms_table("Training loss", {name: [10**one for one in some] for name, some in losses.items()},
                       loss_name(ground.data), digits=5),
            arms_table("Test error", test, "error, %"),
        ),
        pictures=(
            arms_picture("The training loss at the end", _powers(losses),
                         Axis(title=f"training loss, {loss_name(ground.data)}", scale="log")),
            arms_picture("The test error that comes with it", test, Axis(title="test error, percent", scale="log")),
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


def _said(effect: Effect, top: int) -> str:
    """Say whether pre-training fits networks with so many units on top better, with the factor and its interval."""
    makes = "makes" if effect.fits_better else "cannot be shown to make"
    loss = effect.loss
    return (
        f"pre-training {makes} networks with {top} units on top fit better (training loss "
        f"{10**loss.difference:.1f} times lower, 95% interval {10**loss.low:.1f} to {10**loss.high:.1f})"
    )


def _powers(losses: Arms) -> Arms:
    return {name: [10**value for value in values] for name, values in losses.items()}


def _tops(ground: Ground) -> tuple[int, int, int]:
    """Units of the last hidden layer: as many as below, few, and half of that; the paper's 20 of 500 are 4%."""
    return (500, 40, 20) if ground.full else (64, 8, 4)


def _name(unit: str, top: int, arm: str) -> str:
    return f"{unit}, {top} on top, {SHORT[arm]}"


def _pair(ground: Ground, unit: str, top: int) -> list[Recipe]:
    """Return the network without and with pre-training."""
    below = _tops(ground)[0]
    found = []
    for arm in (WITHOUT, WITH):
        name = _name(unit, top, arm)
        recipe = sigmoid_recipe(ground, 3, pretrained=arm == WITH, name=name)
        recipe = recipe.replace(width=(below, below, top), epochs=50 if ground.full else 40)
        found.append(modern(recipe, name) if unit == MODERN else recipe)
    return found
