"""What an activation does to Gaussian pre-activations: the expectations on which theory and gains stand."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from layerwise.activations.quadrature._function import Function
from layerwise.activations.quadrature._line import Line, line, scale
from layerwise.activations.quadrature._rule import N_NODES, Array, density


@dataclass(frozen=True, kw_only=True)
class Means:
    """Expectations of an activation `f` over Gaussian pre-activations `z ~ N(0, q)`.

    Attributes:
        mean: `E f`.
        square: `E f^2`.
        slope_square: `E f'^2`.
        curvature: `E f'' f`, with `f''` as a distribution: a kink at `k`, where the slope jumps by `s`, counts with
            `s f(k)` times the density of `z` at `k`.

    For a unit with several pre-activations (maxout, glu), these are independent, `f'^2` and `f''` are summed over them.
    """

    mean: float
    square: float
    slope_square: float
    curvature: float

    @property
    def growth(self) -> float:
        """`d E f^2 / dq = E f'^2 + E f'' f`: by how much the second moment rises with `q`."""
        return self.slope_square + self.curvature

    @property
    def gain(self) -> float:
        """`E[f^2]^(-1/2)`; infinite where `f` is 0."""
        return self.square**-0.5 if self.square > 0 else math.inf

    @property
    def centered_gain(self) -> float:
        """`1 / std f`; infinite where `f` does not vary."""
        variance = self.square - self.mean**2
        return variance**-0.5 if variance > 0 else math.inf

    @property
    def chi_1(self) -> float:
        """`E f'^2 / E f^2`: growth of the squared gradient per layer whose weights keep the squared signal at q = 1."""
        return self.slope_square / self.square if self.square > 0 else math.inf


@dataclass(frozen=True, kw_only=True)
class Moments(Means):
    """Expectations of an activation, and how far to trust them.

    Attributes:
        error: How far `mean`, `square`, `slope_square` and `curvature` may be off, absolute, the largest of the four.
            It is about 1e-14 for all in the table. Where `f` jumps, its slope is not a function: `error` is then as
            large as the jump times the density of `z`, and only `mean` and `square` hold. It is infinite where an
            expectation is.
    """

    error: float


def means(function: Function, q: float) -> Means:
    """Return the means of `function` for `z ~ N(0, q)`; q = 0 and infinity are taken as limits.

    No second derivative is taken: as `E[z g] = q E[g']` for `g = f f'` (Stein's identity, which holds with `g'` as a
    distribution), `E f'' f = E[z f f'] / q - E f'^2`.
    """
    return _means(line(function, q), scale(q))


def moments(function: Function, q: float) -> Moments:
    """Return the means of `function` for `z ~ N(0, q)` with their error."""
    at, root = line(function, q), scale(q)
    found = _means(at, root)
    return Moments(**dataclasses.asdict(found), error=_error(function, at, root))


def _means(at: Line, root: float) -> Means:
    weight, f, slope = at.weight, at.value, at.slope
    with np.errstate(over="ignore", invalid="ignore"):  # what grows beyond float64 is infinite
        slope_square = weight @ (slope * slope)
        return Means(
            mean=float(weight @ f),
            square=float(weight @ (f * f)),
            slope_square=float(slope_square),
            curvature=float(weight @ _turned(at, f * slope, root) - slope_square),
        )


def _turned(at: Line, curve: Array, root: float) -> Array:
    """Return `z curve / root`, whose mean is that of the derivative. `E z = 0` keeps its digits where q is small."""
    turned: Array = at.z * (curve - at.weight @ curve) / root
    return turned


def _error(function: Function, at: Line, root: float) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        f, slope = at.value, at.slope
        turned = np.minimum(np.abs(_turned(at, f * slope, root)), np.abs(at.z * f * slope / root))
        parts = np.abs(np.stack([f, f * f, slope * slope, turned]))
        held = (parts * at.weight).reshape(len(parts), -1, N_NODES).sum(axis=2)
        own = np.searchsorted(function.panels.edges, root * at.z[N_NODES // 2 :: N_NODES])
        off = np.sum(function.panels.off[: len(parts), own.clip(1, function.panels.halved.size) - 1] * held, axis=1)
        # what lies beyond the reach is nothing, unless f^2 grows like the density shrinks
        off += parts[:, [0, -1]] @ density(at.z[[0, -1]])
        error = max(off[0], off[1], off[2] + off[3], *_unlike_a_derivative(at, root))
    return float(error) if np.isfinite(off).all() and math.isfinite(error) else math.inf


def _unlike_a_derivative(at: Line, root: float) -> tuple[float, float]:
    """Return by how much Stein's identity fails for `f` and for `z f`."""
    once = at.weight @ (_turned(at, at.value, root) - at.slope)
    shifted = at.value - at.weight @ at.value
    twice = at.weight @ ((at.z**2 - 1) * shifted - root * at.z * at.slope) / max(root, 1.0)
    return abs(float(once)), abs(float(twice))


def gated_moments(gate: Function, q: float) -> Moments:
    """Return the moments of `f(y, z) = y gate(z)` for independent `y, z ~ N(0, q)`.

    `E f = 0`, `E f^2 = q E g^2`, `E |grad f|^2 = E g^2 + q E g'^2`, `E f (laplacian f) = q E g'' g`.
    """
    g = moments(gate, q)
    return Moments(
        mean=0.0,
        square=q * g.square,
        slope_square=g.square + q * g.slope_square,
        curvature=q * g.curvature,
        error=(1 + q) * g.error,
    )
