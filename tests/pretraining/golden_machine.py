"""The small machine whose numbers are known, and sums over all its states, written out."""

from __future__ import annotations

import itertools
import math

import torch

from layerwise.pretraining.rbm import RBM

DATA = torch.tensor([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [1, 1, 1, 1]], dtype=torch.float64)


def golden(scale, **options):
    machine = RBM(4, 3, generator=torch.Generator(), dtype=torch.float64, **options)
    weight = [[scale * math.sin(1 + 3 * i + j) for j in range(3)] for i in range(4)]
    with torch.no_grad():
        machine.weight.copy_(torch.tensor(weight, dtype=torch.float64))
        machine.visible_bias.copy_(torch.tensor([0.1 * i - 0.2 for i in range(4)], dtype=torch.float64))
        machine.hidden_bias.copy_(torch.tensor([0.3 - 0.2 * j for j in range(3)], dtype=torch.float64))
    return machine


def random_machine(n_visible, n_hidden, seed=0, weight_std=1.0, dtype=torch.float64, **options):
    source = torch.Generator().manual_seed(seed)
    machine = RBM(n_visible, n_hidden, weight_std=weight_std, generator=source, dtype=dtype, **options)
    with torch.no_grad():
        for bias in (machine.visible_bias, machine.hidden_bias):
            bias.normal_(generator=source)
    return machine


def states(n):
    return torch.tensor(list(itertools.product((0.0, 1.0), repeat=n)), dtype=torch.float64)


def kernel(to_hidden, to_visible, n_visible, n_hidden):
    """Return T[v, v'] of one round of Gibbs sampling, from the two conditional means of Bernoulli units."""
    v, h = states(n_visible), states(n_hidden)
    return likelihood(to_hidden(v), h) @ likelihood(to_visible(h), v)


def likelihood(mean, state):
    """Return p(state | mean), [row, state], of independent Bernoulli units."""
    return (mean.unsqueeze(1) * state + (1 - mean.unsqueeze(1)) * (1 - state)).prod(-1)
