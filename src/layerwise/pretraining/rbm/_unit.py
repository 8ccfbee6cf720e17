"""What a kind of unit is: what a layer does with its input x, the bias plus what comes from the other layer.

Each kind is three formulas and a rule for data. With the layer's own energy e(s; bias) of a state s, and its coupling
to the other layer through s / variance:

    log_partition(x, bias) = log of the sum (or integral) of exp(-e(s; bias) + s (x - bias) / variance) over all s
    mean(x) = its derivative by x, times the variance
    sample = a draw of s given x
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Unit(ABC):
    """A kind of unit. `noise` says which random numbers `sample` takes; everything is elementwise.

    `variance` is that of a Gaussian unit, a tensor where it is learned; other units take no notice of it.
    """

    name: ClassVar[str]
    noise: ClassVar[Literal["uniform", "normal"]]
    learned_variance: ClassVar[bool] = False
    initial_variance: ClassVar[float] = 1.0
    variance_bounds: ClassVar[tuple[float, float]] = (1.0, 1.0)

    @abstractmethod
    def mean(self, x: Tensor) -> Tensor:
        """Return the mean given the input x."""

    def mean_(self, x: Tensor) -> Tensor:
        """Return `x` turned into the mean in place, without autograd."""
        return x.copy_(self.mean(x))

    @abstractmethod
    def sample(self, mean: Tensor, noise: Tensor, out: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        """Return `out` filled with a draw given the mean; `noise` may be overwritten."""

    @abstractmethod
    def log_partition(self, x: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        """Return the log of the sum over a unit's own states, for each unit."""

    @abstractmethod
    def energy(self, state: Tensor, bias: Tensor, *, variance: Tensor | float = 1.0) -> Tensor:
        """Return e(state; bias) for each unit."""

    def check(self, low: float, high: float) -> None:  # noqa: B027 - any finite numbers will do, unless a kind objects
        """Raise `InvalidInput` if such units can't take all values from `low` to `high`, which are finite."""
