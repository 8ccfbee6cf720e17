"""Data of every kind as one: float32 rows with class numbers or values to predict, checked, split and scaled.

`load` takes what people have (a name, a file, arrays, tensors, a Dataset, a DataLoader) and gives `Data`;
`Data.split` gives a `Split`: train, validation and test rows, and the scaling fitted on the training rows alone.
"""

from layerwise.data._cifar import cifar10
from layerwise.data._data import Data
from layerwise.data._diabetes import diabetes
from layerwise.data._digits import digits
from layerwise.data._load import load
from layerwise.data._mnist import fashion_mnist, mnist
from layerwise.data._named import DATASETS
from layerwise.data._split import Split
from layerwise.data._synthetic import circles, gaussian, linear_teacher, multilabel, spirals
from layerwise.data._torch import own_generators
from layerwise.data._types import Array, Floats, Rows, Task

__all__ = [
    "DATASETS",
    "Array",
    "Data",
    "Floats",
    "Rows",
    "Split",
    "Task",
    "cifar10",
    "circles",
    "diabetes",
    "digits",
    "fashion_mnist",
    "gaussian",
    "linear_teacher",
    "load",
    "mnist",
    "multilabel",
    "own_generators",
    "spirals",
]
