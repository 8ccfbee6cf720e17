"""What a recipe needs to know about one normalizer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Normalizer:
    """A layer that sets mean and variance of the signal, for inputs of shape [batch, unit].

    Attributes:
        name: The name in `NORMALIZERS`.
        module: Makes the `nn.Module` for a number of units; None if there is no layer to add.
        formula: The output from the input `x` of a unit and the statistics, as Python would compute it but with `^` for
            powers: `gamma` and `beta` are learned; empty for `none`.
        over: What the statistics are taken over: examples, for each unit by itself, or units, for each example; empty
            where there are none.
        uses_batch: Whether an example's output depends on the other examples of its batch (in training), so that small
            batches hurt, and train and eval mode differ.
        gradient_growth: From an activation's name to the factor by which the gradient's second moment grows per layer
            `z' = W f(normalized z)`, towards the input of a wide and deep network, gamma 1 and beta 0; None where
            theory has no such number.
        citation: Author, year and title of the source; empty for `none`.

    Example:
        >>> from layerwise.normalizers import NORMALIZERS
        >>> NORMALIZERS["layer"].module(3)
        LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)
    """

    name: str
    module: Callable[[int], nn.Module] | None
    formula: str = ""
    over: str = ""
    uses_batch: bool = False
    gradient_growth: Callable[[str], float] | None = None
    citation: str = ""
