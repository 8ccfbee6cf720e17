"""The arrays that data is made of."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Task = Literal["classification", "regression", "multilabel"]
Kind = Literal["image", "table"]
Image = tuple[int, int, int]
Array = NDArray[Any]
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
