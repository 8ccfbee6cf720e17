"""C1.5: the gradient is proportional to the input, and tells what a parameter is responsible for."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, sides_table
from layerwise.lecture._ground import Ground
from layerwise.records import Axis, ClaimVerdict, Marks, Picture

N_INPUTS, WIDTH, N_ROWS, FACTOR = 8, 16, 32, 3.0
STEPS = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3)
ORDER = (1.9, 2.1)
"""What is left over after the first order of a smooth function shrinks with the square of the step."""


class Network(NamedTuple):
    """One hidden layer of sigmoid units, a linear output, half the mean squared error."""

    first: Tensor
    last: Tensor
    x: Tensor
    y: Tensor

    @classmethod
    def drawn(cls, generator: torch.Generator) -> Network:
        """Return a random one with its batch, in float64."""
        shapes = ((WIDTH, N_INPUTS), (1, WIDTH), (N_ROWS, N_INPUTS), (N_ROWS, 1))
        return cls(*(torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes))

    def loss(self) -> Tensor:
        """Return half the mean squared error on the batch."""
        return ((torch.sigmoid(self.x @ self.first.T) @ self.last.T - self.y) ** 2).mean() / 2

    def gradient(self) -> Tensor:
        """Return dL/dw of the first layer, [unit, input], by back-propagation."""
        free = self.first.clone().requires_grad_()
        return torch.autograd.grad(self._replace(first=free).loss(), free)[0]

    def with_input(self, factor: float, *, kept: bool) -> Network:
        """Scale the first input; if `kept`, divide its weights by as much, so that every pre-activation stays."""
        x, first = self.x.clone(), self.first.clone()
        x[:, 0] *= factor
        if kept:
            first[:, 0] /= factor
        return self._replace(x=x, first=first)

    def changed(self, unit: int, source: int, step: float) -> float:
        """Return by how much the loss changes when one weight of the first layer does."""
        first = self.first.clone()
        first[unit, source] += step
        return float(self._replace(first=first).loss() - self.loss())


def first_order(network: Network) -> tuple[Tensor, Tensor]:
    """Return dL/dw step and the true change of the loss, both [step, weight]."""
    gradient = network.gradient()
    places = [(unit, source) for unit in range(WIDTH) for source in range(N_INPUTS)]
    said = torch.stack([gradient.flatten() * step for step in STEPS])
    true = torch.tensor([[network.changed(*place, step) for place in places] for step in STEPS], dtype=torch.float64)
    return said, true


def order(missed: Tensor) -> float:
    """Return the power of the step with which the median of what is missed shrinks."""
    return float(np.polyfit(np.log(STEPS), np.log(missed.median(1).values.numpy()), 1)[0])


def judged(kept: float, alone: float, power: float) -> ClaimVerdict:
    """Return the verdict on two differences from proportionality, and on the order of what the gradient misses."""
    if kept > ROUNDING or not ORDER[0] <= power <= ORDER[1]:
        return "does not hold"
    return "holds" if alone <= ROUNDING else "holds if"


@claim(
    "C1.5",
    "A gradient tells a parameter's responsibility",
    kind="exact",
    statement="The gradient of a weight is proportional to its input, and tells the responsibility of the parameter "
    "for the loss.",
    prediction="Where the error signal stays as it is, an input that is 3 times as large makes the gradient of its "
    "weights 3 times as large. A small change of a weight changes the loss by the gradient times the change; what is "
    "left over shrinks with the square of the change.",
    decision_rule="The scaled gradient differs by at most 1e-12, relative; and over all weights what is left over "
    "shrinks with a power of the change between 1.9 and 2.1. Holds under a condition if the scaling fails where the "
    "input alone is scaled.",
    source="CS7015, lecture 9.1, 'Things to remember'.",
)
def responsibility(ground: Ground) -> Outcome:
    """Scale an input and change every weight of a small network."""
    network = Network.drawn(ground.generator("C1.5"))
    wanted = network.gradient()[:, 0] * FACTOR
    kept, alone = (
        Sides(name, wanted, network.with_input(FACTOR, kept=stays).gradient()[:, 0])
        for name, stays in (("error signal kept", True), ("input alone scaled", False))
    )
    said, true = first_order(network)
    missed = (true - said).abs()
    power = order(missed)
    verdict = judged(kept.difference, alone.difference, power)
    small = float((missed[-1] / said[-1].abs()).median())
    large = float((missed[0] / said[0].abs()).median())
    table = sides_table(
        f"dL/dw where the input is {FACTOR:g} times as large", [kept, alone], (f"{FACTOR:g} x before", "autograd"),
        "Error signal kept: the weights of that input are divided by as much, so that no unit changes.",
    )  # fmt: skip
    return Outcome(
        verdict=verdict,
        finding=f"With the error signal kept, {FACTOR:g} times the input makes {FACTOR:g} times the gradient, to "
        f"{kept.difference:.1e}. Where a weight changes by 0.001, gradient times change misses {small:.2%} of the "
        f"loss's true change; where it changes by 0.1, {large:.1%} (medians over {said.shape[1]} weights). What it "
        f"misses shrinks with the power {power:.2f} of the change.",
        condition="It is proportional at a given error signal; an input that changes alone changes the unit's output, "
        "and with it the other factor. And the gradient tells the responsibility for small changes, not for large "
        "ones."
        if verdict == "holds if"
        else "",
        metric="largest difference, error signal kept",
        value=kept.difference,
        tables=(table,),
        pictures=(_each(said[0], true[0]), _picture(said.abs(), missed)),
    )


def _each(said: Tensor, true: Tensor) -> Picture:
    """Return every weight: what its gradient says of a step, and what the step does to the loss."""
    ends = (float(said.min()), float(said.max()))
    return Picture(
        title="Weight by weight: what the gradient says, and what happens",
        x=Axis(title="gradient times change"),
        y=Axis(title="measured change of the loss"),
        marks=(
            Marks(kind="path", columns={"x": ends, "y": ends, "series": ("the same",) * 2}),
            Marks(
                kind="points",
                columns={"x": tuple(said.tolist()), "y": tuple(true.tolist()), "series": ("a weight",) * len(said)},
            ),
        ),
        note=f"Each of {len(said)} weights is changed by {STEPS[0]:g}, alone.",
    )


def _picture(said: Tensor, missed: Tensor) -> Picture:
    columns = {
        "x": STEPS * 2,
        "y": (*said.median(1).values.tolist(), *missed.median(1).values.tolist()),
        "series": ("gradient times change",) * len(STEPS) + ("what it misses",) * len(STEPS),
    }
    return Picture(
        title="The smaller the change, the more of it the gradient tells",
        x=Axis(title="change of one weight", scale="log"),
        y=Axis(title="change of the loss", scale="log"),
        marks=(Marks(kind="line", columns=columns),),
        note=f"Medians over the {said.shape[1]} weights of a hidden layer.",
    )
