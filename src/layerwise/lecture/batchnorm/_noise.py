"""Noise after batch normalization that gives back the shift it takes away (Santurkar et al. 2018)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor

from layerwise.population import Prepare, Stage, Start

SHIFT, SCALE, JITTER = 3.5, 1.25, 0.1
"""Each step and unit draws a mean from U(-3.5, 3.5) and a spread from U(1, 1.25); each row jitters by 0.1 around them.

The paper's shift is smaller. Measured on digits, 3 layers of sigmoid units: without normalization the median of a
pre-activation moves by 0.19 to 0.43 of its spread over training, with U(-0.5, 0.5) by 0.10, with U(-2.5, 2.5) by 0.32.
"""


def noise_after(arms: Collection[str], draw: Callable[[str], torch.Generator]) -> Prepare:
    """Return what `fit(prepare=...)` calls: in networks of `arms` every normalizer's output y becomes s y + m.

    `m` and `s` are drawn anew for each step and unit, so that the distribution of what the next layer gets moves from
    batch to batch. Only training is noisy; networks that share the batch and are none of `arms` stay as they are.
    """

    def prepare(start: Start) -> list[tuple[()]]:
        noisy = torch.tensor([recipe.name in arms for recipe in start.recipes])
        if noisy.any():
            generator = draw(f"noise {start.seeds}")
            for plan in start.stack.layers:
                if plan.activation is not None:
                    _make_noisy(start.stack.stages[plan.activation - 1], noisy, generator)
        return [()] * len(start.seeds)

    return prepare


def _make_noisy(stage: Stage, noisy: Tensor, generator: torch.Generator) -> None:
    """Let `stage` scale and shift its output in training, and scale the gradient on its way back."""
    record, backprop = stage.record, stage.backprop

    def noisy_record(x: Tensor) -> tuple[Tensor, Any]:
        y, tape = record(x)
        scale, shift = factors(y, generator)
        scale, shift = (torch.where(noisy.view(-1, 1, 1), one, rest) for one, rest in ((scale, 1.0), (shift, 0.0)))
        return y * scale + shift, (tape, scale)

    def noisy_backprop(delta: Tensor, tape: Any, updates: Any, *, first: bool = False) -> Tensor:
        own, scale = tape
        return backprop(delta * scale, own, updates, first=first)

    stage.record = noisy_record  # type: ignore[method-assign]
    stage.backprop = noisy_backprop  # type: ignore[method-assign]


def factors(y: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return s and m for outputs [seed, batch, unit] of one step."""

    def uniform(low: float, high: float, shape: tuple[int, ...]) -> Tensor:
        return torch.empty(shape, dtype=y.dtype).uniform_(low, high, generator=generator)

    unit, row = (len(y), 1, y.shape[2]), tuple(y.shape)
    scale = uniform(1.0, SCALE, unit) + torch.empty(row, dtype=y.dtype).normal_(0.0, JITTER, generator=generator)
    return scale, uniform(-SHIFT, SHIFT, unit) + uniform(-JITTER, JITTER, row)
