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
        uses_batch: Whether an example's output depends on the other examples of its batch (in training), so that small
            batches hurt, and train and eval mode differ.
        citation: Author, year and title of the source; empty for `none`.

    Example:
        >>> from layerwise.normalizers import NORMALIZERS
        >>> NORMALIZERS["layer"].module(3)
        LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)
    """

    name: str
    module: Callable[[int], nn.Module] | None
    uses_batch: bool
    citation: str = ""
