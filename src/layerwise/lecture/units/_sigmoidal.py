"""C3.2, C3.6: sigmoid and tanh, their slopes and their ranges."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from layerwise.activations import ACTIVATIONS
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._marks import Z, line, unit_picture
from layerwise.lecture.units._slopes import slope
from layerwise.records import Axis, ClaimVerdict, Picture

FAR = torch.linspace(-30, 30, 6001, dtype=torch.float64)
"""Where formulas are compared. Further out 1 - sigmoid is below the rounding of float64 (from 37 on it is 0)."""

FAMILY = {
    "sigmoid": "Sigmoid: flat on both sides",
    "tanh": "Tanh: flat on both sides, centered",
    "relu": "ReLU: flat on the left only",
    "leaky_relu": "Leaky ReLU: never flat",
    "prelu": "PReLU: the left slope is learned",
    "elu": "ELU: bends, and flattens on the left",
}

Slope = Callable[[Tensor], Tensor]
"""From the output of a unit to its slope."""


@claim(
    "C3.2",
    "The sigmoid and its slope",
    kind="exact",
    statement="The sigmoid squeezes every input into the range from 0 to 1, and its derivative is s(1 - s).",
    prediction="s(1 - s) equals the derivative that back-propagation computes; the outputs lie strictly between 0 and "
    "1; the largest slope is 1/4, at z = 0.",
    decision_rule="Largest difference at 6,001 points from -30 to 30 at most 1e-12 in float64, all outputs strictly "
    "between 0 and 1, and the slope at 0 equal to 1/4.",
    source="CS7015, lecture 9.3, the sigmoid. Rumelhart, Hinton and Williams 1986, Learning representations by "
    "back-propagating errors.",
)
def sigmoid(_ground: Ground) -> Outcome:
    """Compare s(1 - s) with autograd."""
    return sigmoid_outcome(lambda s: s * (1 - s))


def sigmoid_outcome(formula: Slope) -> Outcome:
    """Judge C3.2 for a formula of the slope."""
    sides = slope_sides("sigmoid", formula)
    quotient = torch.exp(-FAR) / (1 + torch.exp(-FAR)) ** 2
    sides.append(Sides("by the quotient rule: e^-z / (1 + e^-z)^2", formula(torch.sigmoid(FAR)), quotient))
    sides.append(Sides("slope at 0: 1/4", formula(torch.tensor(0.5, dtype=torch.float64)), 0.25))
    outputs = torch.sigmoid(FAR)
    inside = bool((outputs > 0).all() and (outputs < 1).all())
    error = largest(sides)
    return Outcome(
        verdict=exactly(error, inside),
        finding=f"Formula and back-propagation differ by {error:.2g} at most. Outputs run from {float(outputs[0]):.1e} "
        f"to 1 - {float(1 - outputs[-1]):.1e} between z = -30 and 30. The slope is 1/4 at most: every sigmoid layer "
        "takes at least three quarters of what comes back through it, weights apart.",
        metric="largest difference",
        value=error,
        tables=(sides_table("The slope of the sigmoid", sides, ("s(1 - s)", "another way"),
                            "The other way of the first two is back-propagation."),),
        pictures=tuple(unit_picture(name, title) for name, title in FAMILY.items()),
    )  # fmt: skip


@claim(
    "C3.6",
    "Tanh is centered, and still saturates",
    kind="exact",
    statement="Tanh squeezes its inputs into the range from -1 to 1, is zero-centered, and has the derivative "
    "1 - tanh^2; the gradient still vanishes at saturation.",
    prediction="1 - tanh^2 equals the derivative of back-propagation; outputs lie within -1 and 1; the mean output for "
    "Gaussian inputs is 0; the slope at 10 is below 1e-8.",
    decision_rule="Differences at most 1e-12 in float64, the mean at most 1e-12 in size, outputs at most 1 in size, "
    "the slope at 10 below 1e-8.",
    source="CS7015, lecture 9.3, tanh. LeCun, Bottou, Orr and Müller 1998, Efficient BackProp.",
)
def tanh(_ground: Ground) -> Outcome:
    """Compare 1 - tanh^2 with autograd, and tanh with the sigmoid."""
    return tanh_outcome(lambda t: 1 - t**2)


def tanh_outcome(formula: Slope) -> Outcome:
    """Judge C3.6 for a formula of the slope."""
    mean = ACTIVATIONS["tanh"].unit_moments.mean
    sides = [*slope_sides("tanh", formula), Sides("2 sigmoid(2z) - 1", 2 * torch.sigmoid(2 * FAR) - 1, torch.tanh(FAR)),
             Sides("mean for Gaussian inputs: 0", mean, 0.0)]  # fmt: skip
    flat = float(formula(torch.tanh(torch.tensor(10.0, dtype=torch.float64))))
    within = bool((torch.tanh(FAR).abs() <= 1).all()) and flat < 1e-8
    error = largest(sides)
    return Outcome(
        verdict=exactly(error, within),
        finding=f"Formula and back-propagation differ by {error:.2g} at most. The mean output for standard Gaussian "
        f"inputs is 0, to {abs(mean):.1g}; that of the sigmoid is {ACTIVATIONS['sigmoid'].unit_moments.mean:.3g}. At "
        f"z = 10 the slope is {flat:.1e}: tanh saturates like the sigmoid, from which it differs only by a stretch "
        "and a shift. But its largest slope is 1, four times the sigmoid's.",
        metric="largest difference",
        value=error,
        tables=(
            sides_table(
                "Tanh",
                sides,
                ("formula", "another way"),
                "The other way: back-propagation in the first two, tanh itself, and the number 0.",
            ),
        ),
        pictures=(_side_by_side("output f(z)"), _side_by_side("slope f'(z)")),
    )


def slope_sides(name: str, formula: Slope) -> list[Sides]:
    """Return a formula for the slope of a unit, and the slope that training uses, each beside autograd's."""
    unit = ACTIVATIONS[name]
    sides = [Sides("the formula at 6,001 points", formula(unit.function(FAR)), slope(name, FAR))]
    return (
        sides
        if unit.slope is None
        else [*sides, Sides("the slope that training uses", unit.slope(FAR), sides[0].right)]
    )


def exactly(error: float, *facts: bool) -> ClaimVerdict:
    """Return "holds" if the error is rounding and all facts are true."""
    return "holds" if error <= ROUNDING and all(facts) else "does not hold"


def _side_by_side(what: str) -> Picture:
    sigmoid_, tanh_ = torch.sigmoid(Z), torch.tanh(Z)
    if what.startswith("slope"):
        sigmoid_, tanh_ = sigmoid_ * (1 - sigmoid_), 1 - tanh_**2
        title = "Tanh's slope reaches 1, the sigmoid's 1/4; both vanish outside"
    else:
        title = "Tanh is the sigmoid, stretched to -1 and 1 and centered at 0"
    return Picture(
        title=title,
        x=Axis(title="pre-activation z"),
        y=Axis(title=what),
        marks=(line(Z, sigmoid_, "sigmoid"), line(Z, tanh_, "tanh")),
    )
