"""C5.1: batch normalization standardizes over the mini-batch, and has a derivative."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.normalizers import NORMALIZERS
from layerwise.probes import histogram
from layerwise.records import Axis, ClaimVerdict, Marks, Picture, Table

N_ROWS, N_UNITS = 32, 6
STEP, MEASURED = 1e-6, 1e-7
"""Of the finite differences, and how far they may be off: their own error is about the square of the step, plus the
rounding of the loss over the step, 1e-16 / 1e-6."""

N_BINS, SHOWN_ROWS, ENDS = 40, 4000, (-6.0, 10.0)


@claim(
    "C5.1",
    "Batch normalization is differentiable",
    kind="exact",
    statement="Each pre-activation is standardized by the mean and variance of its mini-batch. This is legal, because "
    "the layer is differentiable: gradients can be sent back through it.",
    prediction="After it each unit has mean 0 and variance var / (var + eps) over the batch. Its gradient by hand, "
    "which goes through mean and variance as well, equals autograd's, and both what finite differences measure.",
    decision_rule="Largest difference of mean, variance and gradient at most 1e-12, relative, in float64; of the "
    "gradient from finite differences with a step of 1e-6 at most 1e-7.",
    source="CS7015, lecture 9.5. Ioffe and Szegedy 2015, Batch normalization.",
)
def differentiable(ground: Ground) -> Outcome:
    """Compare batch normalization's statistics and gradient with formulas and with finite differences."""
    generator = ground.generator("C5.1")
    x, delta = torch.randn(2, N_ROWS, N_UNITS, generator=generator, dtype=torch.float64)
    x = 3 * x + torch.arange(N_UNITS)
    layer = batch_norm(generator)
    variance = x.var(0, correction=0)
    standard = ((layer(x) - layer.bias) / layer.weight).detach()
    machine = by_autograd(layer, x, delta)
    sides = [
        Sides("mean", torch.zeros(N_UNITS), standard.mean(0)),
        Sides("variance", variance / (variance + layer.eps), standard.var(0, correction=0)),
        Sides("gradient", by_hand(layer, x, delta), machine),
    ]
    measured = Sides("gradient, finite differences", by_differences(layer, x, delta), machine)
    constant = Sides("gradient, mean and variance held", held(layer, x, delta), machine)
    return Outcome(
        verdict=judged(largest(sides), measured.difference),
        finding=f"Mean, variance and gradient agree with their formulas to {largest(sides):.1e}, the gradient with "
        f"finite differences to {measured.difference:.1e}. Whoever takes mean and variance for constants is off by "
        f"{constant.difference:.2g}: part of the gradient flows through them, from each row to the others.",
        metric="largest difference",
        value=largest(sides),
        tables=(_table(sides, measured, constant),),
        pictures=_before_and_after(generator),
    )


def judged(exact: float, measured: float) -> ClaimVerdict:
    """Return the verdict on the difference from the formulas, and from finite differences."""
    return "holds" if exact <= ROUNDING and measured <= MEASURED else "does not hold"


def batch_norm(generator: torch.Generator) -> nn.BatchNorm1d:
    """Return the library's layer in float64 with random gain and offset."""
    make = NORMALIZERS["batch"].module
    layer = make(N_UNITS) if make is not None else None
    if not isinstance(layer, nn.BatchNorm1d):
        raise TypeError("the normalizer `batch` is no batch normalization")
    layer = layer.double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(N_UNITS, generator=generator, dtype=torch.float64))
    return layer


def by_autograd(layer: nn.BatchNorm1d, x: Tensor, delta: Tensor) -> Tensor:
    """Return dL/dx for L = sum(delta * layer(x))."""
    free = x.clone().requires_grad_()
    return torch.autograd.grad((delta * layer(free)).sum(), free)[0]


def by_hand(layer: nn.BatchNorm1d, x: Tensor, delta: Tensor) -> Tensor:
    """Return gamma / std (delta - mean(delta) - xhat mean(delta xhat)), means over the batch."""
    std = (x.var(0, correction=0) + layer.eps).sqrt()
    xhat = (x - x.mean(0)) / std
    return (layer.weight / std * (delta - delta.mean(0) - xhat * (delta * xhat).mean(0))).detach()


def held(layer: nn.BatchNorm1d, x: Tensor, delta: Tensor) -> Tensor:
    """Return gamma / std delta: what would be right if mean and variance did not depend on the batch."""
    return (layer.weight / (x.var(0, correction=0) + layer.eps).sqrt() * delta).detach()


@torch.no_grad()
def by_differences(layer: nn.BatchNorm1d, x: Tensor, delta: Tensor) -> Tensor:
    """Return dL/dx by changing each entry by a small step up and down."""
    found = torch.zeros_like(x)
    for place in range(x.numel()):
        step = torch.zeros(x.numel(), dtype=x.dtype)
        step[place] = STEP
        up, down = ((delta * layer(x + sign * step.view_as(x))).sum() for sign in (1, -1))
        found.view(-1)[place] = (up - down) / (2 * STEP)
    return found


def _table(sides: list[Sides], measured: Sides, constant: Sides) -> Table:
    return sides_table(
        f"{N_UNITS} units, a batch of {N_ROWS}", [*sides, measured, constant], ("formula", "layer"),
        "In the last row mean and variance are taken for constants, which they are not.",
    )  # fmt: skip


def _before_and_after(generator: torch.Generator) -> tuple[Picture, ...]:
    """Return histograms of many rows from the same distributions, before and after."""
    many = 3 * torch.randn(SHOWN_ROWS, N_UNITS, generator=generator, dtype=torch.float64) + torch.arange(N_UNITS)
    after = (many - many.mean(0)) / many.std(0, correction=0)
    return tuple(
        Picture(
            title=title,
            x=Axis(title="pre-activation"),
            y=Axis(title="rows"),
            marks=(Marks(kind="steps", columns=_outlines(values)),),
            note=note,
        )
        for title, values, note in (
            ("Before: every unit has its own mean", many, f"{SHOWN_ROWS:,} rows; three of the units."),
            ("After: all units are alike", after, "The same rows, standardized; the three outlines coincide."),
        )
    )


def _outlines(values: Tensor) -> dict[str, tuple[float | str | None, ...]]:
    edges = [ENDS[0] + (ENDS[1] - ENDS[0]) * k / N_BINS for k in range(N_BINS + 1)]
    units = (0, 2, 5)
    counts = histogram(values.T[list(units)], *ENDS, N_BINS).double().tolist()
    return {
        "x": tuple(edges * len(units)),
        "y": tuple(value for row in counts for value in (*row, row[-1])),
        "series": tuple(f"unit {unit + 1}" for unit in units for _ in edges),
    }
