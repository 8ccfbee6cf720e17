"""C3.8: does ReLU converge much faster?"""

from __future__ import annotations

import math

import numpy as np

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._marks import intervals
from layerwise.lecture.units._race import TARGET, Times, race
from layerwise.models import Recipe
from layerwise.records import Axis, ClaimVerdict, Picture, Table
from layerwise.report import listed
from layerwise.stats import Interval, median_interval

DEPTHS = (1, 2, 4, 8)
RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
UNITS = {"ReLU": ("relu", "he_normal"), "tanh": ("tanh", "glorot_normal"), "sigmoid": ("sigmoid", "glorot_normal")}
MUCH = 2.0

Ratios = dict[tuple[str, int], Interval]
"""Updates of a rival over those of ReLU, by rival and depth."""


@claim(
    "C3.8",
    "ReLU converges much faster",
    kind="experiment",
    statement="ReLU does not saturate for positive inputs, and in practice converges much faster than sigmoid and "
    "tanh.",
    prediction="At every depth ReLU networks need far fewer updates to the same training loss; six times fewer than "
    "tanh in the convolutional network of the source.",
    decision_rule="Each unit at its own fastest learning rate and with the initialization made for it. Much faster: "
    "the 95% interval of the median over seeds of (updates of the rival / updates of ReLU) lies at 2 or above. Holds "
    "if so against both at every depth; holds under a condition where it is so at some depth against one of them; "
    "else does not hold.",
    source="CS7015, lecture 9.3, advantages of ReLU. Krizhevsky, Sutskever and Hinton 2012, ImageNet classification "
    "with deep convolutional neural networks.",
)
def speed(ground: Ground) -> Outcome:
    """Count updates until the same training loss, at several depths."""
    n_seeds = ground.n_seeds()
    found = race(ground, [_recipe(ground, unit, deep) for deep in DEPTHS for unit in UNITS], RATES, n_seeds)
    by = {(unit, deep): found[_name(unit, deep)] for unit in UNITS for deep in DEPTHS}
    ratios = {(unit, deep): ratio(times, by["ReLU", deep]) for (unit, deep), times in by.items() if unit != "ReLU"}
    lowest = min(ratios.values(), key=lambda one: one.low)
    return Outcome(
        verdict=speed_verdict(ratios),
        finding=f"{_said(by, 'tanh', ratios)} {_said(by, 'sigmoid', ratios)}",
        condition=_condition(ratios),
        metric="updates of the rival / updates of ReLU, where ReLU gains least",
        value=lowest.estimate,
        low=lowest.low,
        high=lowest.high,
        n_seeds=n_seeds,
        tables=(_table(by, ratios),),
        pictures=(_picture(by),),
    )


def ratio(rival: Times, relu: Times) -> Interval:
    """Return the median over seeds of rival / ReLU; 1 where neither arrived, 0 where ReLU alone did not."""
    pairs = zip(rival.steps, relu.steps, strict=True)
    return median_interval([1.0 if math.isinf(a) and math.isinf(b) else a / b for a, b in pairs])


def speed_verdict(ratios: Ratios) -> ClaimVerdict:
    """Return the verdict from the ratios by rival and depth."""
    much = [one.low >= MUCH for one in ratios.values()]
    return "holds" if all(much) else "holds if" if any(much) else "does not hold"


def _recipe(ground: Ground, unit: str, deep: int) -> Recipe:
    activation, initializer = UNITS[unit]
    width, epochs = (500, 60) if ground.full else (32, 10)
    return Recipe(name=_name(unit, deep)).replace(
        depth=deep, width=width, activation=activation, initializer=initializer, epochs=epochs
    )


def _name(unit: str, deep: int) -> str:
    return f"{unit}, {deep} deep"


def _condition(ratios: Ratios) -> str:
    """Return against which rival it is so, and how deep."""
    parts = []
    for rival in ("sigmoid", "tanh"):
        much = [deep for deep in DEPTHS if ratios[rival, deep].low >= MUCH]
        depths = listed([str(deep) for deep in much])
        parts.append(f"It is much faster than {rival} with {depths} hidden layers." if much and much != [*DEPTHS] else
                     f"It is much faster than {rival} at every depth." if much else
                     f"It is not much faster than {rival} at any depth.")  # fmt: skip
    return "" if speed_verdict(ratios) == "holds" else " ".join(parts)


def _said(by: dict[tuple[str, int], Times], rival: str, ratios: Ratios) -> str:
    first, last = ratios[rival, DEPTHS[0]], ratios[rival, DEPTHS[-1]]
    arrived = by[rival, DEPTHS[-1]].n_arrived
    end = f"needs {_times(last.estimate)}" if np.isfinite(last.estimate) else "never arrives"
    return (
        f"With one hidden layer {rival} needs {_times(first.estimate)} updates as ReLU; with {DEPTHS[-1]} layers it "
        f"{end} ({arrived} of {len(by[rival, 1].steps)} "
        "networks do)."
    )


def _times(ratio: float) -> str:
    return "as many" if f"{ratio:.2g}" == "1" else f"{ratio:.2g} times as many"


def _table(by: dict[tuple[str, int], Times], ratios: Ratios) -> Table:
    rows = []
    for (unit, deep), times in sorted(by.items(), key=lambda item: item[0][1]):
        compared = "" if unit == "ReLU" else _ends(ratios[unit, deep])
        median = times.median.estimate
        rows.append(
            (_name(unit, deep), "never" if np.isinf(median) else f"{median:.0f}",
             f"{times.n_arrived}/{len(times.steps)}", compared, f"{times.rate:g}")
        )  # fmt: skip
    return Table(
        title=f"Updates until the training loss is {TARGET}",
        columns=("network", "updates", "arrived", "times ReLU's, 95% interval", "best rate"),
        rows=tuple(rows),
        note="Medians over seeds, within the time that all were given.",
    )


def _ends(one: Interval) -> str:
    if np.isinf(one.low):
        return "never arrives"
    return f"{one.estimate:.2f} [{one.low:.2f}, {one.high:.2f}]"


def _picture(by: dict[tuple[str, int], Times]) -> Picture:
    return Picture(
        title="Updates to the same training loss, by unit and depth",
        x=Axis(title="hidden layers"),
        y=Axis(title=f"updates to a training loss of {TARGET}", low=0.0),
        marks=tuple(intervals(DEPTHS, [by[unit, deep].median for deep in DEPTHS], unit) for unit in UNITS),
        note="Medians over seeds at each unit's fastest learning rate, with 95% intervals; no point: most seeds never "
        "arrived.",
        size="full",
    )
