"""What layerwise knows about one activation function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

FLAT_SHARE = 0.05
"""A unit is saturated where its slope is under this share of the activation's largest slope."""

Elementwise = Callable[[Tensor], Tensor]
PullBack = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Activation:
    """An activation function `a = f(z)` with its derivative and the facts that theory and probes need.

    Attributes:
        name: The name in `ACTIVATIONS`.
        function: `f` on a tensor of pre-activations `z` of any shape. Maxout alone changes the shape: it takes
            `[..., pieces * units]` and returns `[..., units]`.
        pull_back: `(grad, z, a) -> grad * f'(z)`: from the gradient at the output `a = f(z)` to the gradient at `z`,
            in one fused kernel where torch has one. What it returns may share memory with `grad` (linear). None where
            the slope depends on parameters (prelu) or on more than one pre-activation (maxout): use autograd there.
        module: Factory of the `nn.Module`; `prelu` and `maxout` take options, the others none.
        range: `(low, high)`, the closed interval of outputs, rounding included.
        gain: `E[f(z)^2]^(-1/2)` for a unit Gaussian `z`: with weights of variance `gain^2 / fan_in`, the second moment
            of the pre-activations stays at 1 from layer to layer.
        max_slope: The largest `|f'(z)|` over all `z`.
        zero_centered: Whether `E[f(z)] = 0` for a unit Gaussian `z`.
        kinks: Points where slope or curvature jumps; quadrature must be split there.
        flat_below: The pre-activation below which a smooth flat side begins (the slope stays under `FLAT_SHARE` of
            `max_slope`), or None if that side is not flat or not smooth. A lone point where the slope crosses zero
            (gelu near -0.75, silu near -1.28) is no flat side.
        flat_above: The same on the right.
        dead_below: The slope is exactly 0 at this pre-activation and everywhere below, or None. Only the formula
            counts: a tanh whose slope is rounded to 0 is saturated, not dead.
        dead_above: The same at this pre-activation and everywhere above.
        pieces_default: How many pre-activations feed one unit (1 for all but maxout).
        citation: Author, year and title of the source.
        note: What is often said wrongly about it, or what its parameters mean; may be empty.

    Example:
        >>> from layerwise.activations import ACTIVATIONS
        >>> tanh = ACTIVATIONS["tanh"]
        >>> tanh.range, tanh.zero_centered, round(tanh.gain, 4)
        ((-1.0, 1.0), True, 1.5925)
    """

    name: str
    function: Elementwise
    pull_back: PullBack | None
    module: Callable[..., nn.Module]
    range: tuple[float, float]
    gain: float
    max_slope: float
    zero_centered: bool = False
    kinks: tuple[float, ...] = ()
    flat_below: float | None = None
    flat_above: float | None = None
    dead_below: float | None = None
    dead_above: float | None = None
    pieces_default: int = 1
    citation: str
    note: str = ""

    @property
    def slope(self) -> Elementwise | None:
        """The derivative `z -> f'(z)` with torch's convention at kinks, or None where `pull_back` is None.

        Example:
            >>> import torch
            >>> from layerwise.activations import ACTIVATIONS
            >>> ACTIVATIONS["relu"].slope(torch.tensor([-1.0, 0.0, 2.0]))
            tensor([0., 0., 1.])
        """
        pull_back = self.pull_back
        if pull_back is None:
            return None
        return lambda z: pull_back(torch.ones_like(z), z, self.function(z))

    @property
    def flat_sides(self) -> bool:
        """Whether it has a smooth flat side, so that its units can saturate."""
        return self.flat_below is not None or self.flat_above is not None

    @property
    def can_die(self) -> bool:
        """Whether its slope is exactly 0 on a whole side, so that its units can die."""
        return self.dead_below is not None or self.dead_above is not None
