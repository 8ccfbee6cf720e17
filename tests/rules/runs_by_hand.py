"""Runs made by hand: a healthy network of four hidden layers, and one measure of it replaced.

Steps are 0, 100, ..., 900 of 1000. `LEARNS` is a loss that falls below half of guessing after step 300; `STUCK` is one
that stays at guessing, so that every reading counts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from layerwise.records import Curve, Fact, Measure, Run
from layerwise.rules import View

STEPS = tuple(range(0, 1000, 100))
N_STEPS = 1000
HIDDEN = ("hidden1", "hidden2", "hidden3", "hidden4")
CHANCE = math.log(10)
LEARNS = (2.2, 1.9, 1.5, 1.0, 0.6, 0.3, 0.1, 0.03, 0.01, 0.003)  # at steps 100, 200, ..., 1000
STUCK = (CHANCE,) * 10

Value = float | Sequence[float]
Changes = Mapping[tuple[str, str], Value]


def facts(**changes: str | float) -> tuple[Fact, ...]:
    """What a comparison tells the rules about a tanh network of 64 units a layer."""
    told = {"activation": "tanh", "width": 64, "batch_size": 32, "chance_loss": CHANCE} | changes
    return tuple(Fact(name=name, value=value) for name, value in told.items())


def healthy_measures() -> dict[tuple[str, str], Value]:
    """Every measure that a fit records, at values that were seen in networks that trained."""
    gradient = [0.3, 0.2, 0.1, 0.05, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7]  # dies with the loss, in all layers alike
    found: dict[tuple[str, str], Value] = {("activation_std_between_inputs", "input"): 0.7}
    for layer in (*HIDDEN, "output"):
        found |= {(name, layer): 0.9 for name in ("preactivation_rms", "activation_rms")}
        found |= {("weight_rms", layer): 0.14, ("update_ratio", layer): [0.02 * g for g in gradient]}
        found[("preactivation_gradient_rms", layer)] = gradient
    for layer in HIDDEN:
        found |= {("activation_std_between_inputs", layer): 0.4, ("saturated_fraction", layer): 0.05}
        found |= {("dead_fraction", layer): 0.15, ("duplicate_unit_fraction", layer): 0.0}
    return found


def run(losses: Sequence[float] = LEARNS, changes: Changes | None = None, **fields: object) -> Run:
    """A healthy run with some measures replaced: a number stands for all readings."""
    measures = {**healthy_measures(), **(changes or {})}
    given = {"recipe": "arm", "seed": 0, "learning_rate": 0.1, "status": "finished", "n_steps": N_STEPS} | fields
    return Run(
        **given,
        seconds=1.0,
        scores={},
        curves=(Curve(name="train_loss", steps=tuple(range(100, 1001, 100))[: len(losses)], values=tuple(losses)),),
        measures=tuple(_measure(*place, value) for place, value in measures.items()),
    )


def view(losses: Sequence[float] = LEARNS, changes: Changes | None = None, **told: str | float) -> View:
    """The same, as rules see it."""
    return View(run(losses, changes), facts(**told))


def _measure(quantity: str, layer: str, value: Value) -> Measure:
    values = (value,) * len(STEPS) if isinstance(value, float | int) else tuple(value)
    return Measure(quantity=quantity, layer=layer, steps=STEPS[: len(values)], values=values)
