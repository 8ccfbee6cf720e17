"""What training has left: how large the weights are, and how much of the input the code still holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import nn

from layerwise.records import Axis, Marks, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layerwise.data import Data

BINS = np.linspace(-1.5, 1.5, 76)
"""Weights beyond are in the outermost."""

TOP = 12.0
"""Percent, where the picture ends: the zeros of L1 would leave no room for the rest."""


@dataclass(frozen=True)
class Kept:
    """What one trained network shows.

    Attributes:
        test_error: in percent.
        restored: share of the variance of test inputs that a linear map of the top hidden layer's code gives back.
        zeros: share of the first layer's weights that are exactly 0.
        rms: of those weights.
        counts: of those weights by `BINS`.
    """

    test_error: float
    restored: float
    zeros: float
    rms: float
    counts: NDArray[np.int64] = field(repr=False)


@torch.no_grad()
def kept_of(network: nn.Module, data: Data, seed: int) -> Kept:
    """Return what `network`, trained with `seed`, shows on the test part."""
    split = data.split(seed)
    train, test = (torch.from_numpy(split.scaled(data, rows)) for rows in (split.train, split.test))
    chain = cast("nn.Sequential", network).cpu().eval()
    wrong = chain(test).argmax(1).numpy() != data.targets[split.test]
    weight = next(p for p in chain.parameters() if p.dim() == 2)
    counts = np.histogram(np.clip(weight.numpy(), BINS[0], BINS[-1]), BINS)[0]
    codes, test_codes = (chain[:-1](rows).double().numpy() for rows in (train, test))
    restored = restored_share(codes, test_codes, train.numpy(), test.numpy())
    rms = float(weight.square().mean().sqrt())
    return Kept(100 * float(wrong.mean()), restored, float((weight == 0).double().mean()), rms, counts)


def restored_share(
    codes: NDArray[np.float64], test_codes: NDArray[np.float64], x: NDArray[np.float32], test_x: NDArray[np.float32]
) -> float:
    """Return 1 - squared error / variance of `test_x` by ridge regression on codes, fitted on the training rows.

    Example:
        >>> codes = np.random.default_rng(0).normal(size=(50, 2))
        >>> x = np.float32(codes @ [[1.0, 2.0], [0.5, -1.0]])
        >>> round(restored_share(codes, codes, x, x), 2)
        1.0
    """
    from sklearn.linear_model import Ridge

    guess = Ridge(alpha=1e-3).fit(codes, x).predict(test_codes)
    return 1 - float(np.square(guess - test_x).sum() / np.square(test_x - test_x.mean(0)).sum())


def weight_picture(title: str, kept: Mapping[str, Sequence[Kept]]) -> Picture:
    """Return the histograms of the first layer's weights, all seeds together."""
    marks = []
    for name, some in kept.items():
        share = np.sum([one.counts for one in some], axis=0)
        share = np.minimum(100 * share / share.sum(), TOP)
        columns = {"x": tuple(BINS.tolist()), "y": (*share.tolist(), 0.0), "series": (name,) * len(BINS)}
        marks.append(Marks(kind="steps", columns=columns))
    return Picture(
        title=title,
        x=Axis(title="weight of the first layer"),
        y=Axis(title="share of the weights, percent", low=0.0, high=TOP),
        marks=tuple(marks),
        note="All seeds together. What goes beyond the top ends there; the outermost bins hold what lies beyond.",
    )
