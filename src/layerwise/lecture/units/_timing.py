"""The time that units take, alone and inside networks."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from layerwise.activations import ACTIVATIONS
from layerwise.models import Recipe, build

N_ENTRIES = 2**14
"""64 KB in float32: it stays in the cache, and is too little for torch to hand out to several threads."""

REPEATS, DEPTH, WIDTH, BATCH = 20, 3, 256, 64


def alone_time(name: str) -> float:
    """Return the nanoseconds that forward and backward take for one number."""
    unit = ACTIVATIONS[name]
    z = torch.linspace(-3, 3, N_ENTRIES)
    gradient = torch.ones_like(z)

    def both() -> None:
        a = unit.function(z)
        if unit.pull_back is not None:
            unit.pull_back(gradient, z, a)

    return timed(both, REPEATS) / N_ENTRIES * 1e6


def network_step(name: str) -> Callable[[], None]:
    """Return forward and backward of a network of such units."""
    generator = torch.Generator().manual_seed(0)
    recipe = Recipe().replace(depth=DEPTH, width=WIDTH, activation=name)
    network = build(recipe, WIDTH, 10, generator)
    x = torch.randn(BATCH, WIDTH, generator=generator)

    def step() -> None:
        network(x).square().mean().backward()

    return step


def timed(step: Callable[[], None], repeats: int) -> float:
    """Return the milliseconds of the fastest step: what others do on the machine can only add to it."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        step()
        found.append(time.perf_counter() - start)
    return min(found) * 1e3
