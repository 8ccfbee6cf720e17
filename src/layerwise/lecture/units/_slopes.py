"""The slope of a unit."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise.activations import ACTIVATIONS


def slope(name: str, z: Tensor) -> Tensor:
    """Return the derivative of an activation of the table at `z`, as back-propagation computes it.

    Example:
        >>> slope("relu", torch.tensor([-1.0, 2.0]))
        tensor([0., 1.])
    """
    free = z.detach().clone().requires_grad_()
    return torch.autograd.grad(ACTIVATIONS[name].function(free).sum(), free)[0]
