"""Few connections to each unit."""

from __future__ import annotations

import torch
from torch import Tensor

from layerwise._base import non_negative, positive_int
from layerwise.initializers._scope import fans, filled

N_CONNECTIONS = 15
"""How many inputs a unit has in Martens 2010."""


def sparse_(
    tensor: Tensor, std: float = 1.0, n_connections: int = N_CONNECTIONS, *, generator: torch.Generator | None = None
) -> Tensor:
    """Return `tensor` filled in place so that each unit has `n_connections` inputs, chosen at random, and no more.

    Those weights are draws from N(0, std^2), all others are 0: what a unit gets does not grow with fan_in, and units
    differ in what they look at. (`nn.init.sparse_` counts along the other axis: it takes the same share of the
    outgoing weights from every input, so that units differ in how many inputs they have.)

    Args:
        tensor: A weight of shape [fan_out, fan_in, ...]; dtype and device are kept. Of a convolution, each place of
            the kernel is an input of its own.
        std: Standard deviation of the weights that are not 0, at least 0.
        n_connections: Inputs of a unit; all of them where fan_in is smaller.
        generator: Where random numbers come from; torch's default generator if None.

    Raises:
        InvalidInput: If `tensor` has fewer than two axes, or an option breaks its rule.

    Example:
        >>> weight = sparse_(torch.empty(4, 100), generator=torch.Generator().manual_seed(0))
        >>> (weight != 0).sum(1)
        tensor([15, 15, 15, 15])

    References:
        Martens 2010, Deep learning via Hessian-free optimization.
    """
    fans(tensor)
    scale, most = non_negative("std", std), positive_int("n_connections", n_connections)
    return filled(tensor, generator, lambda t: _fill(t, scale, most, generator))


def _fill(tensor: Tensor, std: float, n_connections: int, generator: torch.Generator | None) -> Tensor:
    rows, fan_in = len(tensor), tensor[0].numel()
    # which inputs is drawn first, and in float32: the same for every dtype, and ties are as good as impossible
    order = torch.rand(rows, fan_in, dtype=torch.float32, device=tensor.device, generator=generator)
    kept = order.topk(min(n_connections, fan_in)).indices
    mask = torch.zeros(rows, fan_in, dtype=tensor.dtype, device=tensor.device).scatter_(1, kept, 1.0)
    draws = torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device).normal_(0.0, std, generator=generator)
    return tensor.copy_(draws * mask.view(tensor.shape))
