"""Which rows train, validate and test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from layerwise._base import InvalidInput, Text, child_seed, fraction
from layerwise.data._scaling import columns, describe, fit_scaling
from layerwise.data._types import Floats, Rows
from layerwise.records import DataSummary

if TYPE_CHECKING:
    from layerwise.data._data import Data


@dataclass(frozen=True, eq=False)
class Split:
    """Rows of the three parts, and the scaling fitted on the training rows.

    Attributes:
        train: row numbers, in the order they were drawn; `validation` and `test` likewise.
        center: of the features, [1] for images or [feature] for tables; they are used as (x - center) / scale.
        scale: as `center`; 1 for a feature that is constant over the training rows.
        target_center: mean of the training targets, [output]; None for classification.
        target_scale: their standard deviation, [output]; None for classification.
    """

    train: Rows
    validation: Rows
    test: Rows
    center: Floats
    scale: Floats
    target_center: Floats | None
    target_scale: Floats | None

    def scaled(self, data: Data, rows: Rows) -> Floats:
        """Return (x - center) / scale for `rows`, float32 [row, feature].

        Example:
            >>> from layerwise.data import digits
            >>> data = digits()
            >>> split = data.split(seed=0)
            >>> z = split.scaled(data, split.train)
            >>> print(f"{abs(z.mean()):.3f} {z.std():.3f}")
            0.000 1.000
        """
        return (data.features[rows] - self.center) / self.scale

    def summary(self, data: Data) -> DataSummary:
        """Return the record of `data` as it was cut and scaled here.

        Example:
            >>> from layerwise.data import digits
            >>> digits().split(seed=0).summary(digits()).scaling
            'all features by one mean and one standard deviation, of the 1079 training rows'
        """
        return DataSummary(
            name=data.name,
            kind=data.kind,
            n_train=len(self.train),
            n_validation=len(self.validation),
            n_test=len(self.test),
            n_features=data.n_features,
            n_outputs=data.n_outputs,
            scaling=describe(data, self.train),
            source=data.source,
        )


def cut(data: Data, seed: int, validation: float, test: float) -> Split:
    """Return the split that `Data.split` promises."""
    _check_shares(data, validation, test)
    n_rows = len(data.features)
    n_drawn = n_rows - data.n_fixed_test
    rest, held = np.arange(n_drawn), np.arange(n_drawn, n_rows)
    if not data.n_fixed_test:
        rest, held = _cut_once(data, rest, test * n_drawn, child_seed(seed, "split"))
    train, watched = _cut_once(data, rest, validation * n_drawn, child_seed(seed, "split", "validation"))
    center, scale = fit_scaling(data, train)
    target_center, target_scale = columns(data.targets[train]) if data.task == "regression" else (None, None)
    return Split(train, watched, held, center, scale, target_center, target_scale)


def _cut_once(data: Data, rows: Rows, size: float, seed: int) -> tuple[Rows, Rows]:
    """Return `rows` in two parts, the second of about `size` rows, at least one for each class."""
    from sklearn.model_selection import train_test_split

    labels, n_classes = (data.targets[rows], len(data.classes)) if data.task == "classification" else (None, 1)
    n_second = max(round(size), n_classes)
    try:
        first, second = train_test_split(rows, test_size=n_second, random_state=seed % 2**32, stratify=labels)
    except ValueError as error:
        raise InvalidInput(
            "Each part must have room for every class",
            got=Text(f"{len(rows)} rows to cut, {n_second} of them off ({error})"),
            cure="Ask for smaller shares, or drop or merge rare classes.",
        ) from None
    return first, second


def _check_shares(data: Data, validation: float, test: float) -> None:
    shares = {"validation": validation} if data.n_fixed_test else {"validation": validation, "test": test}
    for name, share in shares.items():
        if fraction(name, share) == 0:
            raise InvalidInput(f"`{name}` must be above 0", got=share, cure="The usual choice is 0.2.")
    if sum(shares.values()) >= 1:
        raise InvalidInput("`validation` and `test` must leave something to train on", got=Text(str(shares)))
