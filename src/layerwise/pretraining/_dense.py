"""The coder of one layer of many networks at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from layerwise.initializers import torch_default_
from layerwise.population import LayerPlan, Stack, Stage
from layerwise.pretraining._coder import Code, Coder


class Chain(NamedTuple):
    """A tied autoencoder without anything between its linear map and its activation.

    Attributes:
        weight: [seed, out, in], of the encoder, and transposed of the decoder.
        bias: [seed, out], or None.
        decoder_bias: [seed, in].
        activation, pull_back: as in `layerwise.activations.Activation`.
    """

    weight: Tensor
    bias: Tensor | None
    decoder_bias: Tensor
    activation: Callable[[Tensor], Tensor]
    pull_back: Callable[[Tensor, Tensor, Tensor], Tensor]


class DenseCoder(Coder):
    """The coder of one hidden layer of a stack, which it trains in place; all tensors have the seed axis first.

    Args:
        stack: The networks.
        layer: A hidden layer of theirs.
        tied: Whether the decoder's weight is the encoder's, transposed; never where the activation changes the width.
        generators: One for each member; the weights of untied decoders are drawn from them.

    Attributes:
        n_units: Width of the code.
    """

    row_axis = 1

    def __init__(self, stack: Stack, layer: LayerPlan, *, tied: bool, generators: Sequence[torch.Generator]) -> None:
        self._linear, *self._between = stack.stages[layer.linear : layer.activation or layer.linear + 1]
        self._activation = None if layer.activation is None else stack.stages[layer.activation].eval()
        self.weight = self._linear.get_parameter("weight")
        self.bias = self.weight.new_zeros(len(self.weight), self.weight.shape[2]).requires_grad_()
        self.n_units: int = self.encode(self.bias.unsqueeze(1), training=False).activation.shape[2]
        like = self.weight.new_empty(len(self.weight), self.n_units, self.weight.shape[2])
        self.decoder_weight = None if tied and like.shape == self.weight.shape else _drawn(like, generators)

    @property
    def chain(self) -> Chain | None:
        """The layer as tensors, if its weights are tied, nothing stands between, and there is a way back."""
        activation = getattr(self._activation, "activation", None)
        if self.decoder_weight is not None or self._between or activation is None or activation.pull_back is None:
            return None
        bias = getattr(self._linear, "bias", None)
        return Chain(self.weight, bias, self.bias, activation.function, activation.pull_back)

    def encode(self, x: Tensor, *, training: bool = True) -> Code:
        z: Tensor = self._linear(x)
        for stage in self._between:
            z = stage.train(training)(z)
        return Code(z if self._activation is None else self._activation(z), z)

    def decode(self, code: Tensor) -> Tensor:
        weight = self.weight if self.decoder_weight is None else self.decoder_weight
        return torch.baddbmm(self.bias.unsqueeze(1), code, weight)

    def squared_norms(self, x: Tensor) -> Tensor:
        return self.weight.square().sum(2).unsqueeze(1)

    def flat(self, value: Tensor) -> Tensor:
        return value

    def take(self, codes: Tensor, rows: Tensor) -> Tensor:
        if len(codes) > 1:
            rows = rows + codes.shape[1] * torch.arange(len(codes), device=codes.device).unsqueeze(1)
        return codes.flatten(0, 1).index_select(0, rows.flatten()).view(*rows.shape, -1)

    def each(self, values: Tensor, like: Tensor) -> Tensor:
        return values.view(-1, *(1,) * (like.dim() - 1))

    def encoder_parameters(self) -> dict[str, Tensor]:
        stages: list[Stage | None] = [self._linear, *self._between, self._activation]
        return {
            f"{place}.{name}": parameter
            for place, stage in enumerate(stages)
            if stage is not None
            for name, parameter in stage.named_parameters()
        }


def _drawn(like: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
    parts = [torch_default_(torch.empty_like(part), generator=g) for part, g in zip(like, generators, strict=True)]
    return torch.stack(parts).detach().requires_grad_()
