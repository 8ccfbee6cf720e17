"""Codes of test rows as points in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from layerwise.data import Array, Data
from layerwise.records import CodeMap

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_POINTS = 2000
MOST_CLASSES = 20
Method = Literal["codes", "pca", "t-sne"]


def code_map(codes: NDArray[Any], targets: Array, data: Data, *, tsne: bool, seed: int) -> CodeMap:
    """Return the first codes [row, number] in two dimensions: as they are, by PCA, or if asked for by t-SNE.

    t-SNE took 82 seconds for 1,000 codes of 30 numbers on two cores that had other work too, hence the question.
    """
    shown, given = codes[:MOST_POINTS].astype(np.float64), targets[:MOST_POINTS]
    named = data.task == "classification" and len(data.classes) <= MOST_CLASSES
    labels = tuple(data.classes[k] for k in given) if named else ()
    method, points, explained = _plane(shown, tsne=tsne, seed=seed)
    x, y = ([float(f"{value:.5g}") for value in column] for column in points.T)
    return CodeMap(method=method, x=tuple(x), y=tuple(y), labels=labels, explained=explained)


def _plane(codes: NDArray[np.float64], *, tsne: bool, seed: int) -> tuple[Method, NDArray[np.float64], float | None]:
    n_numbers = codes.shape[1]
    if n_numbers <= 2:
        return "codes", np.pad(codes, ((0, 0), (0, 2 - n_numbers))), 1.0
    if tsne:
        return "t-sne", _embedded(codes, seed), None
    return "pca", *_projected(codes)


def _projected(codes: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the two directions in which codes vary most, and the share of the variance that they hold."""
    left, sizes, _ = np.linalg.svd(codes - codes.mean(0), full_matrices=False)
    variances = np.square(sizes)
    share = float(variances[:2].sum() / variances.sum()) if variances.any() else 1.0
    return left[:, :2] * sizes[:2], share


def _embedded(codes: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(codes) - 1) / 3)
    found: NDArray[np.float64] = TSNE(init="pca", perplexity=perplexity, random_state=seed % 2**32).fit_transform(codes)
    return found
