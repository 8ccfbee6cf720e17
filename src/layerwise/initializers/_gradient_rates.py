"""Layers that learn at one relative rate, without a change to what the network computes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from layerwise.initializers._measuring import measuring
from layerwise.initializers._uses import Layer, precise
from layerwise.tracing import Call, Trace, feed, tensors_in, trace

_HOMOGENEOUS = frozenset({"relu", "leaky_relu", "prelu"})


def equalize(
    model: nn.Module, inputs: list[Any], layers: Mapping[str, Layer], generator: torch.Generator
) -> dict[str, float]:
    """Give all layers of a chain one relative gradient, and return what each layer's output was multiplied by.

    The rate is C_k = sqrt(E ||dl/dW_k||^2) / ||W_k||, with l a random linear function of the model's output, drawn for
    each example: one backward pass of their sum. Where only positively homogeneous functions stand between two layers,
    z_k can be multiplied by R_k and that be undone above: W_k by s_k = R_k / R_{k-1}, b_k by R_k. The network stays the
    same function and C_k becomes C_k / s_k^2, so s_k = sqrt(C_k / C) with C the geometric mean makes all rates equal at
    once, with nothing to be iterated or damped.

    Layers that are in no such chain are not among those returned.
    """
    chains = [chain for chain in _chains(model, inputs[0], layers) if len(chain) > 1]
    rates = _rates(model, inputs, layers, generator)
    risen: dict[str, float] = {}
    for chain in chains:
        if all(math.isfinite(rates[name]) and rates[name] > 0 for name in chain):
            risen |= _equalized(chain, rates, layers)
    return risen


@torch.no_grad()
def _equalized(chain: list[str], rates: Mapping[str, float], layers: Mapping[str, Layer]) -> dict[str, float]:
    mean = sum(math.log(rates[name]) for name in chain) / len(chain)
    total, risen = 0.0, {}
    for name in chain:
        step = (math.log(rates[name]) - mean) / 2
        total = 0.0 if name == chain[-1] else total + step
        risen[name] = math.exp(total)
        layers[name].weight.mul_(math.exp(step))
        bias = layers[name].bias
        if bias is not None:
            bias.mul_(risen[name])
    return risen


def _rates(
    model: nn.Module, inputs: list[Any], layers: Mapping[str, Layer], generator: torch.Generator
) -> dict[str, float]:
    """Return sqrt(sum over examples of ||dl/dW||^2) / ||W|| for each layer, 0 where no gradient reaches it."""
    weights = [layer.weight for layer in layers.values()]
    squares = torch.zeros(len(weights), dtype=torch.float64)
    with measuring(model), torch.enable_grad():
        for batch in inputs:
            results = [one for one in tensors_in(feed(model, batch)) if one.requires_grad]
            if results:
                draws = [_draw(one, generator) for one in results]
                found = torch.autograd.grad(results, weights, draws, allow_unused=True)
                squares += torch.stack([_square(gradient) for gradient in found])
    norms = torch.stack([_square(weight) for weight in weights])
    return dict(zip(layers, (squares / norms).sqrt().tolist(), strict=True))


def _draw(like: Tensor, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator).to(like)


def _square(value: Tensor | None) -> Tensor:
    if value is None:
        return torch.zeros((), dtype=torch.float64)
    norm: Tensor = torch.linalg.vector_norm(precise(value.detach(), value)).cpu().double()
    return norm.square()


def _chains(model: nn.Module, batch: Any, layers: Mapping[str, Layer]) -> list[list[str]]:
    """Return the layers in the order of execution, cut wherever a scale would not come through unchanged."""
    with measuring(model):
        traced = trace(model, batch)
    runs = Counter(call.weight.name for call in traced.weights if call.weight is not None)
    after: dict[str, str] = {}
    for call in traced.weights:
        following = _next(traced, call, model)
        names = [one.weight.name for one in (call, following) if one is not None and one.weight is not None]
        if len(names) == 2 and all(name in layers and runs[name] == 1 for name in names):
            after[names[0]] = names[1]
    return [_followed(name, after) for name in layers if name not in after.values()]


def _followed(name: str, after: Mapping[str, str]) -> list[str]:
    chain = [name]
    while chain[-1] in after:
        chain.append(after[chain[-1]])
    return chain


def _next(traced: Trace, call: Call, model: nn.Module) -> Call | None:
    """Return the layer of weights that the result of `call` goes into, only made longer or shorter on its way."""
    between: list[Call] = []
    for one in traced.path(call.index):
        if one.kind == "weights":
            return one if _is_homogeneous(traced, call, between, model) else None
        between.append(one)
    return None


def _is_homogeneous(traced: Trace, start: Call, between: list[Call], model: nn.Module) -> bool:
    """Whether f(r z) = r f(z) for r > 0: known by name, or tried out, which costs as much as the layer's activation."""
    if all(_known(call) for call in between):
        return True
    function = traced.function_between(start.index, between[-1].index, model)
    if function is None:
        return False
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(start.shape, generator=generator) * torch.randn(start.shape, generator=generator).exp()
    return all(torch.allclose(function(2 * x), 2 * function(x), rtol=1e-5, atol=0) for x in (z, -z))


def _known(call: Call) -> bool:
    return call.operation in _HOMOGENEOUS or (call.kind in {"pool", "dropout", "shape"} and call.operation != "pad")
