"""What a recipe needs to know about one initializer."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from layerwise._base import InvalidInput, finite, non_negative, positive_int

if TYPE_CHECKING:
    import torch
    from torch import Tensor

RULES: Mapping[str, Callable[[str, object], float]] = {
    "std": non_negative,
    "bound": non_negative,
    "value": finite,
    "gain": finite,
    "n_connections": positive_int,
}
"""Every option there is, with the check of its value."""


class Spread(NamedTuple):
    """What is known of the weights of a dense layer before they are drawn.

    Attributes:
        square: `E w^2`, which is their variance where `mean` is 0.
        bound: The largest `|w|` there can be.
        mean: `E w`.
    """

    square: float
    bound: float = math.inf
    mean: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Initializer:
    """A way to fill a weight, by name, with the options it takes.

    Attributes:
        name: The name in `INITIALIZERS`.
        formula: `E w^2` of a dense layer's weight from the options, `fan_in` and `fan_out`, as Python would compute it
            but with `^` for powers.
        function: Fills a tensor in place and returns it; the keywords are `generator` and the options.
        spread: From `fan_in`, `fan_out` and the value of each option to the `Spread`.
        options: Names of the options it takes, the leading one first. Any may be left out.
        citation: Author, year and title of the source.

    Example:
        >>> import torch
        >>> from layerwise.initializers import INITIALIZERS
        >>> INITIALIZERS["constant"].fill(torch.empty(2), value=0.5)
        tensor([0.5000, 0.5000])
    """

    name: str
    formula: str
    function: Callable[..., Tensor]
    spread: Callable[..., Spread]
    options: tuple[str, ...] = ()
    citation: str = ""

    @property
    def defaults(self) -> dict[str, float]:
        """The value of each option that is left out."""
        parameters = inspect.signature(self.function).parameters
        return {option: parameters[option].default for option in self.options}

    def expected(self, fan_in: int, fan_out: int, **options: object) -> Spread:
        """Return what is known of the weights of a dense layer before they are drawn.

        Raises:
            InvalidInput: If an option is not among `options`, a value breaks its rule, or a fan is no positive int.

        Example:
            >>> from layerwise.initializers import INITIALIZERS
            >>> INITIALIZERS["he_normal"].expected(50, 100)
            Spread(square=0.04, bound=inf, mean=0.0)
        """
        fans = positive_int("fan_in", fan_in), positive_int("fan_out", fan_out)
        return self.spread(*fans, **(self.defaults | self.checked(options)))

    def fill(self, tensor: Tensor, *, generator: torch.Generator | None = None, **options: object) -> Tensor:
        """Fill `tensor` in place and return it.

        Args:
            tensor: The weight; dtype and device are kept.
            generator: Where random numbers come from; torch's default generator if None.
            options: Those named in `options`; the initializer's own default holds for the rest.

        Raises:
            InvalidInput: If an option is not among `options`, its value breaks its rule, or the tensor does not fit.
        """
        return self.function(tensor, generator=generator, **self.checked(options))

    def checked(self, options: Mapping[str, object]) -> dict[str, float]:
        """Return `options` as numbers, if this initializer takes all of them and each keeps its rule.

        Raises:
            InvalidInput: If it does not take one of them, or a value breaks its rule.

        Example:
            >>> from layerwise.initializers import INITIALIZERS
            >>> INITIALIZERS["normal"].checked({"std": 1})
            {'std': 1.0}
        """
        for option in options:
            if option not in self.options:
                taken = ", ".join(map(repr, self.options)) or "none"
                raise InvalidInput(
                    f"The initializer {self.name!r} takes no option {option!r}", cure=f"It takes: {taken}."
                )
        return {option: RULES[option](option, value) for option, value in options.items()}
