"""A recipe becomes an ordinary module."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.utils import skip_init

from layerwise._base import positive_int
from layerwise.activations import ACTIVATIONS
from layerwise.initializers import INITIALIZERS, torch_default_bias_
from layerwise.models._layer import n_columns
from layerwise.normalizers import new_normalizer

if TYPE_CHECKING:
    from layerwise.models._architecture import Architecture
    from layerwise.models._layer import Inputs, Layer
    from layerwise.models._recipe import Recipe


def build(
    recipe: Recipe,
    n_inputs: Inputs,
    n_outputs: int,
    generator: torch.Generator,
    dtype: torch.dtype | None = None,
) -> nn.Sequential:
    """Return the network of `recipe`, weights drawn from `generator` and nothing else.

    Children are named `linear1`, `normalizer1`, `activation1`, `dropout1`, ..., `output`; where `kind` is "conv",
    `unflatten`, `conv1`, `activation1`, `pool1`, ..., `flatten`, `linear3`, ... Two recipes that differ only in the
    scale of their weights draw the same numbers from generators of the same seed.

    Args:
        recipe: what to build; only its architecture is read.
        n_inputs: columns of the input, shape [batch, n_inputs]; for images, which are flattened there too, their
            channels, rows and columns. `Data.inputs` has either.
        n_outputs: columns of the output, shape [batch, n_outputs].
        generator: of all that is drawn; the global generator is not touched.
        dtype: of the parameters; torch's default if None.

    Raises:
        InvalidInput: a size is none, or the recipe's convolutions get no images, or too small ones.

    Example:
        >>> from layerwise.models import Recipe
        >>> net = build(Recipe().replace(depth=2, width=3), 4, 2, torch.Generator().manual_seed(0))
        >>> net(torch.zeros(5, 4)).shape
        torch.Size([5, 2])
        >>> net = build(Recipe().replace(kind="conv"), (1, 8, 8), 10, torch.Generator().manual_seed(0))
        >>> net(torch.zeros(5, 64)).shape
        torch.Size([5, 10])
    """
    positive_int("n_inputs", n_columns(n_inputs))
    shape = recipe.architecture
    layers = shape.layers(n_inputs, positive_int("n_outputs", n_outputs))
    children: OrderedDict[str, nn.Module] = OrderedDict()
    folded = layers[0].grid is not None
    if folded and isinstance(n_inputs, tuple):
        children["unflatten"] = nn.Unflatten(1, n_inputs)
    for k, layer in enumerate(layers, start=1):
        if folded and layer.grid is None:
            children["flatten"], folded = nn.Flatten(), False
        if k < len(layers):
            children |= {f"{role}{k}": module for role, module in _hidden(shape, layer, generator, dtype)}
    children["output"] = _affine(shape, layers[-1], generator, dtype)
    return nn.Sequential(children)


def _hidden(
    shape: Architecture, layer: Layer, generator: torch.Generator, dtype: torch.dtype | None
) -> list[tuple[str, nn.Module]]:
    rows = [
        ("conv" if layer.grid else "linear", _affine(shape, layer, generator, dtype)),
        ("activation", _activation(shape, layer)),
    ]
    if shape.normalizer != "none":
        before = shape.normalizer_place == "before_activation"
        n = layer.preactivations if before else layer.units
        signal = torch.empty(1, n, *((1, 1) if layer.grid else ()))
        rows.insert(1 if before else 2, ("normalizer", new_normalizer(shape.normalizer, signal)))
    if layer.pool > 1:
        rows.append(("pool", nn.MaxPool2d(layer.pool)))
    if shape.dropout:
        kind = nn.AlphaDropout if shape.activation == "selu" else nn.Dropout
        rows.append(("dropout", kind(shape.dropout)))
    return [(role, module.to(dtype=dtype)) for role, module in rows]


def _activation(shape: Architecture, layer: Layer) -> nn.Module:
    activation = ACTIVATIONS[shape.activation]
    options = {"pieces": shape.pieces} if shape.activation == "maxout" else {}
    if layer.grid and activation.pieces_default != 1:
        options["axis"] = -3
    return activation.module(**options)


def _affine(
    shape: Architecture, layer: Layer, generator: torch.Generator, dtype: torch.dtype | None
) -> nn.Linear | nn.Conv2d:
    module: nn.Linear | nn.Conv2d
    sizes, options = (layer.reads, layer.preactivations), {"bias": shape.bias != "none", "dtype": dtype}
    if layer.grid:
        module = skip_init(nn.Conv2d, *sizes, layer.kernel, padding=layer.kernel // 2, **options)
    else:
        module = skip_init(nn.Linear, *sizes, **options)
    initializer = INITIALIZERS[shape.initializer]
    settings = {} if shape.scale is None else {initializer.options[0]: shape.scale}
    initializer.fill(module.weight, generator=generator, **settings)
    if module.bias is not None:
        _fill_bias_(module.bias, shape, layer.fan_in, generator)
    return module


def _fill_bias_(bias: torch.Tensor, shape: Architecture, fan_in: int, generator: torch.Generator) -> None:
    if shape.bias == "torch_default":
        torch_default_bias_(bias, fan_in, generator=generator)
    elif shape.bias_std:
        nn.init.normal_(bias, float(shape.bias), shape.bias_std, generator=generator)
    else:
        nn.init.constant_(bias, float(shape.bias))
