"""The singular values of the Jacobian from input to output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from layerwise._base import InvalidInput, Text, one_of, positive_int
from layerwise.activations.quadrature import line
from layerwise.theory._fixed_points import reached
from layerwise.theory._layer import Layer
from layerwise.theory._resolve import ActivationLike

Weights = Literal["gaussian", "orthogonal"]
_S1 = {"gaussian": -1.0, "orthogonal": 0.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class JacobianMoments:
    """Mean and variance, over the spectrum, of the *squared* singular values; `variance / mean^2` is free of scale."""

    mean: float
    variance: float


def jacobian(
    activation: ActivationLike,
    weight_variance: float,
    bias_variance: float,
    depth: int,
    *,
    weights: Weights = "gaussian",
    q0: float = 1.0,
) -> JacobianMoments:
    """Return mean and variance of the squared singular values of the Jacobian over `depth` layers at the fixed point.

        mean = chi_1^L,  variance = chi_1^(2 L) L (mu_2 / mu_1^2 - 1 - s_1),  mu_k = E f'^(2 k)

    with `s_1 = -1` for Gaussian and 0 for orthogonal weights, `L = depth`, as the width goes to infinity, square layers
    of weights and nothing but q* between them. Variance 0 (linear layers with orthogonal weights, at weight variance 1)
    is dynamical isometry; relu cannot have it.

    Args:
        activation: A name, an `Activation`, or a function of a tensor.
        weight_variance: `sigma_w^2`; orthogonal weights are `sigma_w` times an orthogonal matrix.
        bias_variance: `sigma_b^2`.
        depth: Layers of weights, each with its activation.
        weights: `gaussian` or `orthogonal`.
        q0: Mean square of the inputs, which decides the fixed point where there are several.

    Raises:
        InvalidInput: If a number is out of its range, or q runs to infinity.

    Example:
        >>> jacobian("relu", 2.0, 0.0, depth=10, weights="orthogonal")
        JacobianMoments(mean=1.0, variance=10.0)

    References:
        Pennington, Schoenholz, Ganguli 2017, Resurrecting the sigmoid in deep learning through dynamical isometry.
    """
    layer = Layer.checked(activation, weight_variance, bias_variance)
    depth = positive_int("depth", depth)
    one_of("weights", weights, tuple(_S1))
    point = reached(layer, q0)
    if point.q == float("inf"):
        raise InvalidInput(
            "q must have a finite fixed point", got=Text("q runs to infinity"), cure="Lower `weight_variance`."
        )
    here = line(layer.function, point.q)
    square = here.slope**2
    spread = (here.weight @ square**2) / (here.weight @ square) ** 2 - 1 - _S1[weights]
    mean = point.chi_1**depth
    return JacobianMoments(mean=mean, variance=mean**2 * depth * float(spread))


def largest_squared_singular_value(depth: int) -> float:
    """Return `(L + 1)^(L + 1) / L^L`: the edge of the spectrum of `depth` linear layers with Gaussian weights.

    For weights of variance 1 / fan_in in square layers, as the width goes to infinity; grows as `e L`.

    Raises:
        InvalidInput: If `depth` is not a positive int.

    Example:
        >>> round(largest_squared_singular_value(10), 2)
        28.53

    References:
        Pennington, Schoenholz, Ganguli 2017, Resurrecting the sigmoid in deep learning through dynamical isometry.
    """
    depth = positive_int("depth", depth)
    return (depth + 1) * (1 + 1 / depth) ** depth
