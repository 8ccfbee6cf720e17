"""Running statistics measured anew."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from layerwise._base import InvalidInput
from layerwise.tracing import feed, input_of


def recalibrate(model: nn.Module, loader: Iterable[Any]) -> nn.Module:
    """Return a copy of `model` whose batch normalizations hold the mean and variance of all that `loader` gives.

    Running averages forget, and lag behind weights that move. Here each layer's mean and (biased) variance are those
    of all rows together, as if they had come in one batch: var = mean of the batches' variances + variance of their
    means, each batch weighted by its rows. The mean of the variances alone is too small, and a short last batch that
    counts as a whole one pulls both. While this is measured, normalizers work on each batch's own statistics, as in
    training, and everything else (dropout, say) as in evaluation.

    Args:
        model: Stays as it is.
        loader: Batches, each a tensor or a tuple whose first entry is the input; they are brought to the model's
            device. Passed through once.

    Returns:
        A copy, each module in the mode it was in.

    Raises:
        InvalidInput: If `model` has no batch normalization with running statistics, `loader` is empty, or a batch has
            but one value for a unit.

    Example:
        >>> x = torch.tensor([[0.0], [2.0], [10.0], [12.0], [1.0]])
        >>> layer = recalibrate(nn.BatchNorm1d(1), x.split([2, 3]))
        >>> layer.running_mean, layer.running_var
        (tensor([5.]), tensor([24.8000]))

    References:
        Wu, Johnson 2021, Rethinking "batch" in BatchNorm.
    """
    fresh = copy.deepcopy(model)
    norms = [m for m in fresh.modules() if isinstance(m, _BatchNorm) and m.running_mean is not None]
    if not norms:
        raise InvalidInput("`model` must have batch normalization with running statistics")
    modes = [(module, module.training) for module in fresh.modules()]
    totals = [_Total(norm) for norm in norms]
    fresh.eval()
    for norm in norms:
        norm.train()
    if not _run(fresh, loader):
        raise InvalidInput("`loader` must give at least one batch")
    for total in totals:
        total.finish()
    for module, mode in modes:
        module.training = mode
    return fresh


class _Total:
    """Count, mean and sum of squared deviations of all that a layer has seen, in float64 (Chan et al. 1983)."""

    def __init__(self, norm: _BatchNorm) -> None:
        self.norm, self.n = norm, 0
        self.mean = self.square = torch.zeros(norm.num_features, dtype=torch.float64)
        self.tracked = None if norm.num_batches_tracked is None else norm.num_batches_tracked.clone()
        self.hook = norm.register_forward_pre_hook(self.see)

    def see(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Add a batch."""
        x = inputs[0]
        if x.ndim < 2:
            return  # the layer itself says what is wrong
        x = x if x.dtype == torch.float64 else x.float()
        axes = [axis for axis in range(x.ndim) if axis != 1]
        variance, mean = (value.cpu().double() for value in torch.var_mean(x, axes, correction=0))
        rows = x.numel() // x.shape[1]
        apart, self.n = mean - self.mean, self.n + rows
        self.mean = self.mean + apart * (rows / self.n)
        self.square = self.square + rows * variance + apart.square() * (rows * (self.n - rows) / self.n)

    @torch.no_grad()
    def finish(self) -> None:
        """Write the statistics into the layer, if it was reached."""
        self.hook.remove()
        if self.tracked is not None:
            self.norm.get_buffer("num_batches_tracked").copy_(self.tracked)
        if self.n:
            self.norm.get_buffer("running_mean").copy_(self.mean)
            self.norm.get_buffer("running_var").copy_(self.square / self.n)


@torch.no_grad()
def _run(model: nn.Module, loader: Iterable[Any]) -> int:
    n_batches = 0
    for batch in loader:
        try:
            feed(model, input_of(batch))
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            raise InvalidInput(
                "A batch must have more than one value for each unit", cure="Use `drop_last=True`, or another size."
            ) from error
        n_batches += 1
    return n_batches
