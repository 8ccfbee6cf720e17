"""C1.6: what becomes of plain training as networks get deeper."""

from __future__ import annotations

import math
from collections.abc import Sequence

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.models import Recipe
from layerwise.records import Axis, ClaimVerdict, Marks, Picture, Run, Table
from layerwise.stats import Interval, wilson_interval

DEPTHS = (1, 2, 3, 4, 10)
RATES = (0.3, 1.0)
TRAINED_AT = 0.55
"""Halfway from guessing on ten classes to fitting them all."""


def judged(shallow: Interval, deep: Interval) -> ClaimVerdict:
    """Return the verdict on the shares that train at the smallest and at the largest depth."""
    if shallow.low > 0.5 and deep.high < 0.5:
        return "holds"
    if shallow.high < 0.5 or deep.low > 0.5:
        return "does not hold"
    return "undecided"


@claim(
    "C1.6",
    "Deep networks before 2006 did not converge",
    kind="experiment",
    statement="Until 2006 it was very hard to train very deep networks: typically training did not converge, even "
    "after a large number of epochs.",
    prediction="With sigmoid units, small Gaussian weights and plain gradient descent, shallow networks train and "
    "deep ones do not, although a deep network of today trains in as many steps.",
    decision_rule="A seed trains if its training accuracy reaches 55%, halfway from guessing, at either of two "
    "learning rates. The claim holds if the 95% Wilson interval of the share of seeds that train lies above a half at "
    "depth 1 and below a half at depth 10; it does not if either lies on the other side.",
    source="CS7015, lecture 9.1, last slides. Glorot and Bengio 2010, Understanding the difficulty of training deep "
    "feedforward neural networks.",
)
def depth(ground: Ground) -> Outcome:
    """Train sigmoid networks of growing depth and count the seeds that learn."""
    n_seeds = ground.n_seeds()
    old = [[_old(deep, rate, ground) for rate in RATES] for deep in DEPTHS]
    today = [_today(DEPTHS[-1], ground)]
    runs = ground.fit([*(recipe for several in old for recipe in several), *today], n_seeds).runs
    found = [share_that_trains(runs, several) for several in old]
    modern = share_that_trains(runs, today)
    first, last = found[0], found[-1]
    fell = next((deep for deep, share in zip(DEPTHS, found, strict=True) if share.estimate < 0.5), None)
    return Outcome(
        verdict=judged(first, last),
        finding=f"{first.estimate:.0%} of seeds train with one hidden layer, {last.estimate:.0%} with ten"
        + (f"; from {fell} layers on it is less than half" if fell else "")
        + f". With ReLU, He's weights and as many steps, {modern.estimate:.0%} of networks with ten layers train.",
        metric="share of seeds that train, ten hidden layers",
        value=last.estimate,
        low=last.low,
        high=last.high,
        n_seeds=n_seeds,
        tables=(_table(found, modern),),
        pictures=(_picture(found, modern),),
    )


def share_that_trains(runs: Sequence[Run], recipes: Sequence[Recipe]) -> Interval:
    """Return the share of seeds that train by at least one of the recipes."""
    names = {recipe.name for recipe in recipes}
    best: dict[int, float] = {}
    for run in runs:
        if run.recipe in names:
            reached = run.scores["train_accuracy"]
            best[run.seed] = max(best.get(run.seed, 0.0), 0.0 if math.isnan(reached) else reached)
    return wilson_interval(sum(value >= TRAINED_AT for value in best.values()), len(best))


def _old(deep: int, rate: float, ground: Ground) -> Recipe:
    width, epochs = (1000, 100) if ground.full else (64, 30)
    return Recipe(name=f"depth {deep}, rate {rate:g}").replace(
        depth=deep, width=width, activation="sigmoid", initializer="normal", scale=0.1, method="sgd",
        learning_rate=rate, epochs=epochs,
    )  # fmt: skip


def _today(deep: int, ground: Ground) -> Recipe:
    same = _old(deep, 0.1, ground)
    return same.replace(name="relu, He", activation="relu", initializer="he_normal", scale=None)


def _table(found: Sequence[Interval], modern: Interval) -> Table:
    names = [*(f"sigmoid, {deep} hidden" for deep in DEPTHS), f"ReLU, {DEPTHS[-1]} hidden"]
    rows = tuple(
        (name, f"{share.estimate:.0%}", f"{share.low:.0%} to {share.high:.0%}")
        for name, share in zip(names, [*found, modern], strict=True)
    )
    return Table(title="Seeds that train", columns=("units and layers", "share", "95% interval"), rows=rows)


def _picture(found: Sequence[Interval], modern: Interval) -> Picture:
    shares = [*found, modern]
    return Picture(
        title="Sigmoid networks with small Gaussian weights stop training as they get deeper"
        if found[-1].estimate < found[0].estimate
        else "Sigmoid networks with small Gaussian weights train at every depth",
        x=Axis(title="hidden layers"),
        y=Axis(title="share of seeds that train", low=0.0, high=1.0),
        marks=(
            Marks(
                kind="line",
                columns={
                    "x": (*map(float, DEPTHS), float(DEPTHS[-1])),
                    "y": tuple(share.estimate for share in shares),
                    "low": tuple(share.low for share in shares),
                    "high": tuple(share.high for share in shares),
                    "series": ("sigmoid, small Gaussian",) * len(DEPTHS) + ("ReLU, He (2015)",),
                },
            ),
        ),
        note="Upright lines: 95% Wilson intervals.",
    )
