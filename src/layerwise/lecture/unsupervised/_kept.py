"""What training has left: how large the weights are, and how much of the input the code still holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from torch import nn

from layerwise.lecture._losses import errors_of, rows_of
from layerwise.records import Axis, Marks, Picture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layerwise.data import Data

BINS = np.linspace(-1.5, 1.5, 76)
"""Weights beyond are in the outermost."""

LEAST = 0.01
"""Percent, where the picture ends below."""


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
    (error,) = errors_of(chain(test)[None], rows_of(data, [split], "test").y)
    weight = next(p for p in chain.parameters() if p.dim() == 2)
    counts = np.histogram(np.clip(weight.numpy(), BINS[0], BINS[-1]), BINS)[0]
    # What has diverged holds nothing.
    codes, test_codes = (chain[:-1](rows).double().nan_to_num(0, 0, 0).numpy() for rows in (train, test))
    restored = restored_share(codes, test_codes, train.numpy(), test.numpy())
    rms = float(weight.square().mean().sqrt())
    return Kept(error, restored, float((weight == 0).double().mean()), rms, counts)


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
        share = np.maximum(100 * share / share.sum(), LEAST)
        middles = (BINS[1:] + BINS[:-1]) / 2
        columns = {"x": tuple(middles.tolist()), "y": tuple(share.tolist()), "series": (name,) * len(share)}
        marks.append(Marks(kind="path", columns=columns))
    return Picture(
        title=title,
        x=Axis(title="weight of the first layer"),
        y=Axis(title="share of the weights, percent", scale="log"),
        marks=tuple(marks),
        note=f"Histograms, all seeds together; shares below {LEAST:g}% are drawn at {LEAST:g}%, and the outermost bins "
        "hold what lies beyond.",
    )
