"""C1.6: what becomes of plain training as networks get deeper."""

from __future__ import annotations

import math

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.models import Recipe
from layerwise.records import Axis, Marks, Picture, Table
from layerwise.stats import wilson_interval

DEPTHS = (1, 2, 3, 4, 5, 6, 8, 10)
TRAINED_AT = 0.55
"""Halfway from guessing on ten classes to fitting them all."""


@claim(
    "C1.6",
    "Deep networks before 2006 did not converge",
    kind="experiment",
    statement="Until 2006 it was very hard to train very deep networks: typically training did not converge, even "
    "after a large number of epochs.",
    prediction="With sigmoid units, small Gaussian weights and plain gradient descent, shallow networks train and "
    "deep ones do not.",
    decision_rule="A seed trains if its training accuracy reaches 55%, halfway from guessing. The claim holds if the "
    "95% Wilson interval of the share of seeds that train lies above a half at depth 1 and below a half at depth 10.",
    source="CS7015, lecture 9.1, last slides. Glorot and Bengio 2010, Understanding the difficulty of training deep "
    "feedforward neural networks.",
)
def depth(ground: Ground) -> Outcome:
    """Train sigmoid networks of growing depth and count the seeds that learn."""
    n_seeds = ground.n_seeds()
    recipes = [_recipe(deep, ground) for deep in DEPTHS]
    fitted = ground.fit(recipes, n_seeds)
    found = [
        wilson_interval(sum(run.scores["train_accuracy"] >= TRAINED_AT for run in runs), len(runs))
        for runs in ([run for run in fitted.runs if run.recipe == recipe.name] for recipe in recipes)
    ]
    first, last = found[0], found[-1]
    holds = first.low > 0.5 and last.high < 0.5
    fell = next((deep for deep, share in zip(DEPTHS, found, strict=True) if share.estimate < 0.5), math.inf)
    rows = tuple(
        (f"{deep}", f"{share.estimate:.0%}", f"{share.low:.0%} to {share.high:.0%}")
        for deep, share in zip(DEPTHS, found, strict=True)
    )
    return Outcome(
        verdict="holds" if holds else "does not hold",
        finding=f"{first.estimate:.0%} of seeds train with one hidden layer, {last.estimate:.0%} with ten; from "
        f"{fell} layers on it is less than half.",
        metric="share of seeds that train, ten hidden layers",
        value=last.estimate,
        low=last.low,
        high=last.high,
        n_seeds=n_seeds,
        tables=(Table(title="Seeds that train", columns=("hidden layers", "share", "95% interval"), rows=rows),),
        pictures=(
            Picture(
                title="Sigmoid networks with small Gaussian weights stop training as they get deeper",
                x=Axis(title="hidden layers"),
                y=Axis(title="share of seeds that train", low=0.0, high=1.0),
                marks=(
                    Marks(
                        kind="line",
                        columns={
                            "x": tuple(map(float, DEPTHS)),
                            "y": tuple(share.estimate for share in found),
                            "low": tuple(share.low for share in found),
                            "high": tuple(share.high for share in found),
                        },
                    ),
                ),
                note="Upright lines: 95% Wilson intervals.",
            ),
        ),
    )


def _recipe(deep: int, ground: Ground) -> Recipe:
    width, epochs = (1000, 100) if ground.full else (64, 60)
    return Recipe(name=f"depth {deep}").replace(
        depth=deep, width=width, activation="sigmoid", initializer="normal", scale=0.1, method="sgd",
        learning_rate=0.3, epochs=epochs,
    )  # fmt: skip
