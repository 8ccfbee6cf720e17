"""Coders with an output layer for labels, which is thrown away afterwards, in the place of a decoder."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from layerwise.initializers import glorot_uniform_
from layerwise.pretraining._autocast import autocast
from layerwise.pretraining._dense import DenseCoder
from layerwise.pretraining._module_coder import ModuleCoder

if TYPE_CHECKING:
    from torch import nn

    from layerwise.population import LayerPlan, Stack
    from layerwise.pretraining._layers import Layer, Plan


class ModuleHead(ModuleCoder):
    """The encoder of one layer of a traced module, and an output layer on its code, drawn from `generator`."""

    def __init__(
        self, model: nn.Module, layer: Layer, plan: Plan, x: Tensor, *, n_outputs: int, generator: torch.Generator
    ) -> None:
        super().__init__(model, layer, plan, x, tied=True, generator=generator)
        self._head = _drawn(x, n_outputs, math.prod(self.code_shape), generator).requires_grad_()
        self.decoder_weight, self.bias = self._head, x.new_zeros(n_outputs, requires_grad=True)

    def decode(self, code: Tensor) -> Tensor:
        with autocast(self._products, code):
            outputs = functional.linear(self.flat(code), self._head, self.bias)
        return outputs.to(code.dtype)


class DenseHead(DenseCoder):
    """The encoder of one hidden layer of a stack, and an output layer of each member's own on its code."""

    def __init__(
        self, stack: Stack, layer: LayerPlan, *, n_outputs: int, generators: Sequence[torch.Generator]
    ) -> None:
        super().__init__(stack, layer, tied=True, generators=generators)
        heads = [_drawn(self.weight, n_outputs, self.n_units, one) for one in generators]
        self._head = torch.stack(heads).requires_grad_()
        self.decoder_weight, self.bias = self._head, self._head.new_zeros(self._head.shape[:2], requires_grad=True)

    def decode(self, code: Tensor) -> Tensor:
        return torch.baddbmm(self.bias.unsqueeze(1), code, self._head.mT)


def _drawn(like: Tensor, n_outputs: int, n_units: int, generator: torch.Generator) -> Tensor:
    return glorot_uniform_(like.new_empty(n_outputs, n_units), generator=generator).detach()
