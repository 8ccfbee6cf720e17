"""Data: rows of features with what is to be predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from layerwise.data._arrays import as_features, as_targets
from layerwise.data._images import square
from layerwise.data._scaling import row_moments
from layerwise.data._split import Split, cut
from layerwise.data._types import Array, Floats, Image, Kind, Task
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
        targets: int64 [row], class numbers 0 ... C - 1; float32 [row, output] for regression; float32 [row, label] of 0
            and 1 for multilabel.
        task: "classification" (one class a row), "regression" or "multilabel" (any number of labels a row).
        kind: "image" (one scale for all features) or "table" (each feature has its own).
        classes: the original labels by class number, or the labels' names by column; empty for regression.
        n_fixed_test: so many rows at the end are the official test part; 0 if there is none.
        source: where it comes from.
        image: channels, height and width of the images that rows are; None for tables, and where it is not known.

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
    image: Image | None = None

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
        image: Image | None = None,
    ) -> Data:
        """Return `Data` from anything that numpy or torch reads as arrays, one row for each example.

        `features` with more than two axes are images: they are flattened, channels first, and bytes are divided by 255.
        Rows that are flat already are square images where `kind` is "image", or have the shape `image`. Text, bools
        and whole numbers with few different values are class labels (`classes` holds them in sorted order); several
        columns of 0 and 1 are labels of which a row may have any number; other numbers are values to predict; `task`
        overrides this. With `classes` given, `targets` are class numbers, or columns of labels.

        Example:
            >>> Data.create("fruit", [[1, 2], [3, 4], [5, 6]] * 2, ["pear"] * 3 + ["apple"] * 3).classes
            ('apple', 'pear')
        """
        rows, found, shape = as_features(features)
        kind = kind or ("image" if image else found)
        if kind == "image":
            image = image or shape or square(rows.shape[1])
        values, task, names = as_targets(targets, task, classes)
        return cls(name, rows, values, task, kind, names, n_fixed_test, source, image)

    @property
    def n_features(self) -> int:
        """Columns of `features`."""
        return int(self.features.shape[1])

    @property
    def inputs(self) -> int | Image:
        """What a network reads: channels, height and width where rows are images of known shape, else `n_features`."""
        return self.image or self.n_features

    @property
    def n_outputs(self) -> int:
        """Classes, or columns of `targets`."""
        return len(self.classes) or int(self.targets.shape[1])

    @property
    def chance(self) -> float:
        """What guessing scores: the largest class's share of all rows, or the larger share of each label, on average;
        for regression 0, the R2 of the mean.
        """
        if self.task == "regression":
            return 0.0
        if self.task == "multilabel":
            share = self.targets.mean(axis=0, dtype=np.float64)
            return float(np.maximum(share, 1 - share).mean())
        return float(np.bincount(self.targets).max() / len(self.targets))

    def split(self, seed: int, validation: float = 0.2, test: float = 0.2) -> Split:
        """Return train, validation and test rows drawn by `seed`, with the scaling of the training rows.

        `validation` and `test` are shares of all rows. Classes keep their shares in every part, to within one row at
        each of the two cuts (labels of which a row may have several need not). Where the data has an official test
        part, that is the test part in its own order, and `validation` is a share of the other rows. Parts have the same
        sizes for every seed.

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
        nouns = {"classification": "classes", "multilabel": "labels"}
        outputs = f"{self.n_outputs} {nouns[self.task]}" if self.classes else _count(self.n_outputs, "output")
        size = f"{_count(len(self.features), 'row')}, {_count(self.n_features, 'feature')}, {outputs}"
        return f"Data({self.name!r}: {size}, {self.kind}, {self.task})"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
