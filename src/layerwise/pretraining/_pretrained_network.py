"""A pre-trained network, and what can be made of it without labels."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, Text, child_seed
from layerwise.initializers import glorot_uniform_
from layerwise.pretraining._layers import Plan
from layerwise.pretraining._parts import Decoder, Encoder, PretrainedLayer
from layerwise.pretraining._tensor_file import load_tensors_, save_tensors
from layerwise.pretraining._unrolling import check_chain


class PretrainedNetwork:
    """A pre-trained network and its decoders.

    Attributes:
        model: The network; a copy of the one that was given, unless it was trained in place.
        layers: The layers that were pre-trained, the lowest first.
        left_alone: The others, with the reason.
        initial: Parameters and buffers of the network before it was pre-trained.
        n_rows: Rows that it was pre-trained on; of a stream those of an epoch, of the layer with the most.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: Sequence[PretrainedLayer],
        left_alone: Mapping[str, str],
        plan: Plan,
        *,
        initial: Mapping[str, Tensor],
        n_rows: int,
    ) -> None:
        self.model, self.layers, self.left_alone = model, tuple(layers), dict(left_alone)
        self.initial, self.n_rows = initial, n_rows
        self._plan = plan

    def copy(self) -> Self:
        """Return a copy with a network of its own."""
        return type(self)(
            copy.deepcopy(self.model),
            copy.deepcopy(self.layers),
            self.left_alone,
            self._plan,
            initial=self.initial,
            n_rows=self.n_rows,
        )

    def save(self, path: str | Path) -> None:
        """Write the network's parameters and buffers, and the decoders', to a safetensors file, all at once.

        `load_` reads them back into a network of the same make.
        """
        save_tensors(path, self._tensors())

    def load_(self, path: str | Path) -> Self:
        """Read parameters, buffers and decoders that `save` wrote, into this network, and return it.

        Raises:
            InvalidInput: If the file does not hold exactly the tensors of this network and its decoders.
        """
        load_tensors_(path, self._tensors())
        return self

    def _tensors(self) -> dict[str, Tensor]:
        parts: dict[str, nn.Module] = {"model.": self.model}
        parts |= {f"decoder.{layer.name}.": layer.decoder for layer in self.layers if layer.decoder is not None}
        return {f"{start}{name}": value for start, part in parts.items() for name, value in part.state_dict().items()}

    def encoder(self) -> nn.Module:
        """Return the network up to the code of the topmost pre-trained layer; it shares the parameters of `model`.

        Of an `nn.Sequential` these are its first modules; of anything else, an `Encoder`.
        """
        end = self.layers[-1].layer.code
        if type(self.model) is nn.Sequential:
            names = [name for name, _ in self.model.named_children()]
            last = names.index(self._plan.used.calls[end].module.split(".")[0])
            ends = [one.index for one in self._plan.used.calls if one.module.split(".")[0] == names[last]]
            if ends[-1] == end:  # the code is what this module returns
                return self.model[: last + 1]
        return Encoder(self.model, self._plan, end).train(self.model.training)

    @torch.no_grad()
    def transform(self, x: Tensor) -> Tensor:
        """Return the codes of `x` at the topmost pre-trained layer, in eval mode."""
        codes: Tensor = self.encoder().eval()(x)
        return codes

    def unroll(self) -> nn.Sequential:
        """Return the deep autoencoder: the encoder, then the decoders from the topmost to the lowest.

        At the start it gives what the layers give one after the other; fine-tune it as a whole. The encoder shares the
        parameters of `model`, the decoders have their own.

        Raises:
            InvalidInput: If something stands between two layers that can't be undone, such as pooling, or a layer has
                no decoder, as after `supervised`.
        """
        check_chain(self._plan, [layer.layer for layer in self.layers])
        return nn.Sequential(self.encoder(), *reversed(self.decoders(len(self.layers))))

    def decoders(self, n_layers: int) -> list[Decoder]:
        """Return the decoders of the lowest layers.

        Raises:
            InvalidInput: If a layer has none.
        """
        found = [layer.decoder for layer in self.layers[:n_layers] if layer.decoder is not None]
        if len(found) < n_layers:
            without = next(layer for layer in self.layers if layer.decoder is None)
            raise InvalidInput(
                "Every layer must have a decoder to be unrolled",
                got=Text(f"{without.name!r}, trained for {without.objective!r}, which has none"),
                cure="Its output layer was thrown away. Use encoder(), to_classifier(n) or fine_tune(x, y).",
            )
        return found

    def with_head(self, n_outputs: int, seed: int) -> nn.Sequential:
        """Return the encoder with a new linear layer on top, drawn by `seed`."""
        code = self._plan.used.calls[self.layers[-1].layer.code].shape[1:]
        like = next(self.model.parameters())
        head = nn.utils.skip_init(nn.Linear, math.prod(code), n_outputs, device=like.device, dtype=like.dtype)
        glorot_uniform_(head.weight, generator=torch.Generator().manual_seed(child_seed(seed, "head")))
        nn.init.zeros_(head.bias)
        flat = [nn.Flatten()] if len(code) > 1 else []
        return nn.Sequential(self.encoder(), *flat, head)
