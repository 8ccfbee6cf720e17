"""What an activation does to Gaussian pre-activations: the expectations on which theory and gains stand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from layerwise._base import InvalidInput
from layerwise._base._errors import Text
from layerwise.activations._quadrature import integrate

REACH = 38.0  # exp(-x^2 / 2) is the smallest float64 there
_STANDARD_DEVIATIONS = (*range(-14, 15), -38.0, -28.0, -20.0, 20.0, 28.0, 38.0)
_FEATURES = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)  # pre-activations at which most functions have their bends


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Expectations of an activation `f` over Gaussian pre-activations `z ~ N(0, q)`.

    Attributes:
        mean: `E f`.
        square: `E f^2`.
        slope_square: `E f'^2`.
        curvature: `E f'' f`, with `f''` as a distribution: a kink at `k`, where the slope jumps by `s`, counts with
            `s f(k)` times the density of `z` at `k`.
        error: How far the numbers may be off, absolute, the largest of the four. It is about 1e-14 for all in the
            table. Where `f` jumps, its slope is not a function: `error` is then as large as the jump times the density
            of `z`, and only `mean` and `square` hold. It is infinite where an expectation is.

    For a unit with several pre-activations (maxout, glu), these are independent, `f'^2` and `f''` are summed over them.
    """

    mean: float
    square: float
    slope_square: float
    curvature: float
    error: float

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


def gaussian_moments(function: Callable[[Tensor], Tensor], q: float, kinks: tuple[float, ...] = ()) -> Moments:
    """Return the moments of `function` for `z ~ N(0, q)`, by quadrature split at `kinks`.

    The slope is autograd's. No second derivative is taken: as `E[z g] = q E[g']` for `g = f f'` (Stein's identity,
    which holds with `g'` as a distribution), `E f'' f = E[z f f'] / q - E f'^2`. The same identity with `f` and `z f`
    tells whether the slope is the derivative of `f`: by how much they fail is part of `error`.
    """
    std = math.sqrt(q)

    def integrands(x: Tensor) -> Tensor:
        f, slope = _value_and_slope(function, std * x)
        stein = (x * f / std - slope, (x * x * f - f - std * x * slope) / max(std, 1.0))
        rows = torch.stack([f, f * f, slope * slope, x * f * slope / std, *stein])
        return rows * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)

    edges = _edges(std, kinks)
    values, errors = integrate(integrands, edges)
    # what lies beyond the reach is nothing, unless f^2 grows like the density shrinks
    errors = errors + integrands(edges[[0, -1]]).abs().sum(1)
    mean, square, slope_square, with_slope, *stein = values.tolist()
    off = errors.nan_to_num(nan=math.inf).tolist()
    return Moments(
        mean=mean,
        square=square,
        slope_square=slope_square,
        curvature=with_slope - slope_square,
        error=max(off[0], off[1], off[2] + off[3], *map(abs, stein)) if values.isfinite().all() else math.inf,
    )


def gated_moments(gate: Callable[[Tensor], Tensor], q: float) -> Moments:
    """Return the moments of `f(y, z) = y gate(z)` for independent `y, z ~ N(0, q)`.

    `E f = 0`, `E f^2 = q E g^2`, `E |grad f|^2 = E g^2 + q E g'^2`, `E f (laplacian f) = q E g'' g`.
    """
    g = gaussian_moments(gate, q)
    return Moments(
        mean=0.0,
        square=q * g.square,
        slope_square=g.square + q * g.slope_square,
        curvature=q * g.curvature,
        error=(1 + q) * g.error,
    )


def _edges(std: float, kinks: tuple[float, ...]) -> Tensor:
    features = [sign * z / std for z in _FEATURES for sign in (-1, 1)]
    edges = {*map(float, _STANDARD_DEVIATIONS), *features, *(kink / std for kink in kinks)}
    return torch.tensor(sorted(x for x in edges if abs(x) <= REACH), dtype=torch.float64, device="cpu")


def _value_and_slope(function: Callable[[Tensor], Tensor], z: Tensor) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(mode=False), torch.enable_grad():
        leaf = z.clone().requires_grad_()
        f = function(leaf)
        _check(f, leaf)
        (slope,) = torch.autograd.grad(f.sum(), leaf)
    f = f.detach()
    if not (f.isfinite().all() and slope.isfinite().all()):
        bad = z[~(f.isfinite() & slope.isfinite())].abs().min().item()
        raise InvalidInput(
            "The activation must be finite, with a finite slope, wherever a Gaussian pre-activation may lie",
            got=Text(f"a value or a slope that is not at |z| = {bad:.4g}"),
        )
    return f, slope


def _check(f: object, z: Tensor) -> None:
    cure = "Write it with torch's own operations."
    if not isinstance(f, Tensor):
        raise InvalidInput("The activation must return a tensor", got=Text(type(f).__name__), cure=cure)
    if f.shape != z.shape or f.dtype != z.dtype:
        got = Text(f"{f.dtype} of shape {tuple(f.shape)} for {z.dtype} of shape {tuple(z.shape)}")
        raise InvalidInput("The activation must keep shape and dtype", got=got)
    if not f.requires_grad:
        raise InvalidInput("The activation must be differentiable by autograd", cure=cure)
