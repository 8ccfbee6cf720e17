"""The scaling of features and targets, fitted on training rows alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from layerwise.data._types import Floats, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from layerwise.data._data import Data


def row_moments(features: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return each row's sum and sum of squares, [row] each: from these the scale of any split of images is a sum."""
    squares: NDArray[np.float64] = np.einsum("ij,ij->i", features, features, dtype=np.float64)
    return features.sum(axis=1, dtype=np.float64), squares


def fit_scaling(data: Data, train: Rows) -> tuple[Floats, Floats]:
    """Return center and scale: of shape [1] for images, [feature] for tables.

    Images are scaled as one. A pixel at the edge that is lit in one training image of a thousand has a tiny standard
    deviation of its own; divided by it, the test digits of scikit-learn reach |z| of 18 to 263, depending on the split.
    """
    return _whole(data, train) if data.kind == "image" else columns(data.features[train])


def columns(values: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each column; 1 in place of the latter where a column is constant."""
    center = values.mean(axis=0, dtype=np.float64)
    scale = np.where(is_constant(values), 1.0, values.std(axis=0, dtype=np.float64))
    return _float32(center), _float32(scale)


def is_constant(values: Floats) -> NDArray[np.bool_]:
    """Return which columns are the same in every row (their standard deviation may be 1e-17 by rounding)."""
    constant: NDArray[np.bool_] = values.min(axis=0) == values.max(axis=0)
    return constant


def describe(data: Data, train: Rows) -> str:
    """Return one sentence: what was subtracted and divided by."""
    rows = f"the {len(train)} training rows"
    if data.kind == "image":
        sentence = f"all features by one mean and one standard deviation, of {rows}"
    else:
        n_constant = int(is_constant(data.features[train]).sum())
        sentence = f"each feature by its mean and standard deviation over {rows}; {_constants(n_constant, data)}"
    return sentence + ("; targets by theirs" if data.task == "regression" else "")


def _constants(n_constant: int, data: Data) -> str:
    if n_constant == 0:
        return "none is constant"
    verb = "is" if n_constant == 1 else "are"
    return f"{n_constant} of {data.n_features} {verb} constant there and only centered"


def _whole(data: Data, train: Rows) -> tuple[Floats, Floats]:
    sums, squares = data._row_moments  # noqa: SLF001 - kept there so that every further split costs nothing
    n_values = train.size * data.n_features
    center = sums[train].sum() / n_values
    variance = squares[train].sum() / n_values - center**2
    return _float32(center), _float32(np.sqrt(variance) if variance > 0 else 1.0)


def _float32(values: object) -> Floats:
    return np.atleast_1d(np.asarray(values, dtype=np.float32))
