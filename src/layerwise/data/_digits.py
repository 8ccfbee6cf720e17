"""The digits that come with scikit-learn: no download, and the default everywhere."""

from __future__ import annotations

from layerwise.data._data import Data


def digits() -> Data:
    """Return 1,797 handwritten digits of 8 x 8 pixels in [0, 1], ten classes, from scikit-learn itself.

    Example:
        >>> digits()
        Data('digits': 1797 rows, 64 features, 10 classes, image, classification)

    References:
        Alpaydin, E. and Kaynak, C. (1998). Optical recognition of handwritten digits. UCI machine learning repository.
    """
    from sklearn.datasets import load_digits

    raw = load_digits()
    return Data.create("digits", raw.data / 16, raw.target, kind="image", source="scikit-learn, load_digits (UCI 1998)")
