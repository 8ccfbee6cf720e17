"""C4.1: units that begin alike stay alike."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.models import Recipe
from layerwise.population import LayerView, Snapshot
from layerwise.records import Axis, ClaimVerdict, Marks, Picture, Run, Table

SAME = 1e-12
"""Units differ by less, relative to the larger of 1 and the layer's largest, if they are the same but for rounding."""

N_UNITS = 6
CONSTANTS = (0.0, 0.1)
ACTIVATIONS = ("sigmoid", "tanh", "relu")
DIFFERENCES = ("activation_difference", "gradient_difference")


def difference(x: Tensor) -> Tensor:
    """Return the largest difference of two units on one row, over the larger of 1 and the layer's largest: [seed].

    Example:
        >>> difference(torch.tensor([[[1.0, 1.0], [4.0, 3.0]]]))
        tensor([0.2500])
    """
    return (x.amax(2) - x.amin(2)).amax(1) / x.abs().amax((1, 2)).clamp(min=1)


@claim(
    "C4.1",
    "Equal weights: all units stay the same",
    kind="exact",
    statement="With all weights 0, or all equal, the units of a layer have the same activation and get the same "
    "gradient, and so they never differ.",
    prediction="Units stay the same through training for any constant and any activation function. Dropout, which "
    "switches off units at random, parts them.",
    decision_rule="Through 3 epochs of training with constants 0 and 0.1 and three activation functions, no two units "
    "of a layer differ by more than 1e-12 in activation or gradient, relative, in float64. Holds under a condition if "
    "units of the same networks with dropout do differ.",
    source="CS7015, lecture 9.4, first slides. Rumelhart, Hinton and Williams 1986, Learning representations by "
    "back-propagating errors, who begin with small random weights to break the symmetry.",
    tasks=("classification",),
)
def equal_weights(ground: Ground) -> Outcome:
    """Train networks whose weights begin equal, and look for two units that differ."""
    plain = [_recipe(f"{name}, all {value:g}", name, value) for name in ACTIVATIONS for value in CONSTANTS]
    dropped = [_recipe(f"{name}, all 0.1, dropout", name, 0.1, dropout=0.5) for name in ACTIVATIONS]
    usual = [_recipe("tanh, random", "tanh", None)]
    watch = _Watch()
    recipes = [*plain, *dropped, *usual]
    runs = ground.fit(recipes, 1, observe=watch, probe_every=4, dtype=torch.float64).runs
    found = {run.recipe: run for run in runs}
    worst = max(largest(found[one.name]) for one in plain)
    parted = min(largest(found[one.name]) for one in dropped)
    verdict = judged(worst, parted)
    best = max(found[one.name].scores["test_accuracy"] for one in plain)
    return Outcome(
        verdict=verdict,
        finding=f"Over {plain[0].training.epochs} epochs no two units of a layer come to differ by more than "
        f"{worst:.1e} in {len(plain)} networks that begin with equal weights; the best of them gets {best:.0%} of the "
        f"test digits right, one with random weights {found[usual[0].name].scores['test_accuracy']:.0%}. With dropout "
        f"units differ by {parted:.2g} at least.",
        condition="Unless something random acts on single units: dropout parts them." if verdict == "holds if" else "",
        metric="largest difference of two units",
        value=worst,
        tables=(_table(recipes, found),),
        pictures=(
            *(watch.picture(one.name, title) for one, title in zip(
                (plain[3], dropped[1], usual[0]),
                ("All weights 0.1: units are one", "0.1 and dropout: units part",
                 "Random weights: all differ"),
                strict=True,
            )),
        ),
    )  # fmt: skip


def judged(worst: float, parted: float) -> ClaimVerdict:
    """Return the verdict on the largest difference without dropout, and the smallest of networks with it."""
    if worst > SAME:
        return "does not hold"
    return "holds if" if parted > SAME else "holds"


def largest(run: Run) -> float:
    """Return the largest difference of two units at any reading, in any hidden layer."""
    return max(max(one.values) for one in run.measures if one.quantity in DIFFERENCES)


class _Watch:
    """Reads how far units differ, and keeps the activations of some units of the first layer for one row."""

    def __init__(self) -> None:
        self._kept: dict[str, list[tuple[int, list[float]]]] = {}

    def __call__(self, snapshot: Snapshot) -> dict[tuple[str, str], Tensor]:
        for arm, a in zip(snapshot.arms, snapshot.layers[0].a, strict=True):
            self._kept.setdefault(arm, []).append((snapshot.step, a[0, :N_UNITS].tolist()))
        return {
            (name, layer.name): value
            for layer in snapshot.layers[:-1]
            for name, value in zip(DIFFERENCES, _differences(layer), strict=True)
        }

    def picture(self, arm: str, title: str) -> Picture:
        """Return the activations of some units over training."""
        steps, rows = zip(*self._kept[arm], strict=True)
        x = tuple(map(float, steps))
        return Picture(
            title=title,
            x=Axis(title="step of training"),
            y=Axis(title="activation, first row of a batch"),
            marks=tuple(Marks(kind="path", columns={"x": x, "y": y}) for y in zip(*rows, strict=True)),
            note=f"{N_UNITS} units of the first hidden layer, a line for each. Batches differ from step to step.",
            size="card",
        )


def _differences(layer: LayerView) -> tuple[Tensor, Tensor]:
    """Return those of the pre-activations, and of the gradient that one example sends."""
    return difference(layer.z), difference(layer.z_gradient * layer.z.shape[1])


# Without biases, as in the lecture's drawing: with equal weights the first gradient is 0, in floating point a rounding
# error of either sign, and biases that step by it lie on either side of ReLU's kink, which parts the units.
def _recipe(name: str, activation: str, value: float | None, dropout: float = 0.0) -> Recipe:
    begin = {"initializer": "lecun_normal"} if value is None else {"initializer": "constant", "scale": value}
    return Recipe(name=name).replace(
        depth=2, width=32, activation=activation, dropout=dropout, bias="none", learning_rate=0.1, epochs=3, **begin
    )


def _table(recipes: Sequence[Recipe], found: dict[str, Run]) -> Table:
    rows = tuple(
        (one.name, f"{largest(found[one.name]):.2g}", f"{found[one.name].scores['test_accuracy']:.1%}")
        for one in recipes
    )
    return Table(
        title="Units of one layer through training",
        columns=("network", "largest difference", "test accuracy"),
        rows=rows,
        note="Of pre-activations and of their gradients, relative to the larger of 1 and the layer's largest.",
    )
