"""The coder of one layer of a module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from layerwise.initializers import torch_default_
from layerwise.pretraining._autocast import autocast
from layerwise.pretraining._coder import Code, Coder
from layerwise.pretraining._layers import Layer, Mode, Plan
from layerwise.pretraining._linear_map import LinearMap
from layerwise.tracing import own_tensors, replay

_MODES: dict[bool, Mode] = {True: "pre-training", False: "evaluation"}


class ModuleCoder(Coder):
    """The coder of one layer of a traced module, which it trains in place. A module is one member, without an axis."""

    row_axis = 0

    def __init__(
        self, model: nn.Module, layer: Layer, plan: Plan, x: Tensor, *, tied: bool, generator: torch.Generator
    ) -> None:
        self._own = own_tensors(model)
        self.layer = layer
        self.operation = LinearMap(layer)
        calls = {mode: plan.calls(layer.entry, layer.code, mode) for mode in _MODES.values()}
        self._calls = {training: calls[mode] for training, mode in _MODES.items()}
        weight = self._own[self.operation.weight]
        self.input_shape = tuple(x.shape[1:])
        self.code_shape = plan.used.calls[layer.code].shape[1:]
        self.bias = torch.zeros(self.input_shape[:1], dtype=weight.dtype, device=weight.device).requires_grad_()
        if self.operation.is_dense:
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
