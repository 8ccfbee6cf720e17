"""Annealed importance sampling: log Z where enumeration is out of reach, from below and from above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from layerwise._base import positive_int
from layerwise.pretraining.rbm._noise import Generators, as_generators
from layerwise.pretraining.rbm._path import Path
from layerwise.pretraining.rbm._rbm import RBM
from layerwise.pretraining.rbm._schedule import inverse_temperatures


@dataclass(frozen=True, slots=True, kw_only=True)
class Annealed:
    """What annealing found, [] or [seed] each, in float64.

    Attributes:
        log_partition: the estimate of log Z.
        low, high: log of the mean weight minus and plus three standard errors of it; low may be -inf.
        effective_sample_size: (sum w)^2 / sum w^2, from 1 (one run carries all the weight) to the number of runs (all
            weigh the same). Below about a tenth of the runs, distrust the estimate and use more temperatures.
        log_weights: [..., run]. Forward, exp(w) is unbiased for Z, so the mean of w is below log Z; in reverse it is
            above, if the runs started from the model itself.
    """

    log_partition: Tensor
    low: Tensor
    high: Tensor
    effective_sample_size: Tensor
    log_weights: Tensor


@torch.no_grad()
def ais(
    rbm: RBM,
    *,
    runs: int = 100,
    betas: Sequence[float] | Tensor | None = None,
    base_bias: Tensor | None = None,
    generator: Generators,
) -> Annealed:
    """Return an estimate of log Z by annealing from independent units to the machine; exp(w) is unbiased for Z.

    At inverse temperature beta the machine has weights beta W, hidden biases beta c, visible biases
    (1 - beta) `base_bias` + beta b; at 0 the units are independent and Z is known.

    Args:
        rbm: Bernoulli or Gaussian units; rectified ones are drawn approximately, and the weights would be biased.
        runs: independent runs.
        betas: from 0 to 1, never falling; None takes `schedule()`. More give a better estimate.
        base_bias: visible biases at beta 0, [visible] or [seed, visible]; None takes the machine's own. The log-odds of
            the data's mean are often better.
        generator: one for each seed.

    Raises:
        InvalidInput: a schedule that does not go from 0 to 1, or units that can't be annealed.

    Example:
        >>> from layerwise.pretraining.rbm import log_partition
        >>> machine = RBM(5, 4, weight_std=1.0, generator=torch.Generator().manual_seed(0))
        >>> found = ais(machine, runs=200, generator=torch.Generator().manual_seed(1))
        >>> abs(found.log_partition - log_partition(machine)).item() < 0.01
        True

    References:
        Neal 2001, Annealed importance sampling. Salakhutdinov, Murray 2008, On the quantitative analysis of deep belief
        networks.
    """
    path = Path.between(rbm, base_bias)
    steps = inverse_temperatures(betas).tolist()
    sources = as_generators(generator, rbm.n_machines)
    start = path.rbm.visible_bias.new_zeros(*rbm.visible_bias.shape[:-1], positive_int("runs", runs), rbm.n_hidden)
    v = path.visible_draw(start, 0.0, sources)
    logs = path.log_base().unsqueeze(-1).expand(v.shape[:-1]).clone()
    for before, after in pairwise(steps):
        x = path.coupling(v)
        logs += path.free_energy(v, x, before) - path.free_energy(v, x, after)
        v = path.visible_draw(path.hidden_draw(x, after, sources), after, sources)
    return _estimate(logs, sign=1)


@torch.no_grad()
def reverse_ais(
    rbm: RBM,
    samples: Tensor,
    *,
    betas: Sequence[float] | Tensor | None = None,
    base_bias: Tensor | None = None,
    generator: Generators,
) -> Annealed:
    """Return an estimate of log Z by annealing from the machine's own samples down to independent units.

    exp(-w) is unbiased for 1 / Z, so the mean of w is above log Z, and with `ais` it makes a bracket: but only if
    `samples` [..., run, visible] come from the model itself (`exact_sample`, or long chains). Other arguments, and
    errors, as `ais`.

    Example:
        >>> from layerwise.pretraining.rbm import exact_sample, log_partition
        >>> machine = RBM(5, 4, weight_std=1.0, generator=torch.Generator().manual_seed(0))
        >>> source = torch.Generator().manual_seed(1)
        >>> found = reverse_ais(machine, exact_sample(machine, 200, generator=source), generator=source)
        >>> abs(found.log_partition - log_partition(machine)).item() < 0.01
        True

    References:
        Burda, Grosse, Salakhutdinov 2015, Accurate and conservative estimates of MRF log-likelihood using reverse
        annealing.
    """
    path = Path.between(rbm, base_bias)
    steps = inverse_temperatures(betas).tolist()[::-1]
    sources = as_generators(generator, rbm.n_machines)
    v = rbm.checked(samples).double()
    logs = path.log_base().unsqueeze(-1).expand(*rbm.visible_bias.shape[:-1], v.shape[-2]).clone()
    for before, after in pairwise(steps):
        x = path.coupling(v)
        v = path.visible_draw(path.hidden_draw(x, before, sources), before, sources)
        x = path.coupling(v)
        logs += path.free_energy(v, x, after) - path.free_energy(v, x, before)
    return _estimate(logs, sign=-1)


def _estimate(logs: Tensor, sign: int) -> Annealed:
    """Forward (`sign` 1) the mean of exp(w) estimates Z, in reverse (-1) the mean of exp(-w) estimates 1 / Z."""
    n = logs.shape[-1]
    signed = sign * logs
    middle = signed.logsumexp(-1) - math.log(n)
    ratios = (signed - middle.unsqueeze(-1)).exp()  # of mean 1
    error = ratios.std(-1) / math.sqrt(n) if n > 1 else torch.full_like(middle, math.inf)
    ends = sign * (middle + (1 - 3 * error).clamp_min(0).log()), sign * (middle + (1 + 3 * error).log())
    return Annealed(
        log_partition=sign * middle,
        low=torch.minimum(*ends),
        high=torch.maximum(*ends),
        effective_sample_size=n / ratios.square().mean(-1),
        log_weights=logs,
    )
