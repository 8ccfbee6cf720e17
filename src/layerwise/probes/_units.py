"""Units that do not work: saturated, dead, or doubles of another."""

from __future__ import annotations

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import pad

from layerwise._base import InvalidInput
from layerwise.activations import ACTIVATIONS, Activation
from layerwise.probes._axes import n_each, seed_batch_unit

DUPLICATE_TOLERANCE = 1e-6
"""Two units are the same if their pre-activations differ by at most this share of their size."""

_PROJECTIONS = 4


def saturated_fraction(z: Tensor, activation: Activation) -> Tensor:
    """Return the share of entries on a flat side of the activation: pre-activations [seed, batch, unit] -> [seed].

    An entry counts where `z` lies at or beyond `flat_below` or `flat_above`: the slope is there under 5 % of the
    activation's largest slope. For gelu and silu only the left tail is a flat side; the lone point where their slope
    crosses zero does not count. NaN does not count.

    Raises:
        InvalidInput: If the activation has no smooth flat side.

    Example:
        >>> from layerwise.activations import ACTIVATIONS
        >>> saturated_fraction(torch.tensor([[[-9.0, 0.0], [1.0, 0.5]]]), ACTIVATIONS["sigmoid"])
        tensor([0.2500])

    References:
        Glorot, Bengio 2010, Understanding the difficulty of training deep feedforward neural networks.
    """
    if not activation.flat_sides:
        flat = ", ".join(name for name, other in ACTIVATIONS.items() if other.flat_sides)
        raise InvalidInput(f"`activation` must have a smooth flat side ({flat})", got=activation.name)
    low = -math.inf if activation.flat_below is None else activation.flat_below
    high = math.inf if activation.flat_above is None else activation.flat_above
    # One kernel for "1 strictly between the limits, else 0", three times as fast as comparing and counting bools.
    ones = z.new_ones(()).expand_as(seed_batch_unit(z))
    n_steep: Tensor = torch.ops.aten.hardtanh_backward(ones, z, low, high).sum((1, 2))
    return (n_each(z) - n_steep) / n_each(z)


def dead_fraction(z: Tensor, activation: Activation) -> Tensor:
    """Return the share of units whose slope is 0 for every input: pre-activations [seed, batch, unit] -> [seed].

    Such a unit learns nothing from this batch. It is 0 for activations whose slope is exactly 0 on no
    side (`can_die` is False), whatever rounding does to it. A unit with a NaN does not count.

    Example:
        >>> from layerwise.activations import ACTIVATIONS
        >>> dead_fraction(torch.tensor([[[-9.0, -1.0], [-3.0, 0.5]]]), ACTIVATIONS["relu"])
        tensor([0.5000])

    References:
        Lu, Shin, Su, Karniadakis 2020, Dying ReLU and initialization: Theory and numerical examples.
    """
    return _dead(seed_batch_unit(z), activation).to(z.dtype).mean(1)


def _dead(z: Tensor, activation: Activation) -> Tensor:
    low, high = activation.dead_below, activation.dead_above
    if low is not None and high is not None:
        return ((z <= low) | (z >= high)).all(1)
    if low is not None:
        return z.amax(1) <= low
    if high is not None:
        return z.amin(1) >= high
    return z.new_zeros((len(z), z.shape[2]), dtype=torch.bool)


def duplicate_unit_fraction(z: Tensor) -> Tensor:
    """Return the share of units that double another one: pre-activations [seed, batch, unit] -> [seed].

    Two units are doubles if their columns over the batch differ by at most 1e-6 of their size; so are two columns of
    zeros. Units that start alike and get alike gradients stay alike for ever. NaN equals nothing.

    Each column is projected on four fixed pseudo-random vectors; the units are sorted by the first projection, and
    neighbours are compared in all four. That is one matrix product and a short sort instead of comparing all pairs.

    Example:
        >>> duplicate_unit_fraction(torch.tensor([[[1.0, 1.0, 2.0], [4.0, 4.0, 2.0]]]))
        tensor([0.6667])
    """
    marks = torch.matmul(_directions(seed_batch_unit(z).shape[1], z.dtype, z.device), z)
    lead, order = marks[:, 0].sort(-1)
    # Most often no two units come close: seen in the first projection alone, at a third of the price. (Not on a GPU,
    # where asking would hold up the queue.) A NaN is not above the limit, so it takes the full way.
    limit = DUPLICATE_TOLERANCE * marks.abs().amax((1, 2)).unsqueeze(1)
    if z.device.type == "cpu" and bool((lead.diff() > limit).all()):
        return z.new_zeros(len(z))
    return _doubles(marks.gather(-1, order.unsqueeze(1).expand_as(marks))).to(z.dtype).mean(1)


def _doubles(marks: Tensor) -> Tensor:
    """Return which units equal a neighbor: [seed, projection, unit], sorted by the first projection -> [seed, unit]."""
    gap = marks.diff().abs().amax(1)
    size = marks.abs().amax(1)
    same = pad(gap <= DUPLICATE_TOLERANCE * torch.maximum(size[:, 1:], size[:, :-1]), (1, 1))
    return same[:, 1:] | same[:, :-1]


@lru_cache(maxsize=32)
def _directions(n: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Return fixed Gaussian vectors [4, n]; a generator of their own, so that no stream of random numbers moves."""
    with torch.inference_mode(mode=False):
        draw = torch.randn(_PROJECTIONS, n, generator=torch.Generator().manual_seed(0))
        return draw.to(dtype=dtype, device=device)
