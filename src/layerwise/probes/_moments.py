"""Mean, size and spread of a layer's signal or gradient."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from layerwise.probes._axes import n_each, norm, seed_batch_unit


def mean(x: Tensor) -> Tensor:
    """Return the mean over all axes but the first: [seed, ...] -> [seed].

    Example:
        >>> mean(torch.tensor([[[1.0, 2.0], [3.0, 6.0]]]))
        tensor([3.])
    """
    return x.sum(tuple(range(1, x.ndim))) / n_each(x)


def rms(x: Tensor) -> Tensor:
    """Return the root mean square, `sqrt(mean(x^2))`, over all axes but the first: [seed, ...] -> [seed].

    Values down to 1e-38 and up to 1e38 are told apart from 0 and infinity, in float32 too.

    Example:
        >>> rms(torch.tensor([[[1.0, 1.0], [1.0, 5.0]]]))
        tensor([2.6458])
    """
    return norm(x) / math.sqrt(n_each(x))


def std_between_inputs(x: Tensor) -> Tensor:
    """Return how much a layer still depends on its input: [seed, batch, unit] -> [seed].

    `sqrt(mean over units of the variance over the batch)`, with the biased variance. Near 0, all inputs look alike to
    the next layer.

    Example:
        >>> std_between_inputs(torch.tensor([[[1.0, 5.0], [3.0, 5.0]]]))  # variances 1 and 0
        tensor([0.7071])
    """
    return _spread(seed_batch_unit(x), _unit_means(x))


def layer_moments(z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return `(mean(z), rms(z), std_between_inputs(z))` for less than the price of the three: [seed, batch, unit].

    The variance is taken around the unit's own mean, in two passes: a difference of mean squares would lose it where it
    is small beside the mean. (`torch.var_mean` over the batch axis costs ten times as much on a CPU.)

    Example:
        >>> [round(value.item(), 4) for value in layer_moments(torch.tensor([[[1.0, 5.0], [3.0, 5.0]]]))]
        [3.5, 3.873, 0.7071]
    """
    means = _unit_means(seed_batch_unit(z))
    spread = _spread(z, means)
    return means.mean(1), torch.hypot(rms(means), spread), spread


def _unit_means(x: Tensor) -> Tensor:
    return x.sum(1) / x.shape[1]


def _spread(x: Tensor, means: Tensor) -> Tensor:
    return rms(x - means.unsqueeze(1))
