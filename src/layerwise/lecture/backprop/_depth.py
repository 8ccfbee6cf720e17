"""C1.6: what becomes of plain training as networks get deeper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import error, halfway
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import gentle
from layerwise.models import Recipe
from layerwise.records import Axis, ClaimVerdict, Marks, Picture, Run, Table
from layerwise.stats import Interval, wilson_interval

DEPTHS = (1, 2, 3, 4, 10)
RATES = (0.3, 1.0)
LONG, TIMES = (4, 10), 3
"""Depths that are trained at the last rate for so many times the epochs as well."""


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
    prediction="With sigmoid units, Gaussian weights of standard deviation 0.1 and plain gradient descent, shallow "
    "networks train and deep ones do not, not in three times the epochs either, although a deep network of today does.",
    decision_rule="A seed trains if its training accuracy reaches 55%, halfway from guessing, at either of two "
    "learning rates, or, at depth 4 and 10, in three times the epochs. The claim holds if the 95% Wilson interval of "
    "the share of seeds that train lies above a half at depth 1 and below a half at depth 10; it does not if either "
    "lies on the other side.",
    source="CS7015, lecture 9.1, last slides. Glorot and Bengio 2010, Understanding the difficulty of training deep "
    "feedforward neural networks.",
)
def depth(ground: Ground) -> Outcome:
    """Train sigmoid networks of growing depth and count the seeds that learn."""
    n_seeds = ground.n_seeds()
    old = [[_old(deep, rate, ground) for rate in RATES] for deep in DEPTHS]
    long = {deep: _longer(deep, ground) for deep in LONG}
    today = [_today(DEPTHS[-1], ground)]
    runs = ground.fit([*(recipe for several in old for recipe in several), *long.values(), *today], n_seeds).runs
    half = halfway(ground.data)
    found = {deep: share_that_trains(runs, several, half) for deep, several in zip(DEPTHS, old, strict=True)}
    longer = {deep: share_that_trains(runs, [recipe], half) for deep, recipe in long.items()}
    modern = share_that_trains(runs, today, half)
    first, last = found[DEPTHS[0]], share_that_trains(runs, [*old[-1], long[LONG[-1]]], half)
    fell = next((deep for deep, share in found.items() if share.estimate < 0.5), None)
    return Outcome(
        verdict=judged(first, last),
        finding=f"{first.estimate:.0%} of seeds train with one hidden layer, {last.estimate:.0%} with ten"
        + (f"; from {fell} layers on it is less than half" if fell else "")
        + f". In {TIMES} times the epochs, {longer[LONG[0]].estimate:.0%} train with {LONG[0]} layers and "
        f"{longer[LONG[-1]].estimate:.0%} with {LONG[-1]}. With ReLU, He's weights and as many steps, "
        f"{modern.estimate:.0%} of networks with ten layers train.",
        metric="share of seeds that train, ten hidden layers",
        value=last.estimate,
        low=last.low,
        high=last.high,
        n_seeds=n_seeds,
        tables=(_table(found, longer, modern),),
        pictures=(_picture(found, longer, modern),),
    )


def share_that_trains(runs: Sequence[Run], recipes: Sequence[Recipe], half: float) -> Interval:
    """Return the share of seeds that train by at least one of the recipes, to a training error of at most `half`."""
    names = {recipe.name for recipe in recipes}
    seeds = {run.seed for run in runs if run.recipe in names}
    there = {run.seed for run in runs if run.recipe in names and error(run, "train") <= half}
    return wilson_interval(len(there), len(seeds))


def _old(deep: int, rate: float, ground: Ground) -> Recipe:
    width, epochs = (1000, 100) if ground.full else (64, 30)
    rate = gentle(rate, ground.data)
    return Recipe(name=f"depth {deep}, rate {rate:g}").replace(
        depth=deep, width=width, activation="sigmoid", initializer="normal", scale=0.1, method="sgd",
        learning_rate=rate, epochs=epochs,
    )  # fmt: skip


def _longer(deep: int, ground: Ground) -> Recipe:
    recipe = _old(deep, RATES[-1], ground)
    return recipe.replace(name=f"{recipe.name}, longer", epochs=TIMES * recipe.training.n_epochs(1))


def _today(deep: int, ground: Ground) -> Recipe:
    same = _old(deep, 0.1, ground)
    return same.replace(name="relu, He", activation="relu", initializer="he_normal", scale=None)


Shares = Mapping[int, Interval]
"""Shares of seeds that train, by the number of hidden layers."""


def _table(found: Shares, longer: Shares, modern: Interval) -> Table:
    shares = {f"sigmoid, {deep} hidden": share for deep, share in found.items()}
    shares |= {f"sigmoid, {deep} hidden, {TIMES} times the epochs": share for deep, share in longer.items()}
    shares |= {f"ReLU, {DEPTHS[-1]} hidden": modern}
    rows = tuple(
        (name, f"{share.estimate:.0%}", f"{share.low:.0%} to {share.high:.0%}") for name, share in shares.items()
    )
    return Table(title="Seeds that train", columns=("units and layers", "share", "95% interval"), rows=rows)


def _picture(found: Shares, longer: Shares, modern: Interval) -> Picture:
    drawn = {
        "sigmoid, small Gaussian": found,
        f"the same, {TIMES} times the epochs": longer,
        "ReLU, He (2015)": {DEPTHS[-1]: modern},
    }
    places = [(float(deep), share, name) for name, shares in drawn.items() for deep, share in shares.items()]
    return Picture(
        title="Sigmoid networks with small Gaussian weights stop training as they get deeper"
        if found[DEPTHS[-1]].estimate < found[DEPTHS[0]].estimate
        else "Sigmoid networks with small Gaussian weights train at every depth",
        x=Axis(title="hidden layers"),
        y=Axis(title="share of seeds that train", low=0.0, high=1.0),
        marks=(
            Marks(
                kind="line",
                columns={
                    "x": tuple(deep for deep, _, _ in places),
                    "y": tuple(share.estimate for _, share, _ in places),
                    "low": tuple(share.low for _, share, _ in places),
                    "high": tuple(share.high for _, share, _ in places),
                    "series": tuple(name for _, _, name in places),
                },
            ),
        ),
        note="Upright lines: 95% Wilson intervals. The other lines only join the depths that were tried.",
    )
