"""C3.7: ReLU bends, and two of them make a sigmoid of straight pieces."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._marks import Z, line
from layerwise.records import Axis, ClaimVerdict, Picture

NEAR = 0.12
"""(1 - tanh 1) / 2 = 0.1192 is what straight pieces of a sigmoid's own slope at 0 are off at their kinks."""

Function = Callable[[Tensor], Tensor]


@claim(
    "C3.7",
    "Two ReLUs make a sigmoid of straight pieces",
    kind="exact",
    statement="ReLU is non-linear, and two ReLU units combine to a piecewise-linear approximation of the sigmoid, "
    "max(0, x + 1) - max(0, x - 1).",
    prediction="ReLU breaks the sum rule of linear maps. The lecture's difference runs from 0 to 2, not from 0 to 1, "
    "so it is its half that approximates a sigmoid, the one with the same slope at 0, sigmoid(2x).",
    decision_rule="A function approximates the sigmoid of its own slope at 0 if it is nowhere off by more than 0.12; "
    "this limit was set knowing what the half is off at its kinks, sigmoid(-2) = 0.119. Holds if the difference itself "
    "is that close; under a condition if its half is; else it does not hold.",
    source="CS7015, lecture 9.3, ReLU. Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann "
    "machines.",
)
def two_relus(_ground: Ground) -> Outcome:
    """Measure how far the lecture's difference and its half are from a sigmoid."""
    return two_relus_outcome(lambda x: torch.relu(x + 1) - torch.relu(x - 1))


def two_relus_outcome(difference: Function) -> Outcome:
    """Judge C3.7 for a combination of ReLUs."""
    whole, half = off(difference), off(lambda x: difference(x) / 2)
    ends = difference(torch.tensor([-9.0, 9.0], dtype=torch.float64))
    one = torch.ones((), dtype=torch.float64)
    bend = Sides("relu(1) + relu(-1) against relu(1 - 1)", torch.relu(one) + torch.relu(-one), torch.relu(one - one))
    pieces = [Sides("lowest value", ends[0], 0.0), Sides("highest value", ends[1], 2.0)]
    middle = Sides("half of it: (1 + x) / 2 cut to [0, 1]", difference(Z) / 2, ((1 + Z) / 2).clamp(0, 1))
    rows = [bend, *pieces, middle]
    verdict: ClaimVerdict = "holds" if whole <= NEAR else "holds if" if half <= NEAR else "does not hold"
    if bend.difference == 0 or (verdict == "holds if" and largest([*pieces, middle]) > ROUNDING):
        verdict = "does not hold"
    return Outcome(
        verdict=verdict,
        finding=f"ReLU is non-linear: relu(1) + relu(-1) = 1, but relu(1 - 1) = 0. The difference runs from "
        f"{float(ends[0]):g} to {float(ends[1]):g} and is off from a sigmoid by up to {whole:.3g}; half of it runs "
        f"from 0 to 1 and is off from sigmoid(2x) by {half:.4f} at most, at the two kinks.",
        condition="" if verdict == "holds" else "Half of the difference approximates the sigmoid, and it is "
        "sigmoid(2x), the one with slope 1/2 at 0. The lecture's difference itself runs from 0 to 2. For sigmoid(x) "
        "put the kinks at -2 and 2 and take a quarter.",
        metric="largest distance of the half from sigmoid(2x)",
        value=half,
        tables=(sides_table("What two ReLUs make", rows, ("computed", "expected"),
                            "In the first row the two differ because ReLU is no linear map."),),
        pictures=(_picture(difference),),
    )  # fmt: skip


def off(function: Function) -> float:
    """Return the largest distance between a function and the sigmoid that has the same slope at 0."""
    free = torch.zeros((), dtype=torch.float64, requires_grad=True)
    slope = float(torch.autograd.grad(function(free), free)[0])
    return float((function(Z) - torch.sigmoid(4 * slope * Z)).abs().max())


def _picture(difference: Function) -> Picture:
    return Picture(
        title="Two ReLUs: their difference runs to 2, half of it follows a sigmoid",
        x=Axis(title="input x", low=-4.0, high=4.0),
        y=Axis(title="output"),
        marks=(
            line(Z, difference(Z), "max(0, x+1) - max(0, x-1)"),
            line(Z, difference(Z) / 2, "half of it"),
            line(Z, torch.sigmoid(2 * Z), "sigmoid(2x)"),
        ),
    )
