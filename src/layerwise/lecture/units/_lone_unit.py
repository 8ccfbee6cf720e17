"""One unit that learns until it is pushed, once, by a large gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from layerwise.activations import ACTIVATIONS
from layerwise.lecture.units._marks import line
from layerwise.records import Axis, Marks, Picture, Table

RATE, PUSHED_AT, N_STEPS = 0.5, 100, 1500
PUSH = 6.0
"""For one update all targets are too low by this, while right ones reach 1.2: the large gradient."""

Optimizer = Callable[[Iterable[Tensor]], torch.optim.Optimizer]
METHODS: dict[str, Optimizer] = {
    "plain descent": lambda p: torch.optim.SGD(p, lr=RATE),
    "momentum 0.9": lambda p: torch.optim.SGD(p, lr=RATE, momentum=0.9),
    "weight decay 0.001": lambda p: torch.optim.SGD(p, lr=RATE, weight_decay=0.001),
}


class Life(NamedTuple):
    """One unit: its bias and its mean output at every step, and how far its parameters moved in the second half."""

    bias: list[float]
    output: list[float]
    moved: float


def live(name: str, method: Optimizer, push: float = PUSH) -> Life:
    """Return the life of one unit with two inputs that learns a target of its own kind, with wrong targets once."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(32, 2, generator=generator, dtype=torch.float64)
    target = torch.relu(x @ x.new_tensor([1.0, -0.5]) + 0.2)
    weight = x.new_tensor([0.5, 0.5]).requires_grad_()
    bias = x.new_zeros(()).requires_grad_()
    optimizer, biases, outputs, kept = method([weight, bias]), [], [], torch.zeros(3)
    for step in range(N_STEPS):
        output = ACTIVATIONS[name].function(x @ weight + bias)
        error = output - target + (push if step == PUSHED_AT else 0.0)
        biases.append(float(bias.detach()))
        outputs.append(float(output.detach().mean()))
        if step == N_STEPS // 2:
            kept = torch.cat([weight.detach().clone(), bias.detach().view(1)])
        optimizer.zero_grad()
        (error.square().mean() / 2).backward()
        optimizer.step()
    return Life(biases, outputs, float((torch.cat([weight, bias.view(1)]).detach() - kept).abs().max()))


def back_again(leaky: Life) -> str:
    """Return when the mean output was above 0 again."""
    above = (step for step in range(PUSHED_AT + 1, N_STEPS) if leaky.output[step] > 0)
    back = next(above, None)
    if back is None:
        return "A Leaky ReLU moves, but is not back by then."
    return f"A Leaky ReLU is back after {back - PUSHED_AT:,} updates."


def methods_table(lives: dict[str, Life], leaky: Life) -> Table:
    rows = tuple(
        (name, f"{life.bias[-1]:.3g}", f"{life.output[-1]:.3g}", f"{life.moved:.2g}")
        for name, life in {**{f"ReLU, {name}": life for name, life in lives.items()}, "Leaky ReLU": leaky}.items()
    )
    return Table(
        title="One unit after one update with wrong targets",
        columns=("unit", "bias at the end", "mean output", "moved in the second half"),
        rows=rows,
        note="Momentum drives it on for a while. Decay shrinks weights and bias alike, so they move, but the unit does "
        "not come back: the sign of its sum stays.",
    )


def life_picture(plain: Life, leaky: Life) -> Picture:
    steps = range(0, N_STEPS, 10)
    return Picture(
        title="One large gradient: the ReLU unit stays where it was pushed",
        x=Axis(title="updates"),
        y=Axis(title="bias of the unit"),
        marks=(
            line(steps, plain.bias[::10], "ReLU"),
            line(steps, leaky.bias[::10], "Leaky ReLU"),
            Marks(kind="rule", columns={"x": (float(PUSHED_AT),)}),
        ),
        note="Dashed: the one update with wrong targets. Afterwards ReLU's output and gradient are exactly 0.",
    )
