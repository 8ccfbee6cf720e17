"""Batch normalization that trains with what it evaluates with."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, Text, at_least, finite, non_negative

R_MAX, D_MAX, WARM_UP = 3.0, 5.0, 1000


class BatchRenorm(nn.BatchNorm1d):
    """Batch renormalization: in training too, the output is that of the running statistics, as far as limits allow.

    In training y = gamma (r (x - mean) / std + d) + beta with the batch's mean and std = sqrt(var + eps), and
    r = std / running_std within [1 / r_max, r_max], d = (mean - running_mean) / running_std within +-d_max, both taken
    as constants by the gradient. Without the limits that is (x - running_mean) / running_std: an example's output no
    longer depends on its batch. The limits grow linearly from 1 and 0, where this is batch normalization, to `r_max`
    and `d_max` over the first `warm_up` batches. In evaluation it is `nn.BatchNorm1d`.

    Args:
        num_features: Units.
        r_max: The limit of r, at least 1.
        d_max: The limit of d, at least 0.
        warm_up: Batches until the limits stand, at least 1; `num_batches_tracked` counts them. (The paper waits for
            5,000 and has both limits open after 40,000.)
        **options: Those of `nn.BatchNorm1d`; the paper's momentum is 0.01, torch's 0.1.

    Raises:
        InvalidInput: If a limit breaks its rule.

    Example:
        >>> layer = BatchRenorm(1, r_max=9, d_max=99, warm_up=1, momentum=0.0)  # running mean 0 and variance 1
        >>> x = torch.tensor([[2.0], [6.0]])
        >>> layer(x).detach().round().flatten(), layer(x).detach().round().flatten()
        (tensor([-1.,  1.]), tensor([2., 6.]))

    References:
        Ioffe 2017, Batch renormalization: Towards reducing minibatch dependence in batch-normalized models.
    """

    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(
        self,
        num_features: int,
        r_max: float = R_MAX,
        d_max: float = D_MAX,
        warm_up: int = WARM_UP,
        **options: Any,
    ) -> None:
        super().__init__(num_features, **options)
        self.r_max, self.d_max = finite("r_max", r_max), non_negative("d_max", d_max)
        self.warm_up = at_least("warm_up", warm_up, 1)
        if self.r_max < 1:
            raise InvalidInput("`r_max` must be at least 1", got=r_max)
        if not self.track_running_stats or self.momentum is None:
            raise InvalidInput("Batch renormalization needs running statistics and a momentum", cure="Leave both out.")

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002  torch's name
        """Return `input`, [batch, unit], normalized by the batch and corrected towards the running statistics."""
        if not self.training:
            return super().forward(input)
        if input.ndim != 2:
            raise InvalidInput("`input` must have the shape [batch, unit]", got=Text(f"shape {list(input.shape)}"))
        variance, mean = torch.var_mean(input.detach(), 0, correction=0)
        share = (self.num_batches_tracked.to(input.dtype) / self.warm_up).clamp_max(1)
        r, d = self.correction(mean, variance, self.running_mean, self.running_var, share)
        y = self._normalized(input) * r + d
        return torch.addcmul(self.bias, y, self.weight) if self.affine else y

    def correction(
        self, mean: Tensor, variance: Tensor, running_mean: Tensor, running_var: Tensor, share: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return `(r, d)` for a batch's statistics, with limits that have come this `share` of their way."""
        running_std = (running_var + self.eps).sqrt()
        r_max, d_max = 1 + share * (self.r_max - 1), share * self.d_max
        r = ((variance + self.eps).sqrt() / running_std).clamp(1 / r_max, r_max)
        return r, ((mean - running_mean) / running_std).clamp(-d_max, d_max)

    def _normalized(self, x: Tensor) -> Tensor:
        """Return `x` by the batch's statistics, and move the running ones."""
        self.num_batches_tracked += 1
        return nn.functional.batch_norm(
            x, self.running_mean, self.running_var, training=True, momentum=self.momentum or 0.0, eps=self.eps
        )

    def extra_repr(self) -> str:
        """Return the settings that `print(module)` shows."""
        shown = super().extra_repr()  # type: ignore[no-untyped-call]
        return f"{shown}, r_max={self.r_max:g}, d_max={self.d_max:g}, warm_up={self.warm_up}"
