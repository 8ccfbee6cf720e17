"""C1.2: the gradient of a sigmoid neuron with many inputs."""

from __future__ import annotations

import torch

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.backprop._sigmoid_neuron import Neurons, Readings
from layerwise.records import Axis, Marks, Picture

N_NEURONS, N_INPUTS = 1000, 10
SHOWN = (0.02, 0.2, 0.8, 0.98)
"""Places of the neurons that are drawn, from steep descent to steep ascent."""


@claim(
    "C1.2",
    "The gradient of a neuron with many inputs",
    kind="exact",
    statement="For a sigmoid neuron with several inputs and the squared error, dL/dw_i = (f - y) f (1 - f) x_i: one "
    "factor for the whole neuron, times each weight's own input.",
    prediction="The formula equals the derivative that back-propagation computes, weight by weight, for half the "
    "square.",
    decision_rule="Over 1,000 random neurons with 10 inputs each the largest difference is at most 1e-12, relative, in "
    "float64. Holds if so for the plain square too; holds under a condition if only for half of it.",
    source="CS7015, lecture 9.1, second slide. Rumelhart, Hinton and Williams 1986, Learning representations by "
    "back-propagating errors.",
)
def wide_neuron(ground: Ground) -> Outcome:
    """Compare the formula with autograd for every weight of random neurons."""
    neurons = Neurons.drawn(N_NEURONS, N_INPUTS, ground.generator("C1.2"))
    found = Readings.of(neurons)
    title = f"dL/dw_i of {N_NEURONS:,} random neurons with {N_INPUTS} inputs"
    return Outcome(
        verdict=found.verdict(),
        finding=f"Over {N_NEURONS * N_INPUTS:,} weights the formula and back-propagation differ by "
        f"{found.halved.difference:.1e} at most, relative, for half the square, and by {found.plain.difference:.2g} "
        "for the plain square.",
        condition=found.condition(),
        metric="largest difference, half the square",
        value=found.halved.difference,
        tables=(sides_table(title, found, ("by hand", "autograd")),),
        pictures=(_picture(neurons),),
    )


def _picture(neurons: Neurons) -> Picture:
    shown = neurons.error_signal().argsort()[(torch.tensor(SHOWN) * N_NEURONS).long()]
    few = Neurons(*(part[shown] for part in neurons))
    x, gradient = few.x, few.by_autograd(0.5)
    ends = x.abs().amax(1, keepdim=True) * x.new_tensor([-1.0, 1.0])
    names = [f"neuron {k}" for k in range(1, len(SHOWN) + 1)]
    return Picture(
        title="The gradients of one neuron's weights lie on a line through 0",
        x=Axis(title="input x_i of the weight"),
        y=Axis(title="dL/dw_i by back-propagation"),
        marks=(
            Marks(
                kind="line",
                columns={
                    "x": tuple(ends.flatten().tolist()),
                    "y": tuple((ends * few.error_signal().unsqueeze(1)).flatten().tolist()),
                    "series": tuple(name for name in names for _ in range(2)),
                },
            ),
            Marks(
                kind="points",
                columns={
                    "x": tuple(x.flatten().tolist()),
                    "y": tuple(gradient.flatten().tolist()),
                    "series": tuple(name for name in names for _ in range(N_INPUTS)),
                },
            ),
        ),
        note=f"Dots: the {N_INPUTS} weights of {len(SHOWN)} neurons. Lines: the formula. Their slope, (f - y) f (1 - "
        "f), is the error signal of the neuron, the same for all of its weights.",
    )
