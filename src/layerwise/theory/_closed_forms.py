"""Gaussian means that have a formula: of relu with any leak (a leak of 1 is linear), and of erf."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from layerwise._base import Registry, finite


@dataclass(frozen=True, kw_only=True)
class ClosedForm:
    """The means of an activation as formulas in q and c; `u1, u2` have variance q and correlation c.

    Attributes:
        second: `q -> E f(u)^2`.
        slope_second: `q -> E f'(u)^2`.
        product: `(q, c) -> E f(u1) f(u2)`.
        slope_product: `(q, c) -> E f'(u1) f'(u2)`.
        citation: Author, year and title of the source.

    Example:
        >>> round(CLOSED_FORMS["relu"].product(2.0, 0.0), 10)  # E relu(u1) relu(u2) = q / (2 pi)
        0.3183098862
    """

    second: Callable[[float], float]
    slope_second: Callable[[float], float]
    product: Callable[[float, float], float]
    slope_product: Callable[[float, float], float]
    citation: str


def leaky_form(leak: float) -> ClosedForm:
    """Return the means of `max(leak u, u)`, for a leak from -1 to 1 or beyond: `u` where positive, else `leak u`.

    Example:
        >>> leaky_form(0.0).slope_second(1.0), leaky_form(1.0).second(3.0)
        (0.5, 3.0)
    """
    leak = finite("leak", leak)
    even, odd = (1 + leak**2) / 2, leak
    return ClosedForm(
        second=lambda q: even * q,
        slope_second=lambda _q: even,
        product=lambda q, c: q * (odd * c + (1 - leak) ** 2 * _both(c) / 2),
        slope_product=lambda _q, c: odd + (1 - leak) ** 2 * (math.pi - math.acos(c)) / (2 * math.pi),
        citation="Cho, Saul 2009, Kernel methods for deep learning",
    )


def _both(c: float) -> float:
    """Return `J(c)` of the arc-cosine kernel: `2 E relu(z1) relu(z2)`."""
    return (math.sqrt(1 - c * c) + c * (math.pi - math.acos(c))) / math.pi


_ERF = ClosedForm(
    second=lambda q: 2 / math.pi * math.asin(2 * q / (1 + 2 * q)),
    slope_second=lambda q: 4 / (math.pi * math.sqrt(1 + 4 * q)),
    product=lambda q, c: 2 / math.pi * math.asin(2 * q * c / (1 + 2 * q)),
    slope_product=lambda q, c: 4 / (math.pi * math.sqrt((1 + 2 * q) ** 2 - (2 * q * c) ** 2)),
    citation="Williams 1997, Computing with infinite networks",
)

CLOSED_FORMS: Registry[ClosedForm] = Registry(
    "closed form",
    {"linear": leaky_form(1.0), "relu": leaky_form(0.0), "leaky_relu": leaky_form(0.01), "erf": _ERF},
)
