"""C1.1: the gradient of one sigmoid neuron, by hand and by machine."""

from __future__ import annotations

import torch

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.backprop._sigmoid_neuron import Neurons, Readings
from layerwise.records import Axis, Marks, Picture, Values

N_NEURONS, N_STEPS, RATE = 1000, 300, 10.0
POINTS = ((0.5, 0.2), (2.5, 0.9))
"""Two points (x, y) for the descent."""
FITTED = 1e-6


@claim(
    "C1.1",
    "The gradient of one sigmoid neuron",
    kind="exact",
    statement="For f(x) = sigmoid(w x + b) and the squared error, dL/dw = (f - y) f (1 - f) x.",
    prediction="The formula equals the derivative that back-propagation computes, for L = (f - y)^2 / 2. With the "
    "plain square there is a factor of 2. Descending along it, the neuron fits two points.",
    decision_rule="Over 1,000 random neurons formula and back-propagation differ by at most 1e-12, relative, in "
    "float64, and the descent's loss falls below 1e-6. Holds if they agree for the plain square too; holds under a "
    "condition if only for half of it.",
    source="CS7015, lecture 9.1, first slides. Rumelhart, Hinton and Williams 1986, Learning representations by "
    "back-propagating errors.",
)
def one_neuron(ground: Ground) -> Outcome:
    """Compare the formula with autograd at random points, and descend along it."""
    found = Readings.of(Neurons.drawn(N_NEURONS, 1, ground.generator("C1.1")))
    losses = descend()
    return Outcome(
        verdict=found.verdict() if losses[-1] < FITTED else "does not hold",
        finding=f"For half the square, formula and back-propagation differ by {found.halved.difference:.1e} at most, "
        f"relative; for the plain square by {found.plain.difference:.2g}, and twice the formula by "
        f"{found.doubled.difference:.1e}. From w = b = 0 the descent along it fits both points to a loss of "
        f"{losses[-1]:.1e} in {N_STEPS:,} steps.",
        condition=found.condition(),
        metric="largest difference, half the square",
        value=found.halved.difference,
        tables=(sides_table(f"dL/dw of {N_NEURONS:,} random neurons", found, ("by hand", "autograd")),),
        pictures=(_picture(losses),),
    )


def descend() -> list[float]:
    """Return the loss at every step of plain descent on two points, from zero."""
    x, y = torch.tensor(POINTS, dtype=torch.float64).T
    w, b = torch.zeros(2, dtype=torch.float64)
    losses = []
    for _ in range(N_STEPS):
        f = torch.sigmoid(w * x + b)
        losses.append(float(((f - y) ** 2).sum() / 2))
        common = (f - y) * f * (1 - f)
        w, b = w - RATE * (common * x).sum(), b - RATE * common.sum()
    return losses


def _picture(losses: list[float]) -> Picture:
    steps = range(0, N_STEPS, 3)
    columns: dict[str, Values] = {"x": tuple(map(float, steps)), "y": tuple(losses[step] for step in steps)}
    return Picture(
        title="One neuron descends to a loss of almost 0",
        x=Axis(title="steps of gradient descent"),
        y=Axis(title="loss, half the squared error", scale="log"),
        marks=(Marks(kind="path", columns=columns),),
        note="Two points, (0.5, 0.2) and (2.5, 0.9), fitted from w = b = 0 along the lecture's formula.",
    )
