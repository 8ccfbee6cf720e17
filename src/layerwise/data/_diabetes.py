"""The regression that comes with scikit-learn: no download."""

from __future__ import annotations

from layerwise.data._data import Data


def diabetes() -> Data:
    """Return 442 patients with ten measurements each, and how far their diabetes has come a year later.

    Example:
        >>> diabetes()
        Data('diabetes': 442 rows, 10 features, 1 output, table, regression)

    References:
        Efron, Hastie, Johnstone, Tibshirani 2004, Least angle regression.
    """
    from sklearn.datasets import load_diabetes

    raw = load_diabetes(scaled=False)
    source = "scikit-learn, load_diabetes (Efron et al. 2004)"
    return Data.create("diabetes", raw.data, raw.target, task="regression", source=source)
