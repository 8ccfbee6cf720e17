"""What the outputs of all layers shall be like, and what to aim at in the first batch to get there."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from layerwise.initializers._channels import Channels, Outputs
from layerwise.initializers._uses import Layer


@dataclass(frozen=True)
class Goal:
    """What the outputs of a layer shall be like; `mean` is None where it does not matter."""

    std: float
    mean: float | None
    per: str
    tolerance: float
    max_steps: int

    def distance(self, layer: Layer, outputs: Outputs) -> float:
        """Return how far the outputs are from the goal, relative to its standard deviation; infinite if not a number.

        The mean counts where there is a bias to shift.
        """
        mean, std = outputs.pooled.per(self.per)
        off = (std / self.std - 1).abs()
        if self.mean is not None and layer.bias is not None:
            off = torch.maximum(off, (mean - self.mean).abs() / self.std)
        return off.nan_to_num(nan=torch.inf).max().item()


class Aim:
    """What a layer's first output in a sweep must be like for all its outputs together to meet the goal."""

    def __init__(self, goal: Goal) -> None:
        self._goal, self.per = goal, goal.per
        self.std = torch.tensor([goal.std], dtype=torch.float64)
        self.mean = torch.tensor([goal.mean or 0.0], dtype=torch.float64)
        self._last: tuple[Tensor, Tensor] | None = None
        self._power: Tensor | None = None

    def learn(self, outputs: Outputs, n_batches: int) -> None:
        """Aim better, from the outputs that came of the last aim.

        A layer that runs several times in a sweep can feed itself: all its outputs then grow like a power of the first.
        That power lies between 1 (apart) and the number of runs (a linear chain) and is read off the last two sweeps.
        """
        first_mean, first = outputs.first.per(self.per)
        mean, std = outputs.pooled.per(self.per)
        usable = (std > 0) & std.isfinite() & (first > 0) & first.isfinite()
        n_runs = len(outputs.runs) / n_batches
        self._power = self._steepness(first.log(), std.log(), n_runs) if n_runs > 1 else torch.ones_like(std)
        missing = self._goal.std / std
        self.std = torch.where(usable, first * missing ** (1 / self._power), self._goal.std)
        self.mean = torch.where(usable, (first_mean - mean) * missing, 0.0) + (self._goal.mean or 0.0)

    def _steepness(self, first: Tensor, pooled: Tensor, n_runs: float) -> Tensor:
        last, self._last = self._last, (first, pooled)
        if last is None or self._power is None:
            return torch.full_like(first, n_runs)
        moved = first - last[0]
        slope = ((pooled - last[1]) / moved).clamp(0.5, n_runs)
        return torch.where((moved.abs() > 1e-6) & slope.isfinite(), slope, self._power)

    def line(self, layer: Layer, spread: Channels) -> tuple[Tensor, Tensor]:
        """Return factor and shift that bring an output with this spread to the aim."""
        mean, std = spread.per(self.per)
        factor = self.std / std
        is_shifted = self._goal.mean is not None and layer.bias is not None
        return factor, self.mean - mean * factor if is_shifted else torch.zeros_like(factor)
