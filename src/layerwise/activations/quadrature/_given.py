"""Functions that somebody gives."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, Text
from layerwise.activations.quadrature._function import Elementwise, Function
from layerwise.activations.quadrature._line import line, scale

_ERRORS = (RuntimeError, TypeError, AttributeError, ValueError, IndexError)


def given(function: object, q: float = 1.0) -> Function:
    """Return the `Function` of a function of a tensor, or of a module as it is in eval mode.

    Raises:
        InvalidInput: If it does not map each entry by itself, autograd can't differentiate it, or it is not finite
            wherever a Gaussian of variance `q` may lie.
    """
    if isinstance(function, nn.Module):
        function = copy.deepcopy(function).to("cpu", torch.float64).eval()
    if not callable(function):
        raise InvalidInput("`activation` must be a name or a function of a tensor", got=function)
    result = Function(getattr(function, "__name__", type(function).__name__), function)
    with torch.inference_mode(mode=False), torch.enable_grad():
        _require_elementwise(result.name, function)
    _require_finite(result, q)
    return result


def _require_elementwise(name: str, function: Elementwise) -> None:
    z = torch.linspace(-3, 3, 12, dtype=torch.float64, device="cpu").requires_grad_()
    try:
        whole, every_second = function(z), function(z[::2].clone())
    except _ERRORS as error:
        got = Text(f"{name}, which says: {error}")
        raise InvalidInput("`activation` must be a function of a float64 tensor", got=got) from error
    _require_like(whole, z)
    if not torch.allclose(whole[::2], every_second, rtol=1e-9, atol=1e-12, equal_nan=True):
        raise InvalidInput(
            "The activation must map each entry by itself",
            cure="Random functions, and those that look at a whole row (softmax, maxout), have no moments of one unit.",
        )


def _require_like(f: object, z: Tensor) -> None:
    cure = "Write it with torch's own operations."
    if not isinstance(f, Tensor):
        raise InvalidInput("The activation must return a tensor", got=Text(type(f).__name__), cure=cure)
    if f.shape != z.shape or f.dtype != z.dtype:
        got = Text(f"{f.dtype} of shape {tuple(f.shape)} for {z.dtype} of shape {tuple(z.shape)}")
        raise InvalidInput("The activation must keep shape and dtype", got=got)
    if not f.requires_grad:
        raise InvalidInput("The activation must be differentiable by autograd", cure=cure)


def _require_finite(function: Function, q: float) -> None:
    at = line(function, q)
    bad = ~(np.isfinite(at.value) & np.isfinite(at.slope))
    if bad.any():
        z = np.abs(at.z[bad]).min() * scale(q)
        raise InvalidInput(
            "The activation must be finite, with a finite slope, wherever a Gaussian pre-activation may lie",
            got=Text(f"a value or a slope that is not at |z| = {z:.4g}"),
        )
