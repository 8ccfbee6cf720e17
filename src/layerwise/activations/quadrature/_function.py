"""An activation as quadrature sees it: float64 arrays in and out, its slope, its kinks, and how to cut the line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor

from layerwise.activations.quadrature._panels import Panels, cut
from layerwise.activations.quadrature._rule import Array

Elementwise: TypeAlias = Callable[[Tensor], Tensor]

_WIDEST = 1.0  # resolves what has its nearest pole about as far off as tanh, at 1.57
_INNER = 32.0


@dataclass(frozen=True, eq=False)
class Function:
    """`f`, `f'` and `f''` on float64 arrays.

    Attributes:
        name: For messages.
        function: `f` on tensors.
        derivative: `f'` on tensors, anything finite at kinks; without it, autograd finds the slope.
        kinks: Where slope or curvature jumps, as far as that is known: panels end there.
    """

    name: str
    function: Elementwise
    derivative: Elementwise | None = None
    kinks: tuple[float, ...] = ()

    def value(self, u: Array) -> Array:
        """Return `f(u)`."""
        return _on_arrays(self.function, u)

    def slope(self, u: Array) -> Array:
        """Return `f'(u)`."""
        return self._differentiated(u, 1) if self.derivative is None else _on_arrays(self.derivative, u)

    def curvature(self, u: Array) -> Array:
        """Return `f''(u)`."""
        return self._differentiated(u, 2)

    @cached_property
    def panels(self) -> Panels:
        """The line, cut so that `f`, `f^2`, `f'^2`, `f f'` and `f'^4` are integrated to rounding."""
        return cut(self._curves, self.kinks)

    @cached_property
    def panel(self) -> float:
        """The widest panel, up to 1, that does everywhere from -32 to 32."""
        low, high = self.panels.edges[:-1], self.panels.edges[1:]
        halved = (self.panels.halved > 0) & (np.abs(low + high) < 2 * _INNER)
        return float(np.min((high - low)[halved], initial=_WIDEST))

    def _curves(self, u: Array) -> Array:
        f, slope = self.value(u), self.slope(u)
        return np.stack([f, f * f, slope * slope, f * slope, slope**4])

    def _differentiated(self, u: Array, order: int) -> Array:
        with torch.inference_mode(mode=False), torch.enable_grad():
            place = torch.from_numpy(u.copy()).requires_grad_()
            result = self.function(place)
            for _ in range(order):
                if not result.requires_grad:  # straight pieces: nothing left to differentiate
                    return np.zeros_like(u)
                (slope,) = torch.autograd.grad(result.sum(), place, create_graph=order > 1, allow_unused=True)
                result = torch.zeros_like(place) if slope is None else slope
        values: Array = result.detach().numpy()
        return values


def _on_arrays(function: Elementwise, u: Array) -> Array:
    with torch.no_grad():
        values: Array = function(torch.from_numpy(u)).numpy()
    return values
