"""What training data must be."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text
from layerwise.pretraining.rbm._rbm import RBM


def check_data(rbm: RBM, data: Tensor, name: str = "data") -> Tensor:
    """Return `data` in the dtype and on the device of `rbm`, or raise `InvalidInput`."""
    rows = rbm.checked(data).to(rbm.weight)
    if rows.shape[-2] == 0:
        raise InvalidInput(f"`{name}` must have at least one row", got=list(rows.shape))
    low, high = (value.item() for value in torch.aminmax(rows))
    if not (low > -torch.inf and high < torch.inf):  # not-a-number compares as False
        raise InvalidInput(
            f"`{name}` must hold finite numbers",
            got=Text(f"{int((~rows.isfinite()).sum())} that are not"),
            cure="Leave out those rows, or fill in their missing values.",
        )
    rbm.visible.check(low, high)
    return rows
