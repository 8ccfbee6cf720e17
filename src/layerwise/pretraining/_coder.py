"""Encoder and decoder of one layer: what an objective trains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from layerwise._base import InvalidInput
from layerwise.initializers import torch_default_
from layerwise.pretraining._autocast import autocast
from layerwise.pretraining._layers import Layer, Mode, Plan
from layerwise.pretraining._processes import ALONE, Processes
from layerwise.tracing import own_tensors, replay


class Code(NamedTuple):
    """What the encoder makes of its input: the activation, and the pre-activation it comes from."""

    activation: Tensor
    preactivation: Tensor


class Coder(ABC):
    """The encoder of a layer, and a decoder that gives its input back; or, in a head, an output layer for labels.

    With members, every tensor has a leading seed axis; `flat` leaves it and the rows.

    Where several processes train together, each is handed the whole batch, so that all draw the same noise for it, and
    encodes the rows that are its own: `mine` gives what a code is to be compared with.

    Attributes:
        together: The processes that share every batch.
        row_axis: The axis of codes that counts rows: 0, or 1 with members.
        bias: The decoder's bias.
        decoder_weight: The decoder's own weight, in the encoder's layout; None where it is the encoder's (tied).
    """

    together: Processes = ALONE
    row_axis: int
    bias: Tensor
    decoder_weight: Tensor | None
    _products: str | None = None

    @abstractmethod
    def encode(self, x: Tensor, *, training: bool = True) -> Code:
        """Return the code of `x`, of the rows that are `mine`."""

    def mine(self, rows: Tensor) -> Tensor:
        """Return this process's rows of a batch: all of them, where it trains alone."""
        return self.together.mine(rows, self.row_axis)

    def batch_mean(self, own: Tensor, n_rows: int) -> Tensor:
        """Return the mean over a batch of `n_rows`, of which `own` [..., row, unit] are `mine`: [..., unit].

        Its gradient is that of the mean over `own`; the mean of the processes' gradients is then the batch's.
        """
        mean = own.mean(-2)
        if self.together.n == 1:
            return mean
        whole = self.together.weight(n_rows) * mean.detach()
        self.together.sum_(whole)
        return whole + (mean - mean.detach())

    @contextmanager
    def products_in(self, kind: str | None) -> Iterator[None]:
        """Make matrix products and convolutions in `kind` for the time; what comes of them is float32 again."""
        self._products = kind
        try:
            yield
        finally:
            self._products = None

    @abstractmethod
    def decode(self, code: Tensor) -> Tensor:
        """Return what the decoder makes of a code, before any squashing."""

    @abstractmethod
    def squared_norms(self, x: Tensor) -> Tensor:
        """Return, for each pre-activation of `x`, the squared norm of its gradient by the input."""

    @abstractmethod
    def flat(self, value: Tensor) -> Tensor:
        """Return `value` with all axes after that of the rows as one."""

    @abstractmethod
    def take(self, codes: Tensor, rows: Tensor) -> Tensor:
        """Return some rows of `codes`: `rows` [member, row] are each member's own."""

    @abstractmethod
    def each(self, values: Tensor, like: Tensor) -> Tensor:
        """Return `values` [member] in a shape that broadcasts over `like`, one of the parameters."""

    @abstractmethod
    def encoder_parameters(self) -> dict[str, Tensor]:
        """Return the network's own parameters that the encoder reads and that may change."""

    def decoder_parameters(self) -> list[Tensor]:
        """Return what the decoder does not share with the encoder."""
        return [self.bias] if self.decoder_weight is None else [self.bias, self.decoder_weight]

    def parameters(self) -> list[Tensor]:
        """Return all that is trained."""
        return [*self.encoder_parameters().values(), *self.decoder_parameters()]


