"""C3.1: a deep linear network is one linear map."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from statistics import median

import torch
from torch import Tensor, nn

from layerwise.data import Data, circles, spirals
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import scores
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture._intervals import summary
from layerwise.lecture._search import at_own_rates
from layerwise.models import Recipe, build
from layerwise.records import Axis, ClaimVerdict, Marks, Picture, Run, Summary, Table

STRAIGHT, LEARNED = 0.75, 0.9
"""On circles no straight line is right on more than 2/3; the rest is room for the draw of the test rows."""

N_POINTS = 500
RATES = {"adam": (0.01, 0.03)}
CELLS = 36
ARMS = {"deep linear": "linear", "deep tanh": "tanh", "deep ReLU": "relu"}


@claim(
    "C3.1",
    "A deep linear network is one linear map",
    kind="exact and experiment",
    statement="With linear units, a deep network computes one linear map of its input: it cannot learn a boundary that "
    "is not straight, and a deep non-linear network can.",
    prediction="The product of the weight matrices gives the network's outputs. On two circles and two spirals the "
    "linear network stays near what a straight line reaches; tanh and ReLU networks learn the boundary.",
    decision_rule="Largest difference between network and collapsed matrix at most 1e-12 in float64; and on both data "
    "sets the 95% interval of the median test accuracy lies below 75% for the linear network and above 90% for at "
    "least one non-linear one. Undecided if an interval holds its limit.",
    source="CS7015, lecture 9.3, first slides. Cybenko 1989, Approximation by superpositions of a sigmoidal function.",
)
def linear(ground: Ground) -> Outcome:
    """Collapse a deep linear network, and train it beside non-linear ones."""
    sides = collapsed_sides(ground.generator("C3.1"))
    n_seeds, marks = ground.n_seeds(), {}
    pictures: list[Picture] = []
    for k, data in enumerate((circles(N_POINTS), spirals(N_POINTS))):
        runs = at_own_rates(ground, _arms(), RATES, n_seeds, data=data, part=(k / 2, k / 2 + 0.4)).runs
        marks[data.name] = {arm: summary(scores(runs, arm, "test_accuracy")) for arm in ARMS}
        pictures += [_boundary(ground, data, arm, runs) for arm in ("deep linear", "deep tanh")]
    found = linear_verdict(largest(sides), marks)
    worst = max((scores["deep linear"] for scores in marks.values()), key=lambda one: one.median)
    best = {
        name: max(one.median for arm, one in scores.items() if arm != "deep linear") for name, scores in marks.items()
    }
    return Outcome(
        verdict=found,
        finding=f"Five linear layers and their product differ by {largest(sides):.2g} at most. The deep linear "
        f"network classifies {_median(marks, 'circles'):.0%} of the points of two circles right and "
        f"{_median(marks, 'spirals'):.0%} of those of two spirals; the better non-linear one {best['circles']:.0%} "
        f"and {best['spirals']:.0%} (medians).",
        metric="median test accuracy of the deep linear network, where it is best",
        value=worst.median,
        low=worst.low,
        high=worst.high,
        n_seeds=n_seeds,
        tables=(sides_table("Five linear layers and one", sides, ("deep", "collapsed")), _table(marks)),
        pictures=tuple(pictures),
    )


def linear_verdict(error: float, marks: dict[str, dict[str, Summary]]) -> ClaimVerdict:
    """Return the verdict from the exact error and the accuracies by data set and arm."""
    if error > ROUNDING:
        return "does not hold"
    open_ends = False
    for found in marks.values():
        flat = found["deep linear"]
        best = max((one for name, one in found.items() if name != "deep linear"), key=lambda one: one.low)
        if flat.low >= STRAIGHT or best.high <= LEARNED:
            return "does not hold"
        open_ends = open_ends or flat.high >= STRAIGHT or best.low <= LEARNED
    return "undecided" if open_ends else "holds"


def collapsed_sides(generator: torch.Generator) -> list[Sides]:
    """Return the outputs of a deep linear network with biases beside those of its collapsed map."""
    recipe = Recipe().replace(depth=4, width=16, activation="linear", bias_std=1.0)
    network = build(recipe, 10, 3, generator, torch.float64)
    x = torch.randn(200, 10, generator=generator, dtype=torch.float64)
    layers: list[tuple[Tensor, Tensor]] = [
        (layer.weight, layer.bias) for layer in network.modules() if isinstance(layer, nn.Linear)
    ]
    weight, bias = reduce(_after, layers)
    return [Sides("outputs for 200 inputs", network(x).detach(), (x @ weight.T + bias).detach())]


def _after(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Return two linear maps as one: W2 (W1 x + b1) + b2."""
    return second[0] @ first[0], second[0] @ first[1] + second[1]


def _arms() -> list[Recipe]:
    base = Recipe().replace(depth=4, width=32, method="adam", epochs=50, initializer="glorot_normal")
    return [base.replace(name=name, activation=unit) for name, unit in ARMS.items()]


def _median(marks: dict[str, dict[str, Summary]], data: str) -> float:
    return marks[data]["deep linear"].median


def _table(marks: dict[str, dict[str, Summary]]) -> Table:
    rows = tuple(
        (f"{arm}, {data}", f"{one.median:.1%}", f"{one.low:.1%} to {one.high:.1%}")
        for data, scores in marks.items()
        for arm, one in scores.items()
    )
    return Table(title="Test accuracy", columns=("network", "median", "95% interval"), rows=rows)


def _boundary(ground: Ground, data: Data, arm: str, runs: Sequence[Run]) -> Picture:
    """Return what one trained network says everywhere in the plane, with some of the points."""
    rate = next(run.learning_rate for run in runs if run.recipe == arm)
    recipe = next(one for one in _arms() if one.name == arm).replace(learning_rate=rate)
    model = ground.fit(recipe, 1, data=data, keep_models=True, part=(0.95, 0.95)).models[0]
    split = data.split(0)
    edge = 1.3
    step = 2 * edge / CELLS
    at = torch.linspace(-edge, edge - step, CELLS)
    grid = torch.cartesian_prod(at, at)
    scaled = (grid + step / 2 - torch.from_numpy(split.center)) / torch.from_numpy(split.scale)
    with torch.no_grad():
        share = model(scaled).softmax(1)[:, 1]
    columns = {"x": grid[:, 0], "x2": grid[:, 0] + step, "y": grid[:, 1], "y2": grid[:, 1] + step, "value": share}
    rows = split.test[:150]
    series = [data.classes[label] for label in data.targets[rows]]
    points = {"x": data.features[rows, 0], "y": data.features[rows, 1]}
    return Picture(
        title=f"{arm.replace('deep', 'Deep')} network: {median(scores(runs, arm, 'test_accuracy')):.0%} of "
        f"{data.name} right",
        x=Axis(title="first input", low=-edge, high=edge),
        y=Axis(title="second input", low=-edge, high=edge),
        value=Axis(title=f"probability of class {data.classes[1]!r}", low=0.0, high=1.0),
        marks=(
            Marks(kind="cells", columns={name: tuple(map(float, column)) for name, column in columns.items()}),
            Marks(kind="points", columns={name: tuple(map(float, column)) for name, column in points.items()}
                  | {"series": tuple(series)}),
        ),
        size="half",
    )  # fmt: skip
