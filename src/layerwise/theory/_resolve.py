"""From what somebody names or gives to a `Function`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor

from layerwise._base import InvalidInput
from layerwise._base._errors import Text
from layerwise.activations import ACTIVATIONS, Activation
from layerwise.theory._function import Array, Curve, Function
from layerwise.theory._gaussian import fitting_panel
from layerwise.theory._kinks import find_kinks

ActivationLike: TypeAlias = str | Activation | Callable[[Tensor], Tensor]
"""A name in `ACTIVATIONS`, an entry of it, or any elementwise function of a tensor."""

_SEARCHED = 32.0


def resolve(activation: ActivationLike) -> Function:
    """Return the `Function` of a name, an `Activation` or a function of a tensor.

    Raises:
        UnknownName: If there is no activation of that name.
        InvalidInput: If it does not act on each number alone, jumps, is not finite, or is too rough for quadrature.
    """
    if isinstance(activation, str):
        return _named(ACTIVATIONS[activation])
    if isinstance(activation, Activation):
        return _named(activation)
    if callable(activation):
        return _given(activation)
    raise InvalidInput("`activation` must be a name, an Activation or a function of a tensor", got=activation)


@functools.lru_cache(maxsize=64)
def _named(entry: Activation) -> Function:
    if entry.pieces_default > 1:
        raise InvalidInput(
            "`activation` must act on each pre-activation alone", got=entry.name, cure="Theory has no maxout."
        )
    slope = entry.slope
    return Function(
        name=entry.name,
        value=_on_arrays(entry.function),
        slope=_derivative(entry.function) if slope is None else _on_arrays(slope),
        kinks=entry.kinks,
    )


def _given(function: Callable[[Tensor], Tensor]) -> Function:
    name = getattr(function, "__name__", type(function).__name__)
    value, slope = _on_arrays(function), _derivative(function)
    _check(name, value)
    kinks = find_kinks(name, value, slope, _derivative(function, order=2))
    return fitting_panel(Function(name=name, value=value, slope=slope, kinks=kinks))


def _check(name: str, value: Curve) -> None:
    u = np.linspace(-_SEARCHED, _SEARCHED, 1025)
    try:
        seen = value(u)
    except (RuntimeError, TypeError, AttributeError, ValueError, IndexError) as error:
        raise InvalidInput(
            "`activation` must be a function of a float64 tensor", got=Text(f"{name}, which says: {error}")
        ) from error
    if seen.shape != u.shape:
        raise InvalidInput("`activation` must keep the shape of its tensor", got=Text(f"{name}: {seen.shape}"))
    if not np.isfinite(seen).all():
        raise InvalidInput(f"`activation` must be finite from {-_SEARCHED:g} to {_SEARCHED:g}", got=Text(name))


def _on_arrays(function: Callable[[Tensor], Any]) -> Curve:
    def evaluate(u: Array) -> Array:
        with torch.no_grad():
            result: Array = function(torch.from_numpy(u)).double().numpy()
        return result

    return evaluate


def _derivative(function: Callable[[Tensor], Tensor], order: int = 1) -> Curve:
    def evaluate(u: Array) -> Array:
        with torch.inference_mode(mode=False), torch.enable_grad():
            place = torch.from_numpy(u.copy()).requires_grad_()
            result = function(place)
            for _ in range(order):
                if not result.requires_grad:  # straight pieces: nothing left to differentiate
                    return np.zeros_like(u)
                (slope,) = torch.autograd.grad(result.sum(), place, create_graph=True, allow_unused=True)
                result = torch.zeros_like(place) if slope is None else slope
        values: Array = result.detach().double().numpy()
        return values

    return evaluate
