"""Data: rows of features with what is to be predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from layerwise.data._arrays import as_features, as_targets
from layerwise.data._scaling import row_moments
from layerwise.data._split import Split, cut
from layerwise.data._types import Array, Floats, Kind, Task
from layerwise.data._validation import validate

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Data:
    """Rows of features and their targets, checked when made.

    Whatever would spoil training without a word is refused with `InvalidInput`: NaN, infinities, lengths that do not
    match, labels that are no class numbers, one class only, a class of fewer than three rows, features that never
    change. `Data.create` makes one from raw arrays.

    Attributes:
        name: what reports call it.
        features: float32 [row, feature]; images are flattened, with pixels in [0, 1].
        targets: int64 [row], class numbers 0 ... C - 1; or float32 [row, output] for regression.
        task: "classification" or "regression".
        kind: "image" (one scale for all features) or "table" (each feature has its own).
        classes: the original labels by class number; empty for regression.
        n_fixed_test: so many rows at the end are the official test part; 0 if there is none.
        source: where it comes from.

    Example:
        >>> data = Data.create("doubles", [[1.0], [2.0], [3.0], [4.0]], [2.0, 4.0, 6.0, 8.0])
        >>> data.task, data.features.shape, data.targets.shape
        ('regression', (4, 1), (4, 1))
    """

    name: str
    features: Floats
    targets: Array
    task: Task
    kind: Kind
    classes: tuple[str, ...]
    n_fixed_test: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        validate(self)

    @classmethod
    def create(
        cls,
        name: str,
        features: Any,
        targets: Any,
        *,
        task: Task | None = None,
        kind: Kind | None = None,
        classes: Sequence[str] | None = None,
        n_fixed_test: int = 0,
        source: str = "given in memory",
    ) -> Data:
        """Return `Data` from anything that numpy or torch reads as arrays, one row for each example.

        `features` with more than two axes are images: they are flattened, and bytes are divided by 255. Text, bools
        and whole numbers with few different values are class labels (`classes` holds them in sorted order); other
        numbers are values to predict; `task` overrides this. With `classes` given, `targets` are class numbers.

        Example:
            >>> Data.create("fruit", [[1, 2], [3, 4], [5, 6]] * 2, ["pear"] * 3 + ["apple"] * 3).classes
            ('apple', 'pear')
        """
        rows, found = as_features(features)
        values, task, names = as_targets(targets, task, classes)
        return cls(name, rows, values, task, kind or found, names, n_fixed_test, source)

    @property
    def n_features(self) -> int:
        """Columns of `features`."""
        return int(self.features.shape[1])

    @property
    def n_outputs(self) -> int:
        """Classes, or columns of `targets`."""
        return len(self.classes) or int(self.targets.shape[1])

    @property
    def chance(self) -> float:
        """What guessing scores: the largest class's share of all rows; for regression 0, the R2 of the mean."""
        if self.task == "regression":
            return 0.0
        return float(np.bincount(self.targets).max() / len(self.targets))

    def split(self, seed: int, validation: float = 0.2, test: float = 0.2) -> Split:
        """Return train, validation and test rows drawn by `seed`, with the scaling of the training rows.

        `validation` and `test` are shares of all rows. Classes keep their shares in every part, to within one row at
        each of the two cuts. Where the data has an official test part, that is the test part in its own order, and
        `validation` is a share of the other rows. Parts have the same sizes for every seed.

        Raises `InvalidInput` if a part would be empty, or a class too small for the cuts.

        Example:
            >>> from layerwise.data import circles
            >>> split = circles(n=100).split(seed=0)
            >>> len(split.train), len(split.validation), len(split.test)
            (60, 20, 20)
        """
        return cut(self, seed, validation, test)

    @cached_property
    def _row_moments(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return row_moments(self.features)

    def __repr__(self) -> str:
        outputs = f"{self.n_outputs} classes" if self.classes else _count(self.n_outputs, "output")
        size = f"{_count(len(self.features), 'row')}, {_count(self.n_features, 'feature')}, {outputs}"
        return f"Data({self.name!r}: {size}, {self.kind}, {self.task})"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
