"""What layerwise knows about one activation function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from layerwise.activations.quadrature import Function, Moments, moments

FLAT_SHARE = 0.05
"""A unit is saturated where its slope is under this share of the activation's largest slope."""

Elementwise = Callable[[Tensor], Tensor]
PullBack = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(frozen=True, kw_only=True)
class Activation:
    """An activation function `a = f(z)` with its derivative and the facts that theory and probes need.

    Attributes:
        name: The name in `ACTIVATIONS`.
        formula: `f(z)`, as Python would compute it but with `^` for powers; `z1` and `z2` are the pre-activations where
            a unit has two. `Phi` is the Gaussian's distribution function.
        derivative: `f'(z)` in the same way; empty where a unit has several pre-activations.
        function: `f` on a tensor of pre-activations `z` of any shape. Those with several pre-activations to a
            unit change the shape: they take `[..., pieces * units]` and return `[..., units]`.
        pull_back: `(grad, z, a) -> grad * f'(z)`: from the gradient at the output `a = f(z)` to the gradient at `z`,
            in one fused kernel where torch has one. What it returns may share memory with `grad` (linear). None where
            the slope depends on parameters (prelu), or the shape changes (maxout, glu, crelu): use autograd there.
        module: Factory of the `nn.Module`; `prelu` and `maxout` take options, the others none.
        range: `(low, high)`, the closed interval of outputs, rounding included.
        max_slope: The largest `|f'(z)|` over all `z` (or what it comes as near to as one likes).
        zero_centered: Whether `E[f(z)] = 0` for a unit Gaussian `z`.
        kinks: Points where slope or curvature jumps; quadrature must be split there.
        flat_below: The pre-activation below which a smooth flat side begins (the slope stays under `FLAT_SHARE` of
            `max_slope`), or None if that side is not flat or not smooth. A lone point where the slope crosses zero
            (gelu near -0.75, silu near -1.28, gaussian at 0) is no flat side.
        flat_above: The same on the right.
        dead_below: The slope is exactly 0 at this pre-activation and everywhere below, or None. Only the formula
            counts: a tanh whose slope is rounded to 0 is saturated, not dead.
        dead_above: The same at this pre-activation and everywhere above.
        pieces_default: How many pre-activations feed one unit: 1, but 2 for maxout and the gated linear units, and 0.5
            for crelu, where one feeds two units.
        moments_of_pieces: `q -> Moments`, for units with several pre-activations, or half of one.
        parameters: The constants and learned parameters in the formula, and their values; may be empty.
        citation: Author, year and title of the source.
        note: What is often said wrongly about it, or what its parameters mean; may be empty.

    Example:
        >>> from layerwise.activations import ACTIVATIONS
        >>> tanh = ACTIVATIONS["tanh"]
        >>> tanh.range, tanh.zero_centered, round(tanh.gain, 4)
        ((-1.0, 1.0), True, 1.5925)
    """

    name: str
    formula: str
    derivative: str = ""
    function: Elementwise
    pull_back: PullBack | None
    module: Callable[..., nn.Module]
    range: tuple[float, float]
    max_slope: float
    zero_centered: bool = False
    kinks: tuple[float, ...] = ()
    flat_below: float | None = None
    flat_above: float | None = None
    dead_below: float | None = None
    dead_above: float | None = None
    pieces_default: float = 1
    moments_of_pieces: Callable[[float], Moments] | None = None
    parameters: str = ""
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

    def moments(self, q: float) -> Moments:
        """Return the expectations over pre-activations `z ~ N(0, q)`, by quadrature split at the kinks."""
        if self.moments_of_pieces is not None:
            return self.moments_of_pieces(q)
        return moments(self.on_arrays, q)

    @cached_property
    def on_arrays(self) -> Function:
        """The function and its slope on float64 arrays, as quadrature takes them."""
        return Function(self.name, self.function, self.slope, self.kinks)

    @cached_property
    def unit_moments(self) -> Moments:
        """The moments for a unit Gaussian `z`, computed when they are first asked for."""
        return self.moments(1.0)

    @property
    def gain(self) -> float:
        """`E[f(z)^2]^(-1/2)` for a unit Gaussian `z`.

        With weights of variance `gain^2 / fan_in`, the second moment of the pre-activations stays at 1 from layer to
        layer.
        """
        return self.unit_moments.gain

    @property
    def flat_sides(self) -> bool:
        """Whether it has a smooth flat side, so that its units can saturate."""
        return self.flat_below is not None or self.flat_above is not None

    @property
    def can_die(self) -> bool:
        """Whether its slope is exactly 0 on a whole side, so that its units can die."""
        return self.dead_below is not None or self.dead_above is not None
