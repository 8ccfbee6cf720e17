"""An activation as quadrature sees it: float64 arrays in and out, its slope, its kinks, and how finely to cut it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Curve: TypeAlias = Callable[[Array], Array]


@dataclass(frozen=True)
class Function:
    """`f` and `f'` on float64 arrays.

    Attributes:
        name: For messages.
        value: `u -> f(u)`.
        slope: `u -> f'(u)`, anything finite at kinks.
        kinks: Where slope or curvature jumps: panels must end there.
        panel: The widest panel, in u, on which 12 Gauss-Legendre nodes are exact to rounding.
    """

    name: str
    value: Curve
    slope: Curve
    kinks: tuple[float, ...]
    panel: float = 1.0  # resolves what has its nearest pole about as far off as tanh, at 1.57
