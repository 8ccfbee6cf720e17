"""What mean-field theory says of the lecture's experiment."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from layerwise.activations import moments
from layerwise.lecture.weights._signal import DEPTH
from layerwise.theory import propagate


class Expected(NamedTuple):
    """Mean-field theory of the same, by layer, at infinite width; the fields as in `Reading`.

    `between` is NaN where 1 - c is too small for double precision.
    """

    preactivation: tuple[float, ...]
    pooled: tuple[float, ...]
    between: tuple[float, ...]
    gradient: tuple[float, ...]


SMALLEST_GAP = 1e-13


def expected(activation: str, weight_variance: float, depth: int = DEPTH) -> Expected:
    """Return what theory says of layers whose weights have variance `weight_variance` / fan_in.

    Of the next layer q (1 - c) is weight_variance (E f^2 - E f(u1) f(u2)), which is the variance between inputs.
    """
    made = propagate(activation, weight_variance, 0.0, depth + 1)
    at = [moments(activation, q) for q in made.q[:-1]]
    last = weight_variance * at[-1].slope_square  # a unit gradient at the last activations, there pulled back
    return Expected(
        preactivation=made.q[:-1],
        pooled=tuple(math.sqrt(max(0.0, one.square - one.mean**2)) for one in at),
        between=tuple(
            math.sqrt(q * (1 - c) / weight_variance) if 1 - c > SMALLEST_GAP else math.nan
            for q, c in zip(made.q[1:], made.c[1:], strict=True)
        ),
        gradient=_gradients(made.gradient[:-1], made.chi_1[depth - 1], last / weight_variance),
    )


def _gradients(relative: Sequence[float], chi: float, last: float) -> tuple[float, ...]:
    """Return the rms at each layer, from second moments relative to one layer after the last."""
    return tuple(math.sqrt(value / chi * last) for value in relative)
