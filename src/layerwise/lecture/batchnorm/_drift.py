"""How far a pre-activation's distribution moves over training."""

from __future__ import annotations

from collections import defaultdict

import torch
from torch import Tensor

from layerwise.population import Snapshot
from layerwise.records import Axis, Marks, Picture, Values

PERCENTILES = (15, 50, 85)


class Percentiles:
    """Reads percentiles of every unit's pre-activations in the last hidden layer, over the mini-batch."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, int], list[tuple[int, Tensor]]] = defaultdict(list)

    def __call__(self, snapshot: Snapshot) -> None:
        shares = torch.tensor([share / 100 for share in PERCENTILES], device=snapshot.layers[-2].z.device)
        found = snapshot.layers[-2].z.float().quantile(shares, dim=1).cpu()
        for s, member in enumerate(zip(snapshot.arms, snapshot.seeds, strict=True)):
            self._kept[member].append((snapshot.step, found[:, s]))

    def drift(self, arm: str, seed: int) -> float:
        """Return how far the median moves over training, in units of the spread.

        The standard deviation of the median over all readings, by the mean distance from the 15th to the 85th
        percentile; mean over the units.
        """
        return drift(torch.stack([values for _, values in self._kept[arm, seed]]))

    def picture(self, arm: str, seed: int, title: str, note: str) -> Picture:
        """Return the percentiles of one unit over training."""
        steps, values = zip(*self._kept[arm, seed], strict=True)
        low, middle, high = torch.stack(values)[:, :, 0].T.tolist()
        x = tuple(map(float, steps))
        band: dict[str, Values] = {"x": x, "low": tuple(low), "high": tuple(high)}
        line: dict[str, Values] = {"x": x, "y": tuple(middle)}
        return Picture(
            title=title,
            x=Axis(title="updates"),
            y=Axis(title="pre-activation", low=-10.0, high=10.0),
            marks=(Marks(kind="band", columns=band), Marks(kind="path", columns=line)),
            note=note,
            size="card",
        )


def drift(values: Tensor) -> float:
    """Return the drift of percentiles [reading, percentile, unit].

    Example:
        >>> moving = torch.tensor([[[-1.0], [0.0], [1.0]], [[1.0], [2.0], [3.0]]])  # the median goes from 0 to 2
        >>> drift(moving)
        0.5
    """
    low, middle, high = values.double().unbind(1)
    return float((middle.std(0, correction=0) / (high - low).mean(0).clamp(min=1e-12)).mean())
