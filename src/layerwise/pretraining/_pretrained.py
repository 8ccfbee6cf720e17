"""What comes of pre-training: the network, its decoders, and what can be made of them."""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, child_seed, positive_int
from layerwise._base._errors import Text
from layerwise.initializers import glorot_uniform_
from layerwise.pretraining._by_rows import check_rows_alone
from layerwise.pretraining._fine_tune import FineTuned, fine_tune, labelled
from layerwise.pretraining._layers import Plan
from layerwise.pretraining._parts import Decoder, Encoder, PretrainedLayer
from layerwise.pretraining._tensor_file import load_tensors_, save_tensors
from layerwise.pretraining._unrolling import check_chain
from layerwise.pretraining._verdict import RATES, Question, Verdict, verdict
from layerwise.tracing import INPUT, own_tensors


class Pretrained:
    """A pre-trained network.

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

    def copy(self) -> Pretrained:
        """Return a copy with a network of its own."""
        return Pretrained(
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

    def load_(self, path: str | Path) -> Pretrained:
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

    def to_classifier(self, n_classes: int, *, seed: int = 0) -> nn.Sequential:
        """Return the encoder with a new linear layer on top, [row, n_classes]; its parameters are those of `model`."""
        return self.with_head(positive_int("n_classes", n_classes), seed)

    def to_regressor(self, n_targets: int, *, seed: int = 0) -> nn.Sequential:
        """Return the encoder with a new linear layer on top, [row, n_targets]; its parameters are those of `model`."""
        return self.with_head(positive_int("n_targets", n_targets), seed)

    def fine_tune(
        self,
        x: Any,
        y: Any,
        *,
        epochs: int = 50,
        learning_rate: float = 1e-3,
        decay: float = 1.0,
        unfreeze_every: int = 0,
        batch_size: int = 100,
        validation: float = 0.15,
        patience: int | None = 10,
        seed: int = 0,
        accumulate: int = 1,
        autocast: str | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> FineTuned:
        """Train encoder and a new head on labelled rows, and return them at their best epoch.

        The parameters trained are those of `model`. In every process of a `torch.distributed` group, called with the
        same arguments, each works on its part of every batch, and all end with the same weights.

        Args:
            x: Inputs, one row an example.
            y: Whole numbers are classes, other numbers targets of a regression.
            epochs: At most so many.
            learning_rate: Of the head, by Adam.
            decay: What the rate is multiplied by from each layer to the one below it (discriminative fine-tuning).
            unfreeze_every: Epochs after which the next layer down begins to move; 0: all move from the start.
            batch_size: Rows of a step.
            validation: Share of the rows that chooses the best epoch.
            patience: Epochs without a better validation score after which it stops; None never stops early.
            seed: Of the head, the validation part, the order of rows, and dropout.
            accumulate: Batches whose mean gradient makes one step: that of the batch of all their rows, in the memory
                of one.
            autocast: `bfloat16` rounds products and convolutions to that; weights and losses stay float32.
            checkpoint: A file that is written after every epoch. Killed at any moment and called again with the same
                arguments, on the same pre-trained network, it goes on from there, to the same bits.

        Raises:
            InvalidInput: If a value breaks its rule, the labels do not fit the rows, or in several processes a layer
                works on whole batches (batch norm) or draws (dropout).

        References:
            Howard, Ruder 2018, Universal language model fine-tuning for text classification (for `decay` and
            `unfreeze_every`).
        """
        inputs, targets, task, n_outputs = labelled(x, y, next(self.model.parameters()))
        check_rows_alone(self._plan.calls(INPUT, self.layers[-1].layer.code, "training"), drops=True)
        network = self.with_head(n_outputs, seed)
        head: list[Tensor] = list(network[-1].parameters())
        groups = [head, *reversed(self._parameters_by_layer())]
        return fine_tune(
            network,
            groups,
            inputs,
            targets,
            task=task,
            epochs=epochs,
            learning_rate=learning_rate,
            decay=decay,
            unfreeze_every=unfreeze_every,
            batch_size=batch_size,
            validation=validation,
            patience=patience,
            seed=seed,
            accumulate=accumulate,
            autocast=autocast,
            checkpoint=checkpoint,
        )

    def _parameters_by_layer(self) -> list[list[Tensor]]:
        """Return the encoder's parameters, each with the pre-trained layer whose code it is the first to enter."""
        own, ends = own_tensors(self.model), [layer.layer.code for layer in self.layers]
        found: list[dict[str, Tensor]] = [{} for _ in ends]
        for call in self._plan.calls(INPUT, ends[-1], "training"):
            k = next(place for place, end in enumerate(ends) if call.index <= end)
            names = [held.name for held in call.held if own[held.name].requires_grad]
            found[k] |= {name: own[name] for name in names if not any(name in one for one in found)}
        return [list(one.values()) for one in found]

    def verdict(
        self,
        x: Any,
        y: Any,
        *,
        fractions: Sequence[float] = (0.03, 0.1, 0.3, 1.0),
        seeds: int | Sequence[int] = 12,
        epochs: int = 100,
        batch_size: int = 50,
        patience: int = 10,
        test: float = 0.25,
        validation: float = 0.15,
        learning_rates: Sequence[float] = RATES,
        progress: Callable[[str], None] | None = None,
    ) -> Verdict:
        """Say whether pre-training helped: the same network fine-tuned from three starts, at several numbers of labels.

        The starts are the pre-trained weights; the weights as they were before, shuffled within each tensor for every
        seed, which is a fresh draw of the same initialization; and the pre-trained weights so shuffled, which keeps
        their histogram and nothing else (Erhan et al. 2010). The latter two may train longer, by as many
        multiplications as pre-training took; all stop when a validation part says so. Each takes the best of one grid
        of learning rates, chosen by seeds of their own. Seeds share splits, labels and heads: differences are paired.

        Args:
            x: Labelled inputs, one row an example.
            y: Whole numbers are classes, other numbers targets of a regression.
            fractions: Shares of the training labels.
            seeds: How many, or which; fewer than 12 can hardly show a difference.
            epochs: Most epochs of fine-tuning for the pre-trained start.
            batch_size: Rows of a step.
            patience: Epochs without a better validation score after which all stop.
            test: Share of the rows that is judged on.
            validation: Share that chooses epochs and rates.
            learning_rates: The grid, for Adam.
            progress: Told a line after every arm.

        Raises:
            InvalidInput: If a value breaks its rule.

        References:
            Erhan, Bengio, Courville, Manzagol, Vincent, Bengio 2010, Why does unsupervised pre-training help deep
            learning?
        """
        inputs, targets, task, n_outputs = labelled(x, y, next(self.model.parameters()))
        question = Question(
            x=inputs,
            y=targets,
            task=task,
            n_outputs=n_outputs,
            fractions=tuple(fractions),
            epochs=epochs,
            batch_size=batch_size,
            patience=patience,
            test=test,
            validation=validation,
            learning_rates=tuple(learning_rates),
        )
        own = range(positive_int("seeds", seeds)) if isinstance(seeds, int) else tuple(seeds)
        return Verdict(verdict(self, question, own, progress or (lambda _: None)))

    def with_head(self, n_outputs: int, seed: int) -> nn.Sequential:
        """Return the encoder with a new linear layer on top, drawn by `seed`."""
        code = self._plan.used.calls[self.layers[-1].layer.code].shape[1:]
        like = next(self.model.parameters())
        head = nn.utils.skip_init(nn.Linear, math.prod(code), n_outputs, device=like.device, dtype=like.dtype)
        glorot_uniform_(head.weight, generator=torch.Generator().manual_seed(child_seed(seed, "head")))
        nn.init.zeros_(head.bias)
        flat = [nn.Flatten()] if len(code) > 1 else []
        return nn.Sequential(self.encoder(), *flat, head)
