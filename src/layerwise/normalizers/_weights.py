"""Normalizers that act on weights: they enter a model as parametrizations of its layers, not as layers."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

from layerwise._base import non_negative, positive

WEIGHED = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


def weight_norm_(model: nn.Module) -> list[str]:
    """Give each linear layer and convolution of `model` a weight w = g v / ||v|| for each unit, and name them.

    Length and direction of a unit's incoming weights are then learned apart. The model computes what it did before:
    g starts at ||v||. torch's own parametrization does it, so `layer.weight` still reads w, and
    `torch.nn.utils.parametrize.remove_parametrizations(layer, "weight")` takes it back. Make the optimizer afterwards:
    the parameters are new ones.

    Returns:
        The names of the layers changed. Left alone are those whose weight has a parametrization already, and those with
        a unit whose weights are all 0, which has no direction.

    Example:
        >>> model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
        >>> weight_norm_(model)
        ['0', '2']
        >>> model[0].parametrizations.weight.original0.shape  # g
        torch.Size([4, 1])

    References:
        Salimans, Kingma 2016, Weight normalization: A simple reparameterization to accelerate training of deep neural
        networks.
    """
    layers = [(name, layer) for name, layer in _weighed(model) if _rows(layer).norm(dim=1).all()]
    for _, layer in layers:
        parametrizations.weight_norm(layer, dim=0)
    return [name for name, _ in layers]


def standardize_weights_(model: nn.Module, gain: float | None = None, eps: float = 1e-10) -> list[str]:
    """Give each linear layer and convolution of `model` weights of mean 0 and fixed variance for each unit; name them.

    The layer computes with (v - mean(v)) / sqrt(var(v) + eps), over the inputs of each unit. As published, that has
    variance 1: the signal grows by sqrt(fan_in), and a normalizer must follow. With `gain` it is scaled by
    gain / sqrt(fan_in) (Brock et al. 2021), which keeps the signal without one where `gain` is the activation's.
    What the model computes changes, and the scale of v no longer matters. Make the optimizer afterwards.

    Args:
        model: Changed in place.
        gain: Variance times fan_in is gain^2; None leaves the variance at 1.
        eps: Added to the variance, at least 0.

    Returns:
        The names of the layers changed. Left alone are those whose weight has a parametrization already.

    Raises:
        InvalidInput: If `gain` is not positive, or `eps` is negative.

    Example:
        >>> layer = nn.Linear(30, 4)
        >>> standardize_weights_(layer)
        ['']
        >>> bool((layer.weight.mean(1).abs() < 1e-6).all())
        True

    References:
        Qiao, Wang, Liu, Shen, Yuille 2019, Micro-batch training with batch-channel normalization and weight
        standardization. Brock, De, Smith 2021, Characterizing signal propagation to close the performance gap in
        unnormalized ResNets.
    """
    scale, small = None if gain is None else positive("gain", gain), non_negative("eps", eps)
    layers = _weighed(model)
    for _, layer in layers:
        fan_in = _rows(layer).shape[1]
        factor = 1.0 if scale is None else scale / math.sqrt(fan_in)
        parametrize.register_parametrization(layer, "weight", Standardized(factor, small))
    return [name for name, _ in layers]


class Standardized(nn.Module):
    """Maps a weight [out, in, ...] to `factor` (v - mean) / sqrt(var + eps), over all axes but the first."""

    def __init__(self, factor: float, eps: float) -> None:
        super().__init__()
        self.factor, self.eps = factor, eps

    def forward(self, v: Tensor) -> Tensor:
        """Return the standardized weight."""
        axes = tuple(range(1, v.ndim))
        variance, mean = torch.var_mean(v, axes, correction=0, keepdim=True)
        return (v - mean) * (self.factor * torch.rsqrt(variance + self.eps))

    def extra_repr(self) -> str:
        """Return the settings that `print(module)` shows."""
        return f"factor={self.factor:g}, eps={self.eps:g}"


def _weighed(model: nn.Module) -> list[tuple[str, nn.Module]]:
    return [
        (name, layer)
        for name, layer in model.named_modules()
        if isinstance(layer, WEIGHED) and not parametrize.is_parametrized(layer, "weight")
    ]


def _rows(layer: nn.Module) -> Tensor:
    """Return the weights of each unit as a row."""
    return layer.get_parameter("weight").detach().flatten(1)
