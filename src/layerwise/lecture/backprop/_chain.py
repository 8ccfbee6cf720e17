"""C1.3: a thin, deep chain, and the chain rule along it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.records import Axis, Marks, Picture, Table

N_CHAINS, SHORT, LONG = 1000, 3, 10


class Chains(NamedTuple):
    """Chains h_i = sigmoid(w_i h_(i-1)) from h_0 = x, with loss (h_L - y)^2 / 2: `w` is [chain, layer]."""

    w: Tensor
    x: Tensor
    y: Tensor

    @classmethod
    def drawn(cls, n: int, depth: int, generator: torch.Generator) -> Chains:
        """Return `n` of them, all numbers unit Gaussian, in float64."""
        draw = torch.randn(n, depth + 2, generator=generator, dtype=torch.float64)
        return cls(draw[:, 2:], draw[:, 0], draw[:, 1])

    def signal(self, w: Tensor | None = None) -> list[Tensor]:
        """Return h_0 to h_L."""
        found = [self.x]
        for own in (self.w if w is None else w).unbind(1):
            found.append(torch.sigmoid(own * found[-1]))
        return found

    def by_autograd(self) -> Tensor:
        """Return dL/dw_i by back-propagation, [chain, layer]."""
        free = self.w.clone().requires_grad_()
        return torch.autograd.grad(((self.signal(free)[-1] - self.y) ** 2 / 2).sum(), free)[0]


class Factors(NamedTuple):
    """What the chain rule multiplies for the weight of one layer; each [chain]."""

    error: Tensor
    above: Tensor
    slope: Tensor
    source: Tensor

    def product(self) -> Tensor:
        """Return the gradient."""
        return self.error * self.above * self.slope * self.source


def factors(chains: Chains) -> list[Factors]:
    """Return, for each layer: dL/dy, the product over the layers above of slope times weight, own slope, own input."""
    h = chains.signal()
    slopes = [one * (1 - one) for one in h[1:]]
    above = [torch.ones_like(chains.x)]
    for w, slope in zip(chains.w.unbind(1)[:0:-1], slopes[:0:-1], strict=True):
        above.append(above[-1] * w * slope)
    return [Factors(h[-1] - chains.y, *own) for own in zip(above[::-1], slopes, h[:-1], strict=True)]


@claim(
    "C1.3",
    "A thin, deep chain: the chain rule",
    kind="exact",
    statement="In a chain of sigmoid neurons, a_i = w_i h_(i-1) and h_i = sigmoid(a_i), the gradient of w_i is the "
    "product of all factors on the way back from the loss, times the input h_(i-1).",
    prediction="The product of the factors, layer by layer, equals what back-propagation computes; divided by "
    "h_(i-1) it is the gradient at a_i.",
    decision_rule="Over 1,000 random chains of 3 and of 10 layers the largest difference is at most 1e-12 of the "
    "largest gradient of its layer, in float64.",
    source="CS7015, lecture 9.1, third and fourth slide. Rumelhart, Hinton and Williams 1986, Learning representations "
    "by back-propagating errors.",
)
def chain(ground: Ground) -> Outcome:
    """Multiply the factors of the chain rule, and compare with autograd."""
    short, long = (Chains.drawn(N_CHAINS, depth, ground.generator("C1.3")) for depth in (SHORT, LONG))
    sides = [*_sides(short), *_sides(long)]
    worst, gradient = largest(sides), long.by_autograd().abs()
    first, last = (float(gradient[:, layer].median()) for layer in (0, -1))
    return Outcome(
        verdict="holds" if worst <= ROUNDING else "does not hold",
        finding=f"Product and back-propagation differ by {worst:.1e} of the largest gradient at most, at every layer "
        f"of {2 * N_CHAINS:,} chains. On the way through {LONG} layers the median gradient falls from {last:.1e} to "
        f"{first:.1e}: each sigmoid multiplies it by a slope of at most 1/4.",
        metric="largest difference",
        value=worst,
        tables=(
            _factor_table(short),
            sides_table("All chains", [*sides[:SHORT], *sides[SHORT::3]], ("product", "autograd")),
        ),
        pictures=(_picture(gradient),),
    )


def _sides(chains: Chains) -> list[Sides]:
    depth = chains.w.shape[1]
    return [
        Sides(f"{depth} layers: dL/dw_{i}", found.product(), machine, float(machine.abs().max()))
        for i, (found, machine) in enumerate(zip(factors(chains), chains.by_autograd().unbind(1), strict=True), 1)
    ]


def _factor_table(chains: Chains) -> Table:
    rows = tuple(
        (f"w_{i}", *(f"{float(value[0]):.6f}" for value in (*found, found.product(), machine)))
        for i, (found, machine) in enumerate(zip(factors(chains), chains.by_autograd().unbind(1), strict=True), 1)
    )
    return Table(
        title="The factors in one chain of three",
        columns=("of", "dL/dy", "above", "slope", "input", "product", "autograd"),
        rows=rows,
        note="Above: slope times weight of every later layer. Slope: of the own sigmoid. Input: h_(i-1).",
    )


def _picture(gradient: Tensor) -> Picture:
    shares = torch.tensor([0.25, 0.5, 0.75], dtype=torch.float64)
    low, middle, high = (tuple(row.tolist()) for row in gradient.quantile(shares, dim=0))
    columns = {"x": tuple(map(float, range(1, LONG + 1))), "y": middle, "low": low, "high": high}
    return Picture(
        title="The gradient shrinks with every sigmoid on its way back",
        x=Axis(title="layer of the weight, 1 is next to the input"),
        y=Axis(title="size of dL/dw", scale="log"),
        marks=(Marks(kind="line", columns=columns),),
        note=f"Median of {N_CHAINS:,} random chains of {LONG} layers; upright lines: the middle half of them.",
    )
