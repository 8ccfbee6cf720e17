"""Batch normalization becomes part of the layer before it."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterator
from typing import TypeGuard

import torch
from torch import Tensor, fx, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from layerwise._base import InvalidInput

Layer = nn.Linear | _ConvNd

_OUT_FIRST = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)
_OUT_SECOND = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


def fold(model: nn.Module) -> nn.Module:
    """Return a copy of `model` in eval mode whose batch normalizations are part of the layers before them.

    In eval mode batch normalization is a fixed linear map, so that a linear layer or convolution can do its work:
    W' = gamma W / sqrt(var + eps) and b' = beta + gamma (b - mean) / sqrt(var + eps), computed in float64. The copy
    computes what `model` computes in eval mode, to rounding; in the place of the normalizers stands `nn.Identity`.

    What feeds what is found by `torch.fx`, so the order of registration does not matter. A normalizer stays as it is
    where that would change the model: it follows no such layer, the layer's output goes elsewhere too, one of the two
    is used twice, there are no running statistics, or the layer is parametrized or a grouped transposed convolution.
    Linear layers are taken to work on [batch, unit].

    Raises:
        InvalidInput: If `torch.fx` can't trace the model.

    Example:
        >>> folded = fold(nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU()))
        >>> [type(layer).__name__ for layer in folded]
        ['Linear', 'Identity', 'ReLU']

    References:
        Jacob et al. 2018, Quantization and training of neural networks for efficient integer-arithmetic-only inference.
    """
    folded = copy.deepcopy(model).eval()
    for layer, norm, name in list(_pairs(folded)):
        _absorb(layer, norm)
        parent, _, own = name.rpartition(".")
        setattr(folded.get_submodule(parent), own, nn.Identity().eval())
    return folded


class _Tracer(fx.Tracer):
    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return not any(m.children()) or super().is_leaf_module(m, module_qualified_name)


def _pairs(model: nn.Module) -> Iterator[tuple[Layer, _BatchNorm, str]]:
    """Yield each layer that can take a batch normalization, that one, and its name."""
    try:
        graph = _Tracer().trace(model)
    except Exception as error:  # what is traced is the user's own code, and may raise anything
        raise InvalidInput(
            f"`model` must be a module that torch.fx can trace; it says: {error}",
            cure="Fold the part of it that can be traced, without branches that depend on data.",
        ) from error
    calls = {node: model.get_submodule(str(node.target)) for node in graph.nodes if node.op == "call_module"}
    uses = Counter(map(id, calls.values()))
    for node, norm in calls.items():
        source = node.args[0] if node.args else None
        layer = calls.get(source) if isinstance(source, fx.Node) and len(source.users) == 1 else None
        if isinstance(norm, _BatchNorm) and _fits(layer, norm) and uses[id(layer)] == uses[id(norm)] == 1:
            yield layer, norm, str(node.target)


def _fits(layer: nn.Module | None, norm: _BatchNorm) -> TypeGuard[Layer]:
    if norm.running_mean is None:
        return False
    if type(layer) is nn.Linear:
        return isinstance(norm, nn.BatchNorm1d)
    if isinstance(layer, _OUT_SECOND) and layer.groups > 1:
        return False
    return type(layer) in _OUT_FIRST + _OUT_SECOND  # not a subclass: a parametrized one makes its own weight


@torch.no_grad()
def _absorb(layer: Layer, norm: _BatchNorm) -> None:
    weight, bias = layer.weight, layer.bias
    mean, variance = norm.get_buffer("running_mean").double(), norm.get_buffer("running_var").double()
    scale = torch.rsqrt(variance + norm.eps)
    scale = scale * norm.weight.double() if norm.affine else scale
    offset = norm.bias.double() if norm.affine else 0.0
    shape = [1] * weight.ndim
    shape[1 if isinstance(layer, _OUT_SECOND) else 0] = -1
    layer.weight = _like(weight.double() * scale.view(shape), weight)
    layer.bias = _like(offset + scale * ((0.0 if bias is None else bias.double()) - mean), weight)


def _like(value: Tensor, old: Tensor) -> nn.Parameter:
    return nn.Parameter(value.to(old.dtype), requires_grad=old.requires_grad)
