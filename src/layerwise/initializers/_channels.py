"""Mean and standard deviation of a layer's outputs, pooled over calls and batches."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from layerwise.tracing import Weight

_NEAR = 1e-3
"""Below this share of mean^2, the float32 difference E[z^2] - mean^2 has under four digits left."""


@dataclass
class Channels:
    """Outputs counted, with mean and variance of each channel, as float64 on the CPU.

    Where no axis is known to hold the channels, all outputs are one channel.

    Attributes:
        n: How many outputs each channel has.
        mean: [channel].
        variance: [channel], of the population: divided by n.
        epsilon: Smallest relative step of the numbers that were measured.
    """

    n: int
    mean: Tensor
    variance: Tensor
    epsilon: float

    @classmethod
    def of(cls, output: Tensor, weight: Weight) -> Channels:
        """Return the spread of `output`, which `weight` made.

        Sums along the last axis are up to 30 times as fast as torch's variance along any.
        """
        signal = _by_channel(output.detach(), weight)
        mean = _mean(signal)
        variance = _mean_square(signal) - mean.square()
        if not bool((variance > _NEAR * mean.square()).all()):
            variance = _mean_square(signal - mean.to(signal)[:, None])
        n = signal.shape[0] * signal.shape[2]
        return cls(n, mean, variance, torch.finfo(output.dtype).eps)

    def __add__(self, other: Channels) -> Channels:
        """Return the spread of both together (Chan, Golub, LeVeque 1983)."""
        n = self.n + other.n
        apart, share = other.mean - self.mean, other.n / n
        within = self.variance + (other.variance - self.variance) * share
        variance = within + apart.square() * (share * (1 - share))
        return Channels(n, self.mean + apart * share, variance, self.epsilon)

    def times(self, factor: float) -> Channels:
        """Return the spread of the outputs times `factor`."""
        return Channels(self.n, self.mean * factor, self.variance * factor**2, self.epsilon)

    def per(self, part: str) -> tuple[Tensor, Tensor]:
        """Return mean and standard deviation, each [channel], or [1] of the whole tensor."""
        if part == "channel":
            return self.mean, self.variance.sqrt()
        mean = self.mean.mean()
        variance = self.variance.mean() + (self.mean - mean).square().mean()
        return mean[None], variance.sqrt()[None]

    @property
    def is_finite(self) -> bool:
        """Whether all outputs are numbers, and small enough to be squared."""
        return bool((self.mean.isfinite() & self.variance.isfinite()).all())

    @property
    def constant(self) -> Tensor:
        """Whether each channel has the same value everywhere, but for rounding."""
        return self.variance.sqrt() <= 8 * self.epsilon * self.mean.abs()


@dataclass
class Outputs:
    """What a layer gave in one sweep: its first output, and all of them together."""

    runs: list[Channels] = field(default_factory=list)

    @property
    def first(self) -> Channels:
        """The spread of the first output."""
        return self.runs[0]

    @property
    def pooled(self) -> Channels:
        """The spread of all outputs together."""
        total, *others = self.runs
        for spread in others:
            total = total + spread
        return total


def _by_channel(output: Tensor, weight: Weight) -> Tensor:
    """Return `output` as [before, channel, after], in float32 at least."""
    output = output if output.dtype == torch.float64 else output.float()
    if not weight.fan_in:
        return output.reshape(1, 1, -1)
    axis = output.ndim + weight.result_axis
    return output.reshape(output.shape[:axis].numel(), output.shape[axis], -1)


def _mean(signal: Tensor) -> Tensor:
    means: Tensor = signal.mean(2).cpu().double()
    return means.mean(0)


def _mean_square(signal: Tensor) -> Tensor:
    if signal.shape[2] == 1:
        signal = signal.transpose(0, 2)  # the long axis is summed in one piece
    norms: Tensor = torch.linalg.vector_norm(signal, dim=2).cpu().double()
    return norms.square().mean(0) / signal.shape[2]
