"""Where layers with one activation are to work: a mean square of the pre-activations, and the weights that suit it."""

from __future__ import annotations

from dataclasses import dataclass

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS, Activation, Moments, moments
from layerwise.tracing import Function

HELD = 1 + 1e-9
"""Layers drive q away where the slope of their map is above this; at 1 (relu) they leave it as it is."""

BIAS_LOSS = 0.25
"""Without biases, q may lose this share over the depth."""

_LARGEST = 4  # q up to 2^4: silu is the last to be held, from 14.3 on
_SMALLEST = 12


@dataclass(frozen=True, slots=True)
class Point:
    """What the weights that read `f(z)`, with `z ~ N(0, q)`, are to be.

    Attributes:
        name: The activation in words.
        q: Mean square of the pre-activations `z`.
        weight_variance: Of those weights, times fan_in.
        square: Mean square of what they read, `E f^2`; its variance where they are centered.
        centered: Whether the weights of a unit sum to 0, so that the mean of `f` is not carried along.
        why: In words.
    """

    name: str
    q: float
    weight_variance: float
    square: float
    centered: bool
    why: str

    @property
    def bias_variance(self) -> float:
        """What biases add where q stays: `q - weight_variance square`, at least 0 but for rounding."""
        variance = self.q - self.weight_variance * self.square
        return 0.0 if abs(variance) < 1e-12 * self.q else variance


def name_of(activation: Function) -> str:
    """Return the activation in words."""
    return activation.name if isinstance(activation, Activation) else "a function without a name"


def gain_point(activation: Function, why: str = "") -> Point:
    """Return the point that keeps the signal: weight variance `1 / E f^2` at q = 1, no biases."""
    here = moments(activation)
    if not here.square > 0:
        raise InvalidInput(f"{name_of(activation)} must not be 0 everywhere")
    why = why or f"the forward gain of {name_of(activation)}"
    return Point(name_of(activation), 1.0, 1 / here.square, here.square, centered=False, why=why)


def critical_at(activation: Function, q: float, *, centered: bool = False) -> Point:
    """Return the point with `chi_1 = 1` at q; its bias variance is below 0 where the line does not reach.

    Centered it is never below 0, as `Var f <= q E f'^2` for every f (Poincaré's inequality for a Gaussian).
    """
    here = moments(activation, q)
    square = here.square - here.mean**2 if centered else here.square
    words = f"the critical line of {name_of(activation)} at q = {q:.4g}"
    if centered:
        words += f", each unit's weights summing to 0 so that its mean of {here.mean:.3g} is not carried along"
    return Point(name_of(activation), q, 1 / here.slope_square, square, centered, words)


def held_point(activation: Function, depth: int, with_biases: bool = True) -> Point:  # noqa: FBT001, FBT002
    """Return the critical point of an activation at which layers hold q, or what comes nearest to it.

    The point at q = 1 where layers hold it (tanh, relu, elu, selu, ...); else the least power of 2 at which they do
    (mish 2, gelu 4, hardswish 8, silu 16: at q = 1 their q runs away, more so the deeper they are); where the line does
    not reach q = 1 (sigmoid, softplus), the one of centered weights; where nothing holds q (squared relu, geglu), the
    forward gain.

    Without biases q slowly fades on the line, the slower the smaller it is: the largest power of 2 up to 1 that loses
    at most a quarter in `depth` layers. (Relu loses nothing.)
    """
    if _outgrows(activation):
        name = name_of(activation)
        why = (
            f"the forward gain of {name}: it grows faster than its input, so nothing holds the signal but a normalizer"
        )
        return gain_point(activation, why)
    centered = critical_at(activation, 1.0).bias_variance < 0
    if not with_biases:
        return _without_biases(activation, depth, centered=centered)
    powers = (2.0**k for k in range(1 if centered else _LARGEST + 1))
    q = next((q for q in powers if _slope(activation, q, centered) <= HELD), None)
    if q is None:
        name = name_of(activation)
        return gain_point(activation, f"the forward gain of {name}: no critical point of {name} holds the signal")
    return critical_at(activation, q, centered=centered)


def _outgrows(activation: Function) -> bool:
    """Whether `E f^2` at large q grows as the square of q (squared relu, geglu): once above, q runs away."""
    large = moments(activation, 256.0).square
    return not 0 < moments(activation, 1024.0).square < 8 * large


def _without_biases(activation: Function, depth: int, *, centered: bool) -> Point:
    for k in range(_SMALLEST):
        point = critical_at(activation, 2.0**-k, centered=centered)
        if point.bias_variance * depth <= BIAS_LOSS * point.q:
            return point
    return gain_point(activation, f"the forward gain of {name_of(activation)}: without biases it has no critical point")


def _slope(activation: Function, q: float, centered: bool) -> float:  # noqa: FBT001
    """Return `dq' / dq` at the critical point."""
    here = moments(activation, q)
    slope = (here.slope_square + here.curvature) / here.slope_square
    return slope - 2 * here.mean * _mean_slope(activation, q, here) / here.slope_square if centered else slope


def _mean_slope(activation: Function, q: float, here: Moments) -> float:
    step = 1e-5 * q
    return (moments(activation, q + step).mean - here.mean) / step


LINEAR = ACTIVATIONS["linear"]
