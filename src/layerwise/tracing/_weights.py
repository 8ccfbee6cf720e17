"""The weight among the arguments of an operation, and its fans."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from layerwise.tracing._call import Weight
from layerwise.tracing._kinds import PRODUCTS, tensors_in
from layerwise.tracing._origins import Origin, Origins


class _Use(NamedTuple):
    """A tensor used as a weight: its axes of outputs and inputs, bias, groups, and the result's axis of outputs."""

    weight: Tensor
    out_axis: int
    in_axis: int
    bias: Any = None
    n_groups: int = 1
    result_axis: int = -1


_PLACES = {"linear": (1, 0, -1, 2, 0), "bilinear": (2, 0, 1, 3, 0)}
_PLACES |= {f"conv{n}d": (1, 0, 1, 2, 6) for n in (1, 2, 3)}
_PLACES |= {f"conv_transpose{n}d": (1, 1, 0, 2, 6) for n in (1, 2, 3)}
"""Where among the arguments the weight is, its axes of outputs and inputs; where the bias and the groups are."""

_ANY_LAYOUT = frozenset({"einsum", "tensordot", "baddbmm"})


def weight_of(name: str, args: Sequence[Any], keywords: Mapping[str, Any], origins: Origins) -> Weight | None:
    """Return the weight that the operation `name` applies, or None if it applies none."""
    use = _find(name, args, keywords, origins)
    if use is None or not isinstance(use.weight, Tensor):
        return None
    origin = origins.of(use.weight)
    if origin.call is not None or not origin.parameters:
        return None  # a product of two signals, as in attention
    fan_in, fan_out = _fans(name, use, keywords, args)
    bias = origins.of(use.bias).parameter if isinstance(use.bias, Tensor) else ""
    out_axis = use.out_axis if not origin.is_transposed else use.in_axis
    out_axis %= use.weight.ndim
    names = (origin.parameter, origin.parameters, bias)
    return Weight(*names, fan_in, fan_out, out_axis, use.n_groups, use.result_axis)


def _find(name: str, args: Sequence[Any], keywords: Mapping[str, Any], origins: Origins) -> _Use | None:
    def get(place: int, key: str) -> Any:
        return args[place] if len(args) > place else keywords.get(key)

    if name in _PLACES:
        weight, out_axis, in_axis, bias, groups = _PLACES[name]
        n_groups = int(get(groups, "groups") or 1) if groups else 1
        tensor = get(weight, "weight")
        result_axis = 1 - tensor.ndim if name.startswith("conv") else -1  # before the kernel's axes
        return _Use(tensor, out_axis, in_axis, get(bias, "bias"), n_groups, result_axis)
    if name in {"addmm", "addmv"}:  # bias + x W, or bias + W x
        return _product(get(1, "mat1"), get(2, "mat2"), origins, get(0, "input"))
    if name in _ANY_LAYOUT:
        factors = [one for one in tensors_in((args, keywords)) if _is_weight(origins.of(one))]
        return _Use(factors[0], 0, 0) if factors else None
    return _product(get(0, "input"), get(1, "other"), origins) if name in PRODUCTS else None


def _product(left: Any, right: Any, origins: Origins, bias: Any = None) -> _Use | None:
    """Return the factor that is a weight: x W has inputs first, W x has outputs first."""
    if isinstance(right, Tensor) and _is_weight(origins.of(right)) and right.ndim == 2:
        return _Use(right, 1, 0, bias)
    if isinstance(left, Tensor) and _is_weight(origins.of(left)) and left.ndim == 2:
        return _Use(left, 0, 1, bias, result_axis=-min(right.ndim, 2))
    return None


def _is_weight(origin: Origin) -> bool:
    return origin.call is None and bool(origin.parameters)


def _fans(name: str, use: _Use, keywords: Mapping[str, Any], args: Sequence[Any]) -> tuple[int, int]:
    shape = use.weight.shape
    if name in _ANY_LAYOUT:
        return 0, 0
    if name == "bilinear":
        return shape[1] * shape[2], shape[0]
    if name.startswith("conv_transpose"):  # each output place sums the kernel's places that fall on it: kernel / stride
        stride = args[3] if len(args) > 3 else keywords.get("stride", 1)
        steps = math.prod(stride) if isinstance(stride, tuple | list) else int(stride) ** (len(shape) - 2)
        kernel = math.prod(shape[2:])
        return max(1, shape[0] // use.n_groups * kernel // steps), shape[1] * kernel
    kernel = math.prod(shape[2:]) if name.startswith("conv") else 1
    return shape[use.in_axis] * kernel, shape[use.out_axis] // use.n_groups * kernel
