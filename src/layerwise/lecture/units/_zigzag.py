"""Descent in two dimensions, with positive inputs and with centered ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from layerwise.lecture.units._marks import path, points
from layerwise.records import Axis, Picture, Table
from layerwise.stats import Interval, bootstrap_interval, median_interval

GOAL = (1.0, -1.0)
"""Where the weights have to go: one up, the other down, which no update from positive inputs can do at once."""

RATES = (0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)
SLOW = 1.5
"""The rate at which both kinds are drawn: the best one of positive inputs."""

N_STEPS, NEAR, DRAWN = 1000, 0.1, 40


class Walk(NamedTuple):
    """The walks of one kind of inputs at their best rate: updates needed, their median, and one path drawn slowly."""

    rate: float
    needed: tuple[float, ...]
    steps: Interval
    path: Tensor


class Walks(NamedTuple):
    """By kind of inputs, and how many times the centered ones' updates the positive ones need."""

    arms: dict[str, Walk]
    ratio: Interval


def walks(n_seeds: int, generator: torch.Generator, rng: np.random.Generator) -> Walks:
    """Walk with inputs as sigmoids give them, uniform on [0, 1]^2, and with the same ones less their mean."""
    searched = torch.rand(N_STEPS, n_seeds, 2, generator=generator, dtype=torch.float64)
    final = torch.rand(N_STEPS, n_seeds, 2, generator=generator, dtype=torch.float64)
    arms = {name: _walk(searched - mean, final - mean) for name, mean in {"positive": 0.0, "centered": 0.5}.items()}
    pairs = zip(arms["positive"].needed, arms["centered"].needed, strict=True)
    ratios = [a / b for a, b in pairs]
    return Walks(arms, bootstrap_interval(ratios, np.median, generator=rng))


def descend(inputs: Tensor, rate: float) -> Tensor:
    """Return the weights at every step of plain descent on (w x - goal x)^2 / 2, one example an update.

    `inputs` [step, seed, 2] -> [step + 1, seed, 2], from the origin.
    """
    goal = torch.tensor(GOAL, dtype=torch.float64)
    weights = [torch.zeros_like(inputs[0])]
    for x in inputs:
        error = ((weights[-1] - goal) * x).sum(-1, keepdim=True)
        weights.append(weights[-1] - rate * error * x)
    return torch.stack(weights)


def needed(weights: Tensor) -> list[float]:
    """Return for each seed the updates after which it is near the goal; all of them where it never is."""
    near = (weights - torch.tensor(GOAL, dtype=torch.float64)).norm(dim=-1) <= NEAR
    first = torch.where(near.any(0), near.int().argmax(0), len(weights))
    return [float(step) for step in first]


def path_picture(walked: Walks) -> Picture:
    """Return one path of each kind, at the same small rate."""
    ways = {f"{name} inputs": (arm.path[:, 0], arm.path[:, 1]) for name, arm in walked.arms.items()}
    marks = [draw(x, y, name) for draw in (path, points) for name, (x, y) in ways.items()]
    return Picture(
        title="With positive inputs every update goes up-right or down-left: a zigzag",
        x=Axis(title="weight 1", low=-0.6, high=1.6),
        y=Axis(title="weight 2", low=-1.6, high=0.6),
        marks=(*marks, points([0.0, GOAL[0]], [0.0, GOAL[1]], "start and minimum")),
        note=f"The first {DRAWN} updates from the origin, one example each, at the same rate of {SLOW:g}.",
    )


def walk_table(walked: Walks) -> Table:
    """Return the updates of both kinds."""
    rows = tuple(
        (name, f"{walk.steps.estimate:.0f}", f"{walk.steps.low:.0f} to {walk.steps.high:.0f}", f"{walk.rate:g}")
        for name, walk in walked.arms.items()
    )
    return Table(
        title="Updates to within 0.1 of the minimum at (1, -1)",
        columns=("inputs", "median", "95% interval", "best rate"),
        rows=rows,
        note="One linear unit with two weights, one example an update.",
    )


def _walk(searched: Tensor, final: Tensor) -> Walk:
    medians = {rate: float(np.median(needed(descend(searched, rate)))) for rate in RATES}
    rate = min(medians, key=lambda one: (medians[one], one))
    steps = needed(descend(final, rate))
    return Walk(rate, tuple(steps), median_interval(steps), descend(final[:DRAWN, :1], SLOW)[:, 0])
