"""Noise on the input of a denoising autoencoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from layerwise._base import Registry
from layerwise.pretraining.rbm._noise import noise

Corrupted: TypeAlias = tuple[Tensor, Tensor | None]
"""The corrupted input, and where it was touched (for the emphasis); None where it was touched everywhere."""


@dataclass(frozen=True, kw_only=True)
class Corruption:
    """A kind of noise.

    Attributes:
        name: The name in `CORRUPTIONS`.
        level: What the number of the noise is: a share of the entries, or a standard deviation.
        apply: From the input, the level and a generator for each member to the corrupted input.
        citation: Author, year and title of the source.
    """

    name: str
    level: str
    apply: Callable[[Tensor, float, Sequence[torch.Generator]], Corrupted]
    citation: str


def _masking(x: Tensor, level: float, sources: Sequence[torch.Generator]) -> Corrupted:
    touched = noise("uniform", x, sources) < level
    return x.masked_fill(touched, 0.0), touched


def _gaussian(x: Tensor, level: float, sources: Sequence[torch.Generator]) -> Corrupted:
    return x + level * noise("normal", x, sources), None


def _salt_and_pepper(x: Tensor, level: float, sources: Sequence[torch.Generator]) -> Corrupted:
    draw = noise("uniform", x, sources)
    low, high = x.amin(), x.amax()
    if len(sources) > 1:  # of each member's own batch: what one sees must not reach another
        low, high = (value.view(-1, *(1,) * (x.dim() - 1)) for value in torch.aminmax(x.flatten(1), dim=1))
    corrupted = torch.where(draw < level / 2, low, torch.where(draw < level, high, x))
    return corrupted, draw < level


_VINCENT = (
    "Vincent, Larochelle, Lajoie, Bengio, Manzagol 2010, Stacked denoising autoencoders: learning useful "
    "representations in a deep network with a local denoising criterion"
)

CORRUPTIONS: Registry[Corruption] = Registry(
    "corruption",
    {
        one.name: one
        for one in (
            Corruption(name="masking", level="share of entries set to 0", apply=_masking, citation=_VINCENT),
            Corruption(name="gaussian", level="standard deviation", apply=_gaussian, citation=_VINCENT),
            Corruption(
                name="salt_and_pepper",
                level="share of entries set to the smallest or the largest value of the batch",
                apply=_salt_and_pepper,
                citation=_VINCENT,
            ),
        )
    },
)
"""Every kind of noise that an input can be corrupted with."""
