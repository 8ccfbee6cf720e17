"""Made-up sets whose right answers are known. Each is the same for the same arguments, on every machine."""

from __future__ import annotations

import numpy as np

from layerwise._base import at_least, child_seed, non_negative, positive_int
from layerwise.data._data import Data


def circles(n: int = 1000, seed: int = 0, noise: float = 0.05) -> Data:
    """Return points on two circles about the origin, of radius 1 (class 0) and 0.5 (class 1).

    `noise` is the standard deviation added to each coordinate. Without it the class is known from the radius alone,
    and no straight line does better than 2/3.

    Example:
        >>> circles(n=200)
        Data('circles': 200 rows, 2 features, 2 classes, table, classification)
    """
    from sklearn.datasets import make_circles

    at_least("n", n, 6)
    state = child_seed(seed, "circles") % 2**32
    points, labels = make_circles(n, noise=non_negative("noise", noise), factor=0.5, random_state=state)
    return Data.create("circles", points, labels, classes=("outer", "inner"), source=_source(seed, noise))


def spirals(n: int = 1000, seed: int = 0, noise: float = 0.02) -> Data:
    """Return points on two interleaved spirals of one and a half turns each, which reach out to radius 1.

    Class c lies at the angle 3 pi r + pi c for radius r, so without noise angle and radius tell the class exactly.
    `noise` is the standard deviation added to each coordinate; the arms are 1/3 apart.

    Example:
        >>> spirals(n=200)
        Data('spirals': 200 rows, 2 features, 2 classes, table, classification)

    References:
        Lang, K. J. and Witbrock, M. J. (1988). Learning to tell two spirals apart. Connectionist models summer school.
    """
    generator = _generator(seed, "spirals")
    labels = np.arange(at_least("n", n, 6)) % 2
    radius = np.sqrt(generator.uniform(size=n))  # even along the arm, which is longer further out
    angle = 3 * np.pi * radius + np.pi * labels
    points = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points += non_negative("noise", noise) * generator.normal(size=points.shape)
    return Data.create("spirals", points, labels, classes=("first", "second"), source=_source(seed, noise))


def linear_teacher(n: int = 1000, seed: int = 0, noise: float = 0.1, n_features: int = 20, n_outputs: int = 1) -> Data:
    """Return regression data y = x W + noise e, with x and e standard normal and columns of W of length 1.

    The signal has variance 1 and the noise has variance noise**2, so no model's expected R2 is above
    1 / (1 + noise**2), and least squares comes close.

    Example:
        >>> linear_teacher(n=200)
        Data('linear_teacher': 200 rows, 20 features, 1 output, table, regression)
    """
    generator = _generator(seed, "linear_teacher")
    weights = generator.normal(size=(positive_int("n_features", n_features), positive_int("n_outputs", n_outputs)))
    weights /= np.linalg.norm(weights, axis=0)
    features = generator.normal(size=(at_least("n", n, 3), n_features))
    targets = features @ weights
    targets += non_negative("noise", noise) * generator.normal(size=targets.shape)
    return Data.create("linear_teacher", features, targets, task="regression", source=_source(seed, noise))


def multilabel(n: int = 1000, seed: int = 0, noise: float = 0.1, n_features: int = 20, n_labels: int = 5) -> Data:
    """Return data of which each row has any number of labels: label k is on where x w_k + noise e is above 0.

    x and e are standard normal and w_k of length 1, so that each label is on in half of the rows, on its own account,
    and a share arctan(noise) / pi of them cannot be known from x.

    Example:
        >>> multilabel(n=200)
        Data('multilabel': 200 rows, 20 features, 5 labels, table, multilabel)
    """
    generator = _generator(seed, "multilabel")
    weights = generator.normal(size=(positive_int("n_features", n_features), at_least("n_labels", n_labels, 1)))
    weights /= np.linalg.norm(weights, axis=0)
    features = generator.normal(size=(at_least("n", n, 3), n_features))
    scores = features @ weights
    scores += non_negative("noise", noise) * generator.normal(size=scores.shape)
    return Data.create("multilabel", features, scores > 0, task="multilabel", source=_source(seed, noise))


def gaussian(n: int = 1000, seed: int = 0, noise: float = 0.0, n_features: int = 500, n_classes: int = 10) -> Data:
    """Return standard normal inputs, [1000, 500] as in the lecture, labelled by a random linear map.

    The class is the largest of x W + noise e, W of shape [n_features, n_classes] and e both standard normal, W divided
    by sqrt(n_features): the inputs have no structure, and the labels could be learnt by a linear model.

    Example:
        >>> gaussian(n=300)
        Data('gaussian': 300 rows, 500 features, 10 classes, table, classification)
    """
    generator = _generator(seed, "gaussian")
    features = generator.normal(size=(at_least("n", n, 6), positive_int("n_features", n_features)))
    weights = generator.normal(size=(n_features, at_least("n_classes", n_classes, 2))) / np.sqrt(n_features)
    scores = features @ weights
    labels = (scores + non_negative("noise", noise) * generator.normal(size=scores.shape)).argmax(axis=1)
    names = tuple(map(str, range(n_classes)))
    return Data.create("gaussian", features, labels, classes=names, source=_source(seed, noise))


def _generator(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng(child_seed(seed, name))


def _source(seed: int, noise: float) -> str:
    return f"made up, seed {seed}, noise {noise:g}"
