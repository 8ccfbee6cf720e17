"""Networks drawn at random, at widths at which mean field holds to some percent: the twin of every prediction."""

from __future__ import annotations

import math

import torch


def draw(rows, columns, variance, generator):
    """Weights of variance `variance / columns`."""
    return torch.randn(rows, columns, generator=generator) * math.sqrt(variance / columns)


def two_inputs(width, q0, c0, generator):
    """Two inputs with mean square q0 and correlation c0, exactly: `[2, width]`."""
    basis, _ = torch.linalg.qr(torch.randn(width, 2, generator=generator))
    first, second = math.sqrt(width * q0) * basis.T
    return torch.stack([first, c0 * first + math.sqrt(1 - c0 * c0) * second])


def simulate(function, weight_variance, bias_variance, depth, *, seed, width=1024, q0=1.0, c0=0.0, keep=1.0):
    """Return q and c by layer, and the gradient's second moment by layer relative to the last."""
    generator = torch.Generator().manual_seed(seed)
    a, layers = two_inputs(width, q0, c0, generator), []
    for number in range(depth):
        if number > 0:
            a = function(layers[-1])
            if keep < 1:
                a = a * (torch.rand(a.shape, generator=generator) < keep) / keep
        bias = torch.randn(width, generator=generator) * math.sqrt(bias_variance)
        z = a @ draw(width, width, weight_variance, generator).T + bias
        layers.append(z.requires_grad_() if number == 0 else z)
        if number > 0:
            z.retain_grad()
    (layers[-1] * torch.randn(layers[-1].shape, generator=generator)).sum().backward()
    q = [z.detach().square().mean().item() for z in layers]
    c = [torch.cosine_similarity(z[0].detach(), z[1].detach(), dim=0).item() for z in layers]
    gradient = [z.grad.square().mean().item() for z in layers]
    return q, c, [value / gradient[-1] for value in gradient]


def mean_of(runs):
    """Mean over runs, layer by layer, of each of q, c and gradient."""
    return [torch.tensor(part, dtype=torch.float64).mean(0).tolist() for part in zip(*runs, strict=True)]
