"""C1.4: deep and wide, the gradient is a sum over all paths."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from math import prod

import torch
from torch import Tensor

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.records import Axis, Marks, Picture

SIZES = (3, 4, 4, 4, 2)
"""Inputs, three hidden layers, outputs: few enough that every path can be walked."""

SHOWN_WIDTH, SHOWN_DEPTHS = 100, range(1, 11)


@claim(
    "C1.4",
    "Deep and wide: the sum over all paths",
    kind="exact",
    statement="In a network that is deep and wide, the gradient of a weight is the chain rule applied along every path "
    "from the weight to the loss, and summed.",
    prediction="Every path is walked by itself, from the weight through one unit of each later layer to an output; the "
    "sum of the products equals what back-propagation computes.",
    decision_rule="Over all weights of a network of 3, 4, 4, 4 and 2 units the largest difference is at most 1e-12 "
    "of the largest gradient of its layer, in float64.",
    source="CS7015, lecture 9.1, fifth slide. Rumelhart, Hinton and Williams 1986, Learning representations by "
    "back-propagating errors.",
)
def paths(ground: Ground) -> Outcome:
    """Walk all paths of a small network, and compare their sums with autograd."""
    generator = ground.generator("C1.4")
    weights = [
        torch.randn(after, before, generator=generator, dtype=torch.float64) for before, after in pairwise(SIZES)
    ]
    x, y = (torch.randn(n, generator=generator, dtype=torch.float64) for n in (SIZES[0], SIZES[-1]))
    walked, machine = by_paths(weights, x, y), _by_autograd(weights, x, y)
    sides = [
        Sides(f"layer {k}, paths a weight: {prod(SIZES[k + 1 :])}", left, right, float(right.abs().max()))
        for k, (left, right) in enumerate(zip(walked, machine, strict=True), 1)
    ]
    worst = largest(sides)
    n_walked = sum(weight.numel() * prod(SIZES[k + 1 :]) for k, weight in enumerate(weights, 1))
    return Outcome(
        verdict="holds" if worst <= ROUNDING else "does not hold",
        finding=f"All {n_walked:,} paths from {sum(map(torch.numel, weights))} weights were walked; the sums and "
        f"back-propagation differ by {worst:.1e} of the largest gradient at most. Walking them all would be hopeless "
        "in a network of use: the paths multiply with depth, the work of back-propagation adds up.",
        metric="largest difference",
        value=worst,
        tables=(sides_table("dL/dw, layer by layer", sides, ("all paths", "autograd")),),
        pictures=(_contributions(weights, x, y), _growth()),
    )


def by_paths(weights: Sequence[Tensor], x: Tensor, y: Tensor) -> list[Tensor]:
    """Return dL/dw of every weight as the sum over its paths."""
    found = [torch.zeros_like(weight) for weight in weights]
    for layer, weight in enumerate(weights):
        for unit, source in product(*map(range, weight.shape)):
            found[layer][unit, source] = sum(path_products(weights, x, y, layer, unit, source))
    return found


def path_products(weights: Sequence[Tensor], x: Tensor, y: Tensor, layer: int, unit: int, source: int) -> list[float]:
    """Return what each path contributes that leads through the weight from `source` to `unit` of a layer."""
    h = _signal(weights, x)
    slopes, error = [(one * (1 - one)).tolist() for one in h[1:]], (h[-1] - y).tolist()
    start = float(h[layer][source]) * slopes[layer][unit]
    found = []
    for rest in product(*(range(len(one)) for one in weights[layer + 1 :])):
        path, total = (unit, *rest), start
        for k in range(1, len(path)):
            total *= float(weights[layer + k][path[k], path[k - 1]]) * slopes[layer + k][path[k]]
        found.append(total * error[path[-1]])
    return found


def _signal(weights: Sequence[Tensor], x: Tensor) -> list[Tensor]:
    found = [x]
    for weight in weights:
        found.append(torch.sigmoid(weight @ found[-1]))
    return found


def _by_autograd(weights: Sequence[Tensor], x: Tensor, y: Tensor) -> tuple[Tensor, ...]:
    free = [weight.clone().requires_grad_() for weight in weights]
    return torch.autograd.grad(((_signal(free, x)[-1] - y) ** 2).sum() / 2, free)


def _contributions(weights: Sequence[Tensor], x: Tensor, y: Tensor) -> Picture:
    each = sorted(path_products(weights, x, y, 0, 0, 0), reverse=True)
    return Picture(
        title=f"{len(each)} paths lead from one weight to the loss; their sum is its gradient",
        x=Axis(title="path, the largest contribution first", low=0.0, high=len(each) + 1.0),
        y=Axis(title="contribution to dL/dw"),
        marks=(
            Marks(
                kind="points",
                columns={"x": tuple(map(float, range(1, len(each) + 1))), "y": tuple(each)},
            ),
            Marks(kind="rule", columns={"y": (sum(each),)}),
        ),
        note="A weight of the first layer. Dashed: the sum of all its paths. Paths of both signs cancel in part.",
    )


def _growth() -> Picture:
    depths = tuple(map(float, SHOWN_DEPTHS))
    walked, passed = "paths from one weight", "products for all weights"
    return Picture(
        title="Back-propagation sums the same paths without walking each",
        x=Axis(title=f"later layers of {SHOWN_WIDTH} units"),
        y=Axis(title="number", scale="log"),
        marks=(
            Marks(
                kind="line",
                columns={
                    "x": depths * 2,
                    "y": (
                        *(float(SHOWN_WIDTH**depth) for depth in SHOWN_DEPTHS),
                        *(float(depth * SHOWN_WIDTH**2) for depth in SHOWN_DEPTHS),
                    ),
                    "series": (walked,) * len(depths) + (passed,) * len(depths),
                },
            ),
        ),
        note="Counted, not measured: k layers of n units have n^k paths; back-propagation makes k n^2 products.",
    )
