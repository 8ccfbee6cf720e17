"""What a layer multiplies by, forth and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from torch.nn import functional

from layerwise._base import InvalidInput
from layerwise.pretraining._layers import Layer

if TYPE_CHECKING:
    from torch import Tensor

_DENSE = frozenset({"linear", "addmm", "matmul", "mm"})
_BACK: dict[str, Any] = {f"conv{n}d": getattr(functional, f"conv_transpose{n}d") for n in (1, 2, 3)}
_CONV = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")


class LinearMap:
    """The linear map of a layer, and its transpose."""

    def __init__(self, layer: Layer) -> None:
        call, weight = layer.link.weights, layer.link.weights.weight
        if weight is None:
            raise InvalidInput("A layer that is pre-trained must have a weight", got=layer.name)
        self.name, self.weight = call.operation, weight.name
        self._out_axis = weight.out_axis
        args = dict(zip(_CONV, call.arguments or (), strict=False)) | dict(call.keywords)
        self._geometry = {key: args[key] for key in ("stride", "padding", "dilation", "groups") if key in args}
        if isinstance(self._geometry.get("padding"), str):
            raise InvalidInput(
                "A convolution that is pre-trained must have its padding in numbers",
                got=self._geometry["padding"],
                cure=f"In {layer.name!r}, write the number of rows, or leave the layer out.",
            )

    @property
    def is_dense(self) -> bool:
        """Whether it is a matrix, and no convolution."""
        return self.name in _DENSE

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return the map of `x` by `weight`, without a bias."""
        if self.is_dense:
            return x @ (weight.mT if self._out_axis == 0 else weight)
        result: Tensor = getattr(functional, self.name)(x, weight, **self._geometry)
        return result

    def back(self, y: Tensor, weight: Tensor, bias: Tensor, shape: Sequence[int]) -> Tensor:
        """Return the transposed map of `y`, of the given shape, plus `bias`."""
        if self.is_dense:
            return y @ (weight if self._out_axis == 0 else weight.mT) + bias
        missing = self._missing(y.shape[2:], weight.shape[2:], shape[1:])
        result: Tensor = _BACK[self.name](y, weight, bias, **self._geometry, output_padding=missing)
        return result

    def _missing(self, made: Sequence[int], kernel: Sequence[int], wanted: Sequence[int]) -> list[int]:
        """Return the rows that a stride leaves out at the far end: the transpose must add them."""
        axes = range(len(made))
        stride, padding, dilation = (_each(self._geometry.get(key, 0 if key == "padding" else 1), axes) for key in
                                     ("stride", "padding", "dilation"))  # fmt: skip
        reached = [(made[i] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (kernel[i] - 1) + 1 for i in axes]
        return [wanted[i] - reached[i] for i in axes]


def _each(value: Any, axes: range) -> list[int]:
    return [int(value)] * len(axes) if isinstance(value, int) else [int(value[i]) for i in axes]
