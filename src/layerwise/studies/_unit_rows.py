"""Data as pre-training reads it: rows of numbers in [0, 1], and a test part that it never sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from layerwise.data import Array, Data, Floats, Rows
from layerwise.records import DataSummary

VALIDATION = 0.1
"""Share of the training rows that is kept back to read each layer's error on."""


@dataclass(frozen=True, eq=False)
class UnitRows:
    """Rows in [0, 1], float32 [row, feature]; test rows of a table may lie a little outside.

    Attributes:
        train, test: The two parts.
        targets, train_targets: Of the test rows and of the training rows. Values to predict are scaled, to mean 0 and
            variance 1 on the training rows.
        summary: How the data was cut and scaled.
    """

    train: Floats
    test: Floats
    targets: Array
    train_targets: Array
    summary: DataSummary


def unit_rows(data: Data, seed: int) -> UnitRows:
    """Return the rows of `data` in [0, 1], cut by `seed` or, where there is one, at the official test part.

    Images are scaled as one, tables column by column, by the training rows.

    Example:
        >>> from layerwise.data import digits
        >>> rows = unit_rows(digits(), seed=0)
        >>> rows.train.shape, rows.test.shape, float(rows.train.min()), float(rows.train.max())
        ((1438, 64), (359, 64), 0.0, 1.0)
    """
    split = data.split(seed)
    train = np.sort(np.concatenate([split.train, split.validation]))
    low, span = _range(data, train)
    n_validation = round(VALIDATION * len(train))
    summary = replace(
        split.summary(data),
        n_train=len(train) - n_validation,
        n_validation=n_validation,
        scaling=_said(data, low, span, len(train)),
    )
    both = [((data.features[rows] - low) / span).astype(np.float32) for rows in (train, split.test)]
    targets = _standard(data, train)
    return UnitRows(both[0], both[1], targets[split.test], targets[train], summary)


def _standard(data: Data, train: Rows) -> Array:
    """Return all targets: classes as they are, values scaled by those of the training rows."""
    if data.classes:
        return data.targets
    known = data.targets[train]
    spread = known.std(0)
    scaled: Array = (data.targets - known.mean(0)) / np.where(spread > 0, spread, 1)
    return scaled


def _range(data: Data, train: Rows) -> tuple[Floats, Floats]:
    """Return what is subtracted and divided by, [1] for images, [feature] for tables."""
    rows = data.features[train]
    if data.kind == "image":
        low = np.minimum(rows.min(keepdims=True)[0], 0)  # black is 0, also where no pixel is black
        return low, (rows.max() - low).astype(np.float32)
    low, high = rows.min(0), rows.max(0)
    return low, np.where(high > low, high - low, 1).astype(np.float32)


def _said(data: Data, low: Floats, span: Floats, n_rows: int) -> str:
    rows = f"the {n_rows:,} training rows"
    if data.kind == "table":
        return f"each feature to [0, 1] by its least and largest value over {rows}"
    if low[0] == 0 and span[0] == 1:
        return "pixels as they are, in [0, 1]"
    return f"all pixels to [0, 1] by the largest value over {rows}"
