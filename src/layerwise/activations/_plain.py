"""A module around one function without parameters, for activations that torch has no module for."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from torch import Tensor, nn


class Plain(nn.Module):
    """Maps each entry by `function`, which subclasses name."""

    function: ClassVar[Callable[[Tensor], Tensor]]

    def forward(self, z: Tensor) -> Tensor:
        """Return the function of each entry."""
        return type(self).function(z)
