"""A memory of one number through noise, by cells as an LSTM has them, with gates and contents of different units."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from layerwise.activations import ACTIVATIONS
from layerwise.lecture._ground import Ground
from layerwise.stats import Interval, wilson_interval

LENGTH, SHORT = 30, 10
"""Steps to remember over: the task that decides, and an easier one beside it."""

UNITS, BATCH, N_STEPS = 16, 16, 150
RATES = (0.003, 0.01)
N_SEARCH = 3
LEARNED = 0.1
"""Mean squared error of a cell that has learned: a tenth of what always answering 0 costs."""

CELLS = {
    "sigmoid gates, tanh content": ("sigmoid", "tanh"),
    "ReLU gates, tanh content": ("relu", "tanh"),
    "sigmoid gates, ReLU content": ("sigmoid", "relu"),
    "ReLU everywhere": ("relu", "relu"),
}
"""By name: the unit of the gates, and the unit of what is stored and put out. The first is the LSTM."""

Unit = Callable[[Tensor], Tensor]


class Memory(NamedTuple):
    """What came of one kind of cell: its best rate, the error of every seed, and the share of seeds that learned."""

    rate: float
    errors: tuple[float, ...]
    learned: Interval


def memories(ground: Ground, n_seeds: int, part: tuple[float, float], length: int = LENGTH) -> dict[str, Memory]:
    """Return for every kind of cell what came of its seeds, at the rate that other seeds have chosen."""
    found: dict[str, Memory] = {}
    for k, (name, units) in enumerate(CELLS.items()):
        gate, content = (ACTIVATIONS[unit].function for unit in units)
        found[name] = memory(ground.generator("C3.14"), gate, content, n_seeds, length=length)
        ground.tell(part[0] + (part[1] - part[0]) * (k + 1) / len(CELLS))
    return found


def memory(
    generator: torch.Generator, gate: Unit, content: Unit, n_seeds: int, n_steps: int = N_STEPS, length: int = LENGTH
) -> Memory:
    """Train cells of all seeds and rates side by side, and judge them on sequences of their own."""
    n = n_seeds + N_SEARCH
    weights, readout = _initial(generator, n)
    groups = [(weights.clone().requires_grad_(), readout.clone().requires_grad_()) for _ in RATES]
    optimizer = torch.optim.Adam([{"params": pair, "lr": rate} for pair, rate in zip(groups, RATES, strict=True)])
    for _ in range(n_steps):
        optimizer.zero_grad()
        _errors(groups, gate, content, *_sequences(generator, n, BATCH, length)).sum().backward()
        for pair in groups:
            _clip(pair)
        optimizer.step()
    with torch.no_grad():
        errors = _errors(groups, gate, content, *_sequences(generator, n, 8 * BATCH, length)).nan_to_num(math.inf)
    searched, final = errors.view(len(RATES), n).split([N_SEARCH, n_seeds], 1)
    best = int(searched.median(1).values.argmin())
    kept = tuple(final[best].tolist())
    return Memory(RATES[best], kept, wilson_interval(sum(error < LEARNED for error in kept), n_seeds))


def outputs(weights: Tensor, readout: Tensor, x: Tensor, gate: Unit, content: Unit) -> Tensor:
    """Return what cells put out after the last of their inputs: x [seed, batch, step, 2] -> [seed, batch].

    With gates f, i, o and content g of the inputs and the last output: c = f c + i g, h = o content(c).

    References:
        Hochreiter, S. and Schmidhuber, J. (1997). Long short-term memory. Neural Computation 9.
    """
    h = c = x.new_zeros(*x.shape[:2], UNITS)
    one = x.new_ones(*x.shape[:2], 1)
    for now in x.unbind(2):
        z = torch.bmm(torch.cat([now, h, one], -1), weights)
        forget, write, show = gate(z[..., : 3 * UNITS]).chunk(3, -1)
        c = forget * c + write * content(z[..., 3 * UNITS :])
        h = show * content(c)
    return torch.bmm(h, readout).squeeze(-1)


def _errors(groups: list[tuple[Tensor, Tensor]], gate: Unit, content: Unit, x: Tensor, y: Tensor) -> Tensor:
    """Return the mean squared error of every member, [rate * seed]; all rates see the same sequences."""
    weights, readout = (torch.cat(tensors) for tensors in zip(*groups, strict=True))
    n = len(groups)
    return (outputs(weights, readout, x.repeat(n, 1, 1, 1), gate, content) - y.repeat(n, 1)).square().mean(1)


def _sequences(generator: torch.Generator, n_seeds: int, n_rows: int, length: int) -> tuple[Tensor, Tensor]:
    """Return sequences whose first number, +1 or -1, is to be told after noise; the second input marks the first."""
    y = torch.randint(0, 2, (n_seeds, n_rows), generator=generator) * 2.0 - 1.0
    x = torch.zeros(n_seeds, n_rows, length, 2)
    x[..., 0] = torch.randn(n_seeds, n_rows, length, generator=generator) / 2
    x[:, :, 0, 0], x[:, :, 0, 1] = y, 1.0
    return x, y


def _initial(generator: torch.Generator, n: int) -> tuple[Tensor, Tensor]:
    """Return weights [seed, 2 + units + 1, 4 units], the last row biases, those of the forget gate 1; and readouts."""
    weights = torch.randn(n, 3 + UNITS, 4 * UNITS, generator=generator) / math.sqrt(2 + UNITS)
    weights[:, -1] = 0.0
    weights[:, -1, :UNITS] = 1.0
    return weights, torch.randn(n, UNITS, 1, generator=generator) / math.sqrt(UNITS)


def _clip(pair: tuple[Tensor, Tensor]) -> None:
    """Scale each member's gradients down to a norm of 1, as recurrent nets are usually trained."""
    for tensor in pair:
        if tensor.grad is not None:
            norm = tensor.grad.flatten(1).norm(dim=1).view(-1, 1, 1)
            tensor.grad.div_(norm.clamp(min=1.0))
