"""A recipe becomes an ordinary module."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

from torch import nn
from torch.nn.utils import skip_init

from layerwise._base import positive_int
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS, torch_default_bias_
from layerwise.normalizers import NORMALIZERS

if TYPE_CHECKING:
    import torch

    from layerwise.models._architecture import MLP
    from layerwise.models._recipe import Recipe


def build(
    recipe: Recipe,
    n_inputs: int,
    n_outputs: int,
    generator: torch.Generator,
    dtype: torch.dtype | None = None,
) -> nn.Sequential:
    """Return the network of `recipe`, weights drawn from `generator` and nothing else.

    Children are named `linear1`, `normalizer1`, `activation1`, `dropout1`, ..., `output`. Two recipes that differ only
    in the scale of their weights draw the same numbers from generators of the same seed.

    Args:
        recipe: what to build; only its architecture is read.
        n_inputs: columns of the input, shape [batch, n_inputs].
        n_outputs: columns of the output, shape [batch, n_outputs].
        generator: of all that is drawn; the global generator is not touched.
        dtype: of the parameters; torch's default if None.

    Example:
        >>> import torch
        >>> from layerwise.models import Recipe
        >>> net = build(Recipe().replace(depth=2, width=3), 4, 2, torch.Generator().manual_seed(0))
        >>> net(torch.zeros(5, 4)).shape
        torch.Size([5, 2])
    """
    shape = recipe.architecture
    children: OrderedDict[str, nn.Module] = OrderedDict()
    fan_in = positive_int("n_inputs", n_inputs)
    for k, (z, width) in enumerate(zip(shape.preactivations, shape.widths, strict=True), start=1):
        children |= {f"{role}{k}": module for role, module in _hidden(shape, fan_in, z, width, generator, dtype)}
        fan_in = width
    children["output"] = _linear(shape, fan_in, positive_int("n_outputs", n_outputs), generator, dtype)
    return nn.Sequential(children)


def _hidden(
    shape: MLP, fan_in: int, n_preactivations: int, width: int, generator: torch.Generator, dtype: torch.dtype | None
) -> list[tuple[str, nn.Module]]:
    activation = ACTIVATIONS[shape.activation]
    rows = [
        ("linear", _linear(shape, fan_in, n_preactivations, generator, dtype)),
        ("activation", activation.module(**({"pieces": shape.pieces} if shape.activation == "maxout" else {}))),
    ]
    if (norm := NORMALIZERS[shape.normalizer].module) is not None:
        before = shape.normalizer_place == "before_activation"
        rows.insert(1 if before else 2, ("normalizer", norm(n_preactivations if before else width)))
    if shape.dropout:
        kind = nn.AlphaDropout if shape.activation == "selu" else nn.Dropout
        rows.append(("dropout", kind(shape.dropout)))
    return [(role, module.to(dtype=dtype)) for role, module in rows]


def _linear(shape: MLP, fan_in: int, fan_out: int, generator: torch.Generator, dtype: torch.dtype | None) -> nn.Linear:
    layer: nn.Linear = skip_init(nn.Linear, fan_in, fan_out, bias=shape.bias != "none", dtype=dtype)
    initializer = INITIALIZERS[shape.initializer]
    options = {} if shape.scale is None else {initializer.options[0]: shape.scale}
    initializer.fill(layer.weight, generator=generator, **options)
    if shape.bias == "torch_default":
        torch_default_bias_(layer.bias, fan_in, generator=generator)
    elif shape.bias_std:
        nn.init.normal_(layer.bias, float(shape.bias), shape.bias_std, generator=generator)
    elif layer.bias is not None:
        nn.init.constant_(layer.bias, float(shape.bias))
    return layer
