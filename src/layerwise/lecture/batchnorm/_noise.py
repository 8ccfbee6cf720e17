"""Noise after batch normalization that gives back the shift it takes away (Santurkar et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from layerwise.population import Prepare, Stage, Start

SCALE, JITTER = 1.25, 0.1
"""Each step and unit draws a spread from U(1, 1.25) and a mean within its arm's shift; rows jitter by 0.1 around it."""


def noise_after(shifts: Mapping[str, float], draw: Callable[[str], torch.Generator]) -> Prepare:
    """Return what `fit(prepare=...)` calls: in networks of these arms a normalizer's output y becomes s y + m.

    `m`, from -shift to shift, and `s` are drawn anew for each step and unit, so that the distribution of what the next
    layer gets moves from batch to batch. Only training is noisy; networks of other arms stay as they are.
    """

    def prepare(start: Start) -> list[tuple[()]]:
        sizes = torch.tensor([shifts.get(recipe.name, 0.0) for recipe in start.recipes])
        if sizes.any():
            generator = draw(f"noise {start.seeds}")
            for plan in start.stack.layers:
                if plan.activation is not None:
                    _make_noisy(start.stack.stages[plan.activation - 1], sizes, generator)
        return [()] * len(start.seeds)

    return prepare


def _make_noisy(stage: Stage, sizes: Tensor, generator: torch.Generator) -> None:
    """Let `stage` scale its output and shift it by at most `sizes` in training, and scale the gradient coming back."""
    record, backprop = stage.record, stage.backprop
    size = sizes.view(-1, 1, 1)

    def noisy_record(x: Tensor) -> tuple[Tensor, Any]:
        y, tape = record(x)
        scale, shift = factors(y, size, generator)
        scale, shift = (torch.where(size > 0, one, rest) for one, rest in ((scale, 1.0), (shift, 0.0)))
        return y * scale + shift, (tape, scale)

    def noisy_backprop(delta: Tensor, tape: Any, updates: Any, *, first: bool = False) -> Tensor:
        own, scale = tape
        return backprop(delta * scale, own, updates, first=first)

    stage.record = noisy_record  # type: ignore[method-assign]
    stage.backprop = noisy_backprop  # type: ignore[method-assign]


def factors(y: Tensor, size: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return s and m, within `size` [seed, 1, 1], for outputs [seed, batch, unit] of one step."""

    def uniform(low: float, high: float, shape: tuple[int, ...]) -> Tensor:
        return torch.empty(shape, dtype=y.dtype).uniform_(low, high, generator=generator)

    unit, row = (len(y), 1, y.shape[2]), tuple(y.shape)
    scale = uniform(1.0, SCALE, unit) + torch.empty(row, dtype=y.dtype).normal_(0.0, JITTER, generator=generator)
    return scale, size * uniform(-1.0, 1.0, unit) + uniform(-JITTER, JITTER, row)
