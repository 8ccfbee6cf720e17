"""Signal, correlation and gradient layer by layer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import accumulate

from layerwise._base import non_negative, positive_int
from layerwise.theory._layer import Layer, correlation
from layerwise.theory._resolve import ActivationLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Propagation:
    """What a wide random network does to two inputs, one entry for each layer of weights, from the first on.

    Attributes:
        q: Second moment of the pre-activations.
        c: Correlation between the pre-activations of the two inputs.
        chi_1: What the second moment of a gradient is multiplied by on its way from the pre-activations of the next
            layer back to these.
        gradient: Second moment of the gradient at the pre-activations, relative to that at the last layer: the product
            of `chi_1` from this layer to the last but one. Its last entry is 1.
    """

    q: tuple[float, ...]
    c: tuple[float, ...]
    chi_1: tuple[float, ...]
    gradient: tuple[float, ...]


def propagate(
    activation: ActivationLike,
    weight_variance: float,
    bias_variance: float,
    depth: int,
    *,
    q0: float = 1.0,
    c0: float = 0.0,
    keep: float = 1.0,
) -> Propagation:
    """Return signal, correlation and gradient of a wide random network at each of its `depth` layers.

    Mean field, exact as the width goes to infinity. Of two inputs with mean square `q0` and correlation `c0`, the first
    layer makes `q = sigma_w^2 q0 + sigma_b^2`; from layer to layer, with unit Gaussian `z`,

        q' = sigma_w^2 / keep E[f(sqrt(q) z)^2] + sigma_b^2
        c' = (sigma_w^2 E[f(u1) f(u2)] + sigma_b^2) / q',  u1, u2 of variance q and correlation c
        chi_1 = sigma_w^2 / keep E[f'(sqrt(q) z)^2]

    Args:
        activation: A name, an `Activation`, or a function of a tensor.
        weight_variance: `sigma_w^2`: weights have variance `sigma_w^2 / fan_in`. He's is 2.
        bias_variance: `sigma_b^2`.
        depth: Number of layers of weights.
        q0: Mean square of an input's entries.
        c0: Correlation of the two inputs, -1 to 1.
        keep: Share of units that dropout keeps in the layers' outputs (not in the inputs); masks differ by input.

    Raises:
        InvalidInput: If a number is out of its range, or the activation is none that theory can take.

    Example:
        >>> made = propagate("relu", 2.0, 0.0, depth=3, q0=0.5)
        >>> [round(q, 12) for q in made.q], [round(c, 4) for c in made.c]
        ([1.0, 1.0, 1.0], [0.0, 0.3183, 0.4937])

    References:
        Poole, Lahiri, Raghu, Sohl-Dickstein, Ganguli 2016, Exponential expressivity in deep neural networks through
        transient chaos. Schoenholz, Gilmer, Ganguli, Sohl-Dickstein 2017, Deep information propagation.
    """
    layer = Layer.checked(activation, weight_variance, bias_variance, keep)
    q0, c0 = non_negative("q0", q0), correlation("c0", c0)
    places = [enter(layer.weight_variance, layer.bias_variance, q0, c0)]
    for _ in range(positive_int("depth", depth) - 1):
        places.append(_next(layer, *places[-1]))
    chi = [layer.chi_1(q) for q, _ in places]
    back = list(accumulate(reversed(chi[:-1]), lambda total, one: total * one, initial=1.0))
    return Propagation(
        q=tuple(q for q, _ in places),
        c=tuple(1 - gap for _, gap in places),
        chi_1=tuple(chi),
        gradient=tuple(reversed(back)),
    )


def enter(weight_variance: float, bias_variance: float, q0: float, c0: float) -> tuple[float, float]:
    """Return q and 1 - c at the first layer."""
    q = weight_variance * q0 + bias_variance
    return q, weight_variance * q0 * (1 - c0) / q if q > 0 else 1 - c0


def _next(layer: Layer, q: float, gap: float) -> tuple[float, float]:
    after = layer.q(q) if math.isfinite(q) else math.inf
    return after, gap_after(layer, q, gap, after)


def gap_after(layer: Layer, q: float, gap: float, after: float) -> float:
    """Return 1 - c of the next layer, whose q is `after`; where nothing finite is left to compare, c stays."""
    if after == 0 or not math.isfinite(after):
        return gap
    return min(2.0, layer.decorrelation(q, gap) / after)
