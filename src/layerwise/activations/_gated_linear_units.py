"""Gated linear units: each unit is one pre-activation times a gate of another."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  the name torch's own texts use

from layerwise._base import InvalidInput
from layerwise.activations._activation import Activation
from layerwise.activations.quadrature import Function, gated_moments

_SHAZEER = "Shazeer 2020, GLU variants improve transformer"
_NOTE = (
    "The second half of the pre-activations feeds the gates, as in torch.nn.functional.glu; twice the weights of a "
    "plain layer. Its gain is that of its gate."
)


class _Gated(nn.Module):
    gate: ClassVar[Callable[[Tensor], Tensor]]

    def forward(self, z: Tensor) -> Tensor:
        """Return the first half times the gates, `[..., units]`."""
        return _gated(z, type(self).gate)


class GEGLU(_Gated):
    """Map `[..., 2 units]` to `[..., units]` by `a[u] = z[u] gelu(z[units + u])`.

    Raises:
        InvalidInput: If the last axis is not even.

    Example:
        >>> GEGLU()(torch.tensor([2.0, 1.0]))
        tensor([1.6827])

    References:
        Shazeer 2020, GLU variants improve transformer.
    """

    gate = F.gelu


class SwiGLU(_Gated):
    """Map `[..., 2 units]` to `[..., units]` by `a[u] = z[u] silu(z[units + u])`.

    Raises:
        InvalidInput: If the last axis is not even.

    Example:
        >>> SwiGLU()(torch.tensor([2.0, 1.0]))
        tensor([1.4621])

    References:
        Shazeer 2020, GLU variants improve transformer.
    """

    gate = F.silu


def _gated(z: Tensor, gate: Callable[[Tensor], Tensor]) -> Tensor:
    if z.ndim == 0 or z.shape[-1] % 2:
        cure = "Give the layer before 2 * units outputs."
        raise InvalidInput("The last axis must be even", got=tuple(z.shape), cure=cure)
    value, into_gate = z.chunk(2, -1)
    return value * gate(into_gate)


def _entry(
    name: str, formula: str, gate: Callable[[Tensor], Tensor], module: type[nn.Module], source: str
) -> Activation:
    return Activation(
        name=name,
        formula=formula,
        function=F.glu if module is nn.GLU else partial(_gated, gate=gate),
        pull_back=None,
        module=module,
        range=(-math.inf, math.inf),
        max_slope=math.inf,
        zero_centered=True,
        pieces_default=2,
        moments_of_pieces=partial(gated_moments, Function(name, gate)),
        citation=source,
        note=_NOTE,
    )


GLU = _entry(
    "glu",
    "z1 / (1 + exp(-z2))",
    torch.sigmoid,
    nn.GLU,
    "Dauphin, Fan, Auli, Grangier 2017, Language modeling with gated convolutional networks",
)
GEGLU_ENTRY = _entry("geglu", "z1 * z2 * Phi(z2)", F.gelu, GEGLU, _SHAZEER)
SWIGLU_ENTRY = _entry("swiglu", "z1 * z2 / (1 + exp(-z2))", F.silu, SwiGLU, _SHAZEER)
