"""Counting dead units and dead pieces of a trained network, for whatever activation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from layerwise.data import Data
from layerwise.population import Fit

NO_SLOPE = 1e-6
"""A unit passes no gradient on where its slope is below this for every input: less than float32 resolves of 1."""


class Dead(NamedTuple):
    """Shares of all hidden units, and of all linear pieces (as many, but for maxout), that pass no gradient on."""

    units: float
    pieces: float


def dead(model: nn.Module, x: Tensor) -> Dead:
    """Return the dead share of all hidden units of a chain of layers, for the inputs `x` [row, feature].

    Example:
        >>> unit = nn.Sequential(nn.Linear(1, 2), nn.ReLU())
        >>> _ = nn.init.ones_(unit[0].weight), unit[0].bias.data.copy_(torch.tensor([1.0, -9.0]))
        >>> dead(unit, torch.ones(3, 1))
        Dead(units=0.5, pieces=0.5)
    """
    pieces, units = [], []
    for layer in model.children():
        if isinstance(layer, nn.Linear):
            x = layer(x).detach()
            continue
        free = x.requires_grad_()
        out = layer(free)
        asleep = torch.autograd.grad(out.sum(), free)[0].abs().amax(0) < NO_SLOPE
        pieces.append(asleep)
        units.append(asleep.view(-1, out.shape[1]).all(0))
        x = out.detach()
    return Dead(float(torch.cat(units).float().mean()), float(torch.cat(pieces).float().mean()))


def dead_by_recipe(fitted: Fit, data: Data) -> dict[str, list[Dead | None]]:
    """Return the dead shares of every kept network, for all of its training inputs; None where it diverged."""
    rows: dict[int, Tensor] = {}
    found: dict[str, list[Dead | None]] = {}
    for run, model in zip(fitted.runs, fitted.models, strict=True):
        if run.seed not in rows:
            split = data.split(run.seed)
            rows[run.seed] = torch.from_numpy(split.scaled(data, split.train))
        gone = run.status != "finished"
        found.setdefault(run.recipe, []).append(None if gone else dead(model, rows[run.seed].clone()))
    return found


def shares(found: Iterable[Dead | None], what: str = "units") -> list[float]:
    """Return the dead shares of the networks that did not diverge."""
    return [getattr(one, what) for one in found if one is not None]


def lost(found: Iterable[Dead | None]) -> float:
    """Return the share of networks that diverged."""
    return float(np.mean([one is None for one in found]))
