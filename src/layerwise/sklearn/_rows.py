"""Rows as scikit-learn's users have them, as float32 tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy.sparse import issparse
from sklearn.utils.validation import validate_data
from torch import Tensor

CHECKS: dict[str, Any] = {"accept_sparse": "csr", "dtype": np.float32}
"""What `validate_data` is asked for."""

FIT_CHECKS: dict[str, Any] = {**CHECKS, "ensure_min_samples": 4}
"""The same in `fit` of a network: fine-tuning needs four rows."""

_ROWS = 1000
"""Rows that are dense at a time after `fit`."""


def dense(rows: Any) -> Tensor:
    """Return checked rows as a tensor that shares no memory with them."""
    return torch.tensor(rows.toarray() if issparse(rows) else rows)


@torch.no_grad()
def mapped(estimator: Any, X: Any, function: Callable[[Tensor], Tensor]) -> Any:  # noqa: N803 - scikit-learn's name
    """Return what `function` makes of the rows of `X`, checked against those that `estimator` was fitted on."""
    rows = validate_data(estimator, X, reset=False, **CHECKS)
    parts = [function(dense(rows[k : k + _ROWS])) for k in range(0, rows.shape[0], _ROWS)]
    return torch.cat(parts).numpy()