class ModuleCoder(Coder):
    """The coder of one layer of a traced module, which it trains in place. A module is one member, without an axis."""

    row_axis = 0

    def __init__(
        self, model: nn.Module, layer: Layer, plan: Plan, x: Tensor, *, tied: bool, generator: torch.Generator
    ) -> None:
        self._own = own_tensors(model)
        self.layer = layer
        self.operation = Linear(layer)
        calls = {mode: plan.calls(layer.entry, layer.code, mode) for mode in _MODES.values()}
        self._calls = {training: calls[mode] for training, mode in _MODES.items()}
        weight = self._own[self.operation.weight]
        self.input_shape = tuple(x.shape[1:])
        self.code_shape = plan.used.calls[layer.code].shape[1:]
        self.bias = torch.zeros(self.input_shape[:1], dtype=weight.dtype, device=weight.device).requires_grad_()
        if self.operation.name in _DENSE:
            self.bias = torch.zeros_like(x[0], requires_grad=True)
        self.decoder_weight = None if tied else torch_default_(torch.empty_like(weight), generator=generator)
        if self.decoder_weight is not None:
            self.decoder_weight.requires_grad_()

    @property
    def weight(self) -> Tensor:
        """The weight that the decoder uses."""
        return self._own[self.operation.weight] if self.decoder_weight is None else self.decoder_weight

    @property
    def encoder_weight(self) -> Tensor:
        """The weight of the layer."""
        return self._own[self.operation.weight]

    @property
    def encoder_bias(self) -> Tensor | None:
        """The bias of the layer, if it has one."""
        weight = self.layer.link.weights.weight
        return self._own[weight.bias] if weight is not None and weight.bias else None

    def encode(self, x: Tensor, *, training: bool = True) -> Code:
        calls, x = self._calls[training], self.mine(x)
        n_linear = 1 + len(self.layer.link.before)
        with autocast(self._products, x):
            z = replay(calls[:n_linear], self.layer.entry, x, self._own)
        z = z.to(x.dtype)
        rest = calls[n_linear:]
        return Code(replay(rest, calls[n_linear - 1].index, z, self._own) if rest else z, z)

    def decode(self, code: Tensor) -> Tensor:
        with autocast(self._products, code):
            decoded = self.operation.back(code, self.weight, self.bias, self.input_shape)
        return decoded.to(code.dtype)

    def squared_norms(self, x: Tensor) -> Tensor:
        return self.operation.forward(torch.ones_like(self.mine(x)), self._own[self.operation.weight].square())

    def flat(self, value: Tensor) -> Tensor:
        return value.flatten(1)

    def take(self, codes: Tensor, rows: Tensor) -> Tensor:
        return codes.index_select(0, rows[0])

    def each(self, values: Tensor, like: Tensor) -> Tensor:
        return values[0]

    def encoder_parameters(self) -> dict[str, Tensor]:
        names = [held.name for call in self._calls[True] for held in call.held]
        return {name: self._own[name] for name in dict.fromkeys(names) if self._own[name].requires_grad}


_MODES: dict[bool, Mode] = {True: "pre-training", False: "evaluation"}
_DENSE = frozenset({"linear", "addmm", "matmul", "mm"})
_BACK: dict[str, Any] = {f"conv{n}d": getattr(functional, f"conv_transpose{n}d") for n in (1, 2, 3)}
_FORTH: dict[str, Any] = {f"conv_transpose{n}d": getattr(functional, f"conv{n}d") for n in (1, 2, 3)}


class Linear:
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

    def forward(self, x: Tensor, weight: Tensor) -> Tensor:
        """Return the map of `x` by `weight`, without a bias."""
        if self.name in _DENSE:
            return x @ (weight.mT if self._out_axis == 0 else weight)
        result: Tensor = getattr(functional, self.name)(x, weight, **self._geometry)
        return result

    def back(self, y: Tensor, weight: Tensor, bias: Tensor, shape: Sequence[int]) -> Tensor:
        """Return the transposed map of `y`, of the given shape, plus `bias`."""
        if self.name in _DENSE:
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


_CONV = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")


def _each(value: Any, axes: range) -> list[int]:
    return [int(value)] * len(axes) if isinstance(value, int) else [int(value[i]) for i in axes]
