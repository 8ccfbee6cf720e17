"""C3.12: ELU."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from layerwise.activations import ACTIVATIONS, FLAT_SHARE, Moments
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._marks import Z, line, path
from layerwise.lecture.units._slopes import slope
from layerwise.records import Axis, Picture, Table

SCALES = (0.5, 1.0, 2.0)

Left = Callable[[Tensor, float], Tensor]
"""The left side of ELU: from x <= 0 and a to the output."""


@claim(
    "C3.12",
    "ELU keeps the benefits of ReLU",
    kind="exact",
    statement="ELU is x for x > 0 and a e^x - 1 for x <= 0. It has all benefits of ReLU; the left side lets at least a "
    "small gradient through; its outputs are close to zero-centered.",
    prediction="For x > 0 the slope is 1 as ReLU's. The lecture's left side meets the right side at 0 only for a = 1; "
    "the continuous form is a (e^x - 1). On the left the slope falls as e^x: 2e-9 at -20, never exactly 0, but flat.",
    decision_rule="Holds if the slope is 1 on the right, the written left side is continuous for a = 0.5, 1 and 2, and "
    "the left side is nowhere flat (slope under 5% of the largest). If only the right side and a = 1 are as said, it "
    "holds once put right. Numbers to 1e-12.",
    source="CS7015, lecture 9.3. Clevert, Unterthiner and Hochreiter 2016, Fast and accurate deep network learning by "
    "exponential linear units.",
)
def elu(_ground: Ground) -> Outcome:
    """Hold the written formula to the unit, and look at its left side."""
    return elu_outcome(lambda x, a: a * torch.exp(x) - 1)


def elu_outcome(left: Left) -> Outcome:
    """Judge C3.12 for a formula of the left side."""
    unit = ACTIVATIONS["elu"]
    right, low = Z[Z > 0], Z[Z <= 0]
    sides = [
        Sides("slope for x > 0: 1", slope("elu", right), torch.ones_like(right)),
        Sides("left side with a = 1", left(low, 1.0), unit.function(low)),
        Sides("slope at -20: e^-20", slope_at(-20.0), math.exp(-20.0)),
    ]
    jumps = [float(left(torch.zeros((), dtype=torch.float64), a)) for a in SCALES]
    flat = slope_at(-20.0) < FLAT_SHARE * unit.max_slope
    error, joined = largest(sides), max(map(abs, jumps)) <= ROUNDING
    alive = slope_at(-100.0) > 0
    moments, relu = unit.unit_moments, ACTIVATIONS["relu"].unit_moments
    return Outcome(
        verdict="does not hold" if error > ROUNDING or not alive else "holds" if joined and not flat else "holds if",
        finding=f"For x > 0 the slope is 1, as ReLU's, to {error:.2g}. The left side as written jumps at 0 by "
        f"{jumps[0]:+.1f} for a = 0.5 and {jumps[2]:+.1f} for a = 2. Its slope is {slope_at(-5.0):.1e} "
        f"at -5 and {slope_at(-20.0):.1e} at -20. The mean output for Gaussian inputs is "
        f"{moments.mean:.3f}, {share(moments):.0%} of the standard deviation; ReLU's is {relu.mean:.3f}, "
        f"{share(relu):.0%}.",
        condition=_condition(joined=joined, flat=flat),
        metric="largest difference",
        value=error,
        tables=(sides_table("ELU", sides, ("formula", "unit")), _jumps(jumps)),
        pictures=(_written(left), _slopes()),
    )


def share(moments: Moments) -> float:
    """Return the mean output over the standard deviation of the outputs."""
    return moments.mean / math.sqrt(moments.square - moments.mean**2)


def slope_at(z: float) -> float:
    """Return the slope of ELU at one point."""
    return float(slope("elu", torch.tensor(z, dtype=torch.float64)))


def _condition(*, joined: bool, flat: bool) -> str:
    parts = [] if joined else ["Written as a e^x - 1 the left side fits only with a = 1; in general it is a (e^x - 1)."]
    if flat:
        parts.append("A small gradient does come through on the left, but ever less: there ELU saturates as the "
                     "sigmoid does, and its exp is not as cheap as a comparison.")  # fmt: skip
    return " ".join(parts)


def _jumps(jumps: list[float]) -> Table:
    rows = tuple(
        (f"{a:g}", f"{jump:+.2f}", f"{a * math.expm1(0.0):.2f}") for a, jump in zip(SCALES, jumps, strict=True)
    )
    return Table(
        title="The value of the left side at 0, where the right side is 0",
        columns=("a", "a e^x - 1", "a (e^x - 1)"),
        rows=rows,
    )


def _written(left: Left) -> Picture:
    low, high = Z[Z <= 0], Z[(Z >= 0) & (Z <= 2)]
    return Picture(
        title="As the lecture writes it, ELU jumps at 0 unless a = 1",
        x=Axis(title="x", low=-5.0, high=2.0),
        y=Axis(title="output", low=-2.0, high=2.0),
        marks=(
            path(low, left(low, 2.0), "2 e^x - 1"),
            path(low, 2 * (torch.exp(low) - 1), "2 (e^x - 1)"),
            path(low, torch.exp(low) - 1, "e^x - 1"),
            path(high, high, "x"),
        ),
    )


def _slopes() -> Picture:
    far = torch.linspace(-20, 2, 221, dtype=torch.float64)
    return Picture(
        title="On the left ELU's slope falls to 2e-9 at -20; Leaky ReLU keeps 0.01",
        x=Axis(title="pre-activation x"),
        y=Axis(title="slope", scale="log"),
        marks=(
            line(far, slope("elu", far), "ELU"),
            line(far, torch.where(far > 0, 1.0, 0.01), "Leaky ReLU"),
            line(far, torch.sigmoid(far) * torch.sigmoid(-far), "sigmoid"),
        ),
        note="ReLU's slope on the left is 0, which a logarithmic axis cannot show.",
    )
