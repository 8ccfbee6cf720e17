"""From what somebody names or gives to a `Function`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TypeAlias

from torch import Tensor

from layerwise._base import InvalidInput, Text
from layerwise.activations import ACTIVATIONS, Activation
from layerwise.activations.quadrature import Function, given
from layerwise.theory._kinks import find_kinks

ActivationLike: TypeAlias = str | Activation | Callable[[Tensor], Tensor]
"""A name in `ACTIVATIONS`, an entry of it, or any elementwise function of a tensor."""

_NARROWEST = 1 / 64  # of panels that means over two inputs can do with


def resolve(activation: ActivationLike) -> Function:
    """Return the `Function` of a name, an `Activation` or a function of a tensor.

    Raises:
        UnknownName: If there is no activation of that name.
        InvalidInput: If it does not act on each number alone, jumps, is not finite, or is too rough for quadrature.
    """
    if isinstance(activation, str):
        activation = ACTIVATIONS[activation]
    return _known(activation) if isinstance(activation, Activation) else _given(activation)


def _known(entry: Activation) -> Function:
    if entry.pieces_default != 1:
        raise InvalidInput(
            "`activation` must act on each pre-activation alone", got=entry.name, cure=f"Theory has no {entry.name}."
        )
    return entry.on_arrays


def _given(activation: Callable[[Tensor], Tensor]) -> Function:
    function = given(activation)
    function = dataclasses.replace(function, kinks=find_kinks(function))
    if function.panel < _NARROWEST:
        raise InvalidInput("`activation` must be smooth between its kinks", got=Text(function.name))
    return function
