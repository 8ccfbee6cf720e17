"""C3.11: Leaky ReLU and PReLU."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from layerwise.activations import ACTIVATIONS
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._marks import NAMES, Z, line
from layerwise.models import Recipe
from layerwise.records import Axis, Picture, Table

CLOSE = 0.1
"""Outputs count as close to zero-centered if their mean is at most this share of their standard deviation."""

START = 0.25
"""Where PReLU's slope starts."""

SLOPES = (START, 1.0, 2.0)


@claim(
    "C3.11",
    "Leaky ReLU and PReLU",
    kind="exact",
    statement="Leaky ReLU max(0.01 x, x) does not die and its outputs are close to zero-centered; PReLU max(alpha x, "
    "x) has a left slope alpha that is learned by back-propagation.",
    prediction="The formulas equal the units; alpha receives the gradient g z summed over negative z, and moves in "
    "training. The mean output for Gaussian inputs is 0.99 / sqrt(2 pi) = 0.395, against 0.399 for ReLU. For alpha "
    "above 1 the maximum is no longer PReLU.",
    decision_rule="The formulas hold to 1e-12 and alpha moves, else it does not hold. Close to zero-centered means a "
    "mean of at most a tenth of the standard deviation; if that, or max(alpha x, x) for some alpha, fails, it holds "
    "once put right.",
    source="CS7015, lecture 9.3. Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic "
    "models. He, Zhang, Ren and Sun 2015, Delving deep into rectifiers.",
)
def leaky(ground: Ground) -> Outcome:
    """Hold the formulas to the units, and measure the means."""
    return leaky_outcome(0.01, trained_slopes(ground))


def leaky_outcome(leak: float, learned: list[float]) -> Outcome:
    """Judge C3.11 for a left slope of the Leaky ReLU, and the slopes that PReLU had learned."""
    moments = ACTIVATIONS["leaky_relu"].unit_moments
    sides = [
        Sides(f"Leaky ReLU, {len(Z)} points", torch.maximum(leak * Z, Z), ACTIVATIONS["leaky_relu"].function(Z)),
        Sides("mean of Leaky ReLU", (1 - leak) / math.sqrt(2 * math.pi), moments.mean),
        Sides("gradient of alpha", *_gradient_of_alpha()),
    ]
    bends = [float((torch.maximum(a * Z, Z) - torch.where(Z > 0, Z, a * Z)).abs().max()) for a in SLOPES]
    centered = abs(moments.mean) <= CLOSE * math.sqrt(moments.square - moments.mean**2)
    right = largest(sides) <= ROUNDING and START not in learned
    said = centered and max(bends) == 0
    relu = ACTIVATIONS["relu"].unit_moments.mean
    return Outcome(
        verdict="does not hold" if not right else "holds" if said else "holds if",
        finding=f"Formulas and units differ by {largest(sides):.2g}, and the learned slopes moved from 0.25 to between "
        f"{min(learned):.3f} and {max(learned):.3f} in a short training. Leaky ReLU's mean output for standard "
        f"Gaussian inputs is {moments.mean:.4f}; ReLU's is {relu:.4f}.",
        condition="" if said else "It is hardly closer to zero-centered than ReLU: a slope of 0.01 takes one percent "
        "off the mean. And max(alpha x, x) is PReLU only for alpha up to 1; beyond, the maximum bends the other way.",
        metric="largest difference",
        value=largest(sides),
        tables=(sides_table("Leaky ReLU and PReLU", sides, ("formula", "unit"), "The unit: the library's, its mean by "
                            "quadrature, its gradient by back-propagation."), _means()),
        pictures=(_picture(),),
    )  # fmt: skip


def trained_slopes(ground: Ground) -> list[float]:
    """Return the left slopes of a small PReLU network after a short training on circles."""
    recipe = Recipe(name="prelu").replace(depth=2, width=16, activation="prelu", epochs=5)
    model = ground.fit(recipe, 1, data="circles", keep_models=True).models[0]
    return [layer.weight.item() for layer in model.modules() if isinstance(layer, nn.PReLU)]


def _gradient_of_alpha() -> tuple[Tensor, Tensor]:
    """Return the sum of g z over negative z, and what back-propagation gives; g is the gradient at the output."""
    unit, gradient = nn.PReLU().double(), torch.cos(3 * Z)
    found = torch.autograd.grad(unit(Z), unit.weight, gradient)[0]
    return (gradient * Z)[Z < 0].sum(), found[0]


def _means() -> Table:
    rows = []
    for name, said in NAMES.items():
        found = ACTIVATIONS[name].unit_moments
        spread = math.sqrt(found.square - found.mean**2)
        mean = round(found.mean, 6) + 0.0  # no minus before a zero
        rows.append((said, f"{mean:.4f}", f"{spread:.4f}", f"{mean / spread:.2f}"))
    return Table(
        title="How zero-centered units are, for standard Gaussian inputs",
        columns=("unit", "mean output", "std of outputs", "mean / std"),
        rows=tuple(rows),
        note="By quadrature. 0 is centered.",
    )


def _picture() -> Picture:
    curves = [line(Z, torch.maximum(a * Z, Z), f"max({a:g} x, x)") for a in (0.01, START, 2.0)]
    curves.append(line(Z, torch.where(Z > 0, Z, 2 * Z), "PReLU, alpha = 2"))
    return Picture(
        title="max(alpha x, x) is PReLU up to alpha = 1; at 2 the two part",
        x=Axis(title="pre-activation x", low=-2.0, high=2.0),
        y=Axis(title="output", low=-4.0, high=4.0),
        marks=tuple(curves),
    )
