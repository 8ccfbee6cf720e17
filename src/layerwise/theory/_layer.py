"""One layer of a wide random network as a map of (q, c), and how gradients pass it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from layerwise._base import InvalidInput, finite, non_negative, positive
from layerwise.activations.quadrature import Function, means
from layerwise.theory._plane import slope_product, squared_difference
from layerwise.theory._resolve import ActivationLike, resolve


@dataclass(frozen=True)
class Layer:
    """`z' = W dropout(f(z)) + b`: weights of variance `weight_variance / fan_in`, biases of `bias_variance`.

    `keep` is the share of units that dropout keeps, scaled by 1 / keep; 1 is no dropout.
    """

    function: Function
    weight_variance: float
    bias_variance: float
    keep: float = 1.0

    @classmethod
    def checked(
        cls, activation: ActivationLike, weight_variance: float, bias_variance: float, keep: float = 1.0
    ) -> Layer:
        """Return the layer, or raise `InvalidInput` for numbers that make none."""
        return cls(
            function=resolve(activation),
            weight_variance=positive("weight_variance", weight_variance),
            bias_variance=non_negative("bias_variance", bias_variance),
            keep=kept("keep", keep),
        )

    @property
    def _signal(self) -> float:
        return self.weight_variance / self.keep

    def q(self, q: float) -> float:
        """Return `sigma_w^2 / keep E f^2 + sigma_b^2`."""
        square = means(self.function, q).square if q > 0 else float(self.function.value(np.zeros(1))[0]) ** 2
        return self._signal * square + self.bias_variance

    def q_slope(self, q: float) -> float:
        """Return `dq'/dq`."""
        return self._signal * means(self.function, q).growth

    def chi_1(self, q: float) -> float:
        """Return `sigma_w^2 / keep E f'^2`: what the gradient's second moment is multiplied by on its way back."""
        return self._signal * means(self.function, q).slope_square

    def chi(self, q: float, gap: float) -> float:
        """Return `sigma_w^2 E f'(u1) f'(u2)` at the correlation `1 - gap`: the slope of its map where q stays."""
        return self.weight_variance * slope_product(self.function, q, gap)

    def decorrelation(self, q: float, gap: float) -> float:
        """Return `q' (1 - c')` of two inputs with `c = 1 - gap`: `sigma_w^2 E (f1 - f2)^2 / 2`, and what masks add."""
        apart = self.weight_variance * squared_difference(self.function, q, gap) / 2 if gap > 0 else 0.0
        if self.keep == 1:
            return apart
        return apart + (self._signal - self.weight_variance) * means(self.function, q).square


def kept(name: str, value: object) -> float:
    """Return `value` as a float if 0 < value <= 1."""
    number = positive(name, value)
    if number > 1:
        raise InvalidInput(f"`{name}` must be a number above 0 and up to 1", got=value, cure="It is 1 - dropout.")
    return number


def correlation(name: str, value: object) -> float:
    """Return `value` as a float if -1 <= value <= 1."""
    number = finite(name, value)
    if not -1 <= number <= 1:
        raise InvalidInput(f"`{name}` must be a number from -1 to 1", got=value)
    return number
