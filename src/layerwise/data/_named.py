"""The data sets that have a name."""

from __future__ import annotations

from collections.abc import Callable

from layerwise._base import Registry
from layerwise.data._cifar import cifar10
from layerwise.data._data import Data
from layerwise.data._diabetes import diabetes
from layerwise.data._digits import digits
from layerwise.data._mnist import fashion_mnist, mnist
from layerwise.data._synthetic import circles, gaussian, linear_teacher, multilabel, spirals

DATASETS: Registry[Callable[..., Data]] = Registry(
    "data set",
    {
        "digits": digits,
        "diabetes": diabetes,
        "circles": circles,
        "spirals": spirals,
        "linear_teacher": linear_teacher,
        "multilabel": multilabel,
        "gaussian": gaussian,
        "mnist": mnist,
        "fashion-mnist": fashion_mnist,
        "cifar10": cifar10,
    },
)

# Those that lie in files, and so take a `folder`.
IN_FOLDERS = ("mnist", "fashion-mnist", "cifar10")
