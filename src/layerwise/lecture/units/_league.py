"""C3.14: the lecture's advice, as a league of units over data sets and depths, and in a recurrent cell."""

from __future__ import annotations

import numpy as np

from layerwise.data import spirals
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import scores
from layerwise.lecture._ground import Ground
from layerwise.lecture._intervals import summary
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.units._league_drawn import League, league_picture, league_table
from layerwise.lecture.units._memory import memory_picture, memory_table
from layerwise.lecture.units._recurrent import LENGTH, SHORT, Memory, memories
from layerwise.models import Recipe
from layerwise.records import ClaimVerdict
from layerwise.stats import Paired, paired_difference

DEPTHS = (2, 8)
RATES = {"adam": (0.003, 0.01)}
MARGIN = 0.01
"""Accuracies within one point of one another count as equal."""

UNITS = {
    "ReLU": ("relu", "he_normal"),
    "Leaky ReLU": ("leaky_relu", "he_normal"),
    "ELU": ("elu", "he_normal"),
    "Maxout": ("maxout", "lecun_normal"),
    "tanh": ("tanh", "glorot_normal"),
    "sigmoid": ("sigmoid", "glorot_normal"),
}
VARIANTS = ("Leaky ReLU", "ELU", "Maxout")
LSTM, RECTIFIED = "sigmoid gates, tanh content", "ReLU everywhere"


@claim(
    "C3.14",
    "Which unit to use",
    kind="experiment",
    statement="Sigmoids are bad. ReLU is more or less the standard unit; Leaky ReLU, Maxout and ELU can be explored. "
    "Tanh and sigmoid are still used in LSTMs and other recurrent networks.",
    prediction="Over data sets and depths sigmoid networks are less accurate than ReLU networks; at least one of Leaky "
    "ReLU, Maxout and ELU is as accurate. A cell that is to remember learns with sigmoid gates and tanh content, and "
    "not with ReLU in their places.",
    decision_rule="Three parts, with 95% intervals. Sigmoid's accuracy less ReLU's, paired by seed, averaged over data "
    "sets and depths, lies below -1 point. The same of at least one variant lies above -1 point. The share of seeds "
    "that learn the memory task lies above a half for the LSTM and below a half for ReLU everywhere. Holds if all "
    "three, under a condition if one or two; else it does not hold. The memory task and its 30 steps were chosen after "
    "trials, which is why 10 steps stand beside them.",
    source="CS7015, lecture 9.3, things to remember. Hochreiter and Schmidhuber 1997, Long short-term memory.",
    tasks=("classification",),
)
def league(ground: Ground) -> Outcome:
    """Train every unit on every data set at every depth, and memory cells with and without ReLU."""
    n_seeds = ground.n_seeds()
    found: League = {}
    sets = {ground.data.name: (ground.data, 6), "spirals": (spirals(400), 40)}
    cells = [(name, deep) for name in sets for deep in DEPTHS]
    for k, (name, deep) in enumerate(cells):
        data, epochs = sets[name]
        recipes = [_recipe(ground, unit, deep, epochs) for unit in UNITS]
        runs = at_own_rates(ground, recipes, RATES, n_seeds, data=data, part=(k * 0.2, k * 0.2 + 0.2)).runs
        found[name, deep] = {unit: summary(scores(runs, unit, "test_accuracy")) for unit in UNITS}
    kept, brief = memories(ground, n_seeds, (0.8, 0.95)), memories(ground, n_seeds, (0.95, 1.0), SHORT)
    gaps = differences(ground, found)
    parts = advice(gaps, kept)
    return Outcome(
        verdict=league_verdict(parts),
        finding=f"Averaged over data sets and depths, sigmoid is {_points(gaps['sigmoid'])} against ReLU; the "
        f"variants: {', '.join(f'{name} {_points(gaps[name])}' for name in VARIANTS)}; tanh {_points(gaps['tanh'])}. "
        f"A memory of {LENGTH} steps is learned by {_share(kept[LSTM])} of LSTMs and {_share(kept[RECTIFIED])} of "
        f"such cells with ReLU everywhere; of {SHORT} steps by {_share(brief[LSTM])} and {_share(brief[RECTIFIED])}. "
        f"{_alone(kept)}",
        condition=_condition(parts),
        metric="accuracy of sigmoid less that of ReLU, mean over data sets and depths",
        value=gaps["sigmoid"].difference,
        low=gaps["sigmoid"].low,
        high=gaps["sigmoid"].high,
        n_seeds=n_seeds,
        tables=(league_table(found, gaps), memory_table(kept, brief)),
        pictures=(league_picture(found), memory_picture(kept)),
    )


def differences(ground: Ground, found: League) -> dict[str, Paired]:
    """Return every unit's mean accuracy over data sets and depths less ReLU's, paired by seed."""
    rng = ground.rng("C3.14 league")
    mean = {unit: np.mean([scores[unit].values for scores in found.values()], axis=0) for unit in UNITS}
    return {unit: paired_difference(mean[unit], mean["ReLU"], generator=rng) for unit in UNITS if unit != "ReLU"}


def advice(gaps: dict[str, Paired], kept: dict[str, Memory]) -> tuple[bool, bool, bool]:
    """Return whether sigmoid is bad, a variant is as good as ReLU, and the LSTM needs its units."""
    bad = gaps["sigmoid"].high < -MARGIN
    good = any(gaps[name].low > -MARGIN for name in VARIANTS)
    return bad, good, kept[LSTM].learned.low > 0.5 and kept[RECTIFIED].learned.high < 0.5


def league_verdict(parts: tuple[bool, bool, bool]) -> ClaimVerdict:
    """Return the verdict from the three parts."""
    return "holds" if all(parts) else "holds if" if any(parts) else "does not hold"


def _recipe(ground: Ground, unit: str, deep: int, epochs: int) -> Recipe:
    activation, initializer = UNITS[unit]
    width, factor = (500, 10) if ground.full else (32, 1)
    return Recipe(name=unit).replace(
        depth=deep, width=width, activation=activation, initializer=initializer, epochs=factor * epochs, method="adam"
    )


def _points(one: Paired) -> str:
    return f"{100 * one.difference:+.1f} points [{100 * one.low:+.1f}, {100 * one.high:+.1f}]"


def _share(one: Memory) -> str:
    return f"{one.learned.estimate:.0%}"


def _condition(parts: tuple[bool, bool, bool]) -> str:
    """Return which parts of the advice were seen, if not all were."""
    names = ("sigmoid is worse than ReLU", "a variant is as good as ReLU", "a memory cell needs its bounded units")
    seen = [name for name, true in zip(names, parts, strict=True) if true]
    missing = [name for name, true in zip(names, parts, strict=True) if not true]
    return f"Seen: {'; '.join(seen) or 'nothing'}. Not seen: {'; '.join(missing)}." if missing else ""


def _alone(kept: dict[str, Memory]) -> str:
    """Return which cells learn with only one kind of unit replaced."""
    alone = [name for name in kept if name not in {LSTM, RECTIFIED} and kept[name].learned.low > 0.5]
    return f"Of {LENGTH} steps, cells with {' or '.join(alone)} learn it too." if alone else ""
