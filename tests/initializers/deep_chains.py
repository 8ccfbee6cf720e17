"""Deep chains, and what they do to signal and gradient: rms of pre-activations and of gradients, layer by layer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from layerwise.activations import ACTIVATIONS


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def chain(name: str, width: int, depth: int = 30, *, bias: bool = True) -> nn.Sequential:
    """Return `depth` layers of one activation and an output layer of 10."""
    entry = ACTIVATIONS[name]
    wide = int(width * entry.pieces_default)
    layers = [(nn.Linear(width, wide, bias=bias), entry.module()) for _ in range(depth)]
    return nn.Sequential(*(one for pair in layers for one in pair), nn.Linear(width, 10))


def inputs(width: int, seed: int = 0, rows: int = 64) -> Tensor:
    return torch.randn(rows, width, generator=seeded(1000 + seed))


def profile(model: nn.Sequential, x: Tensor) -> tuple[list[float], list[float], float]:
    """Return rms of each hidden layer's pre-activations and of their gradients, and rms of the outputs.

    By a plain loop over the chain, with a unit Gaussian gradient at the outputs.
    """
    places = []
    for layer in model:
        x = layer(x)
        if isinstance(layer, nn.Linear):
            x.retain_grad()
            places.append(x)
    (x * torch.randn(x.shape, generator=seeded(7))).sum().backward()
    hidden = places[:-1]
    return [rms(z) for z in hidden], [rms(z.grad) for z in hidden], rms(x)


def rms(tensor: Tensor) -> float:
    return tensor.detach().double().square().mean().sqrt().item()
