"""What comes of pre-training: the network, and what can be made of it with labels."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from layerwise._base import positive_int
from layerwise.pretraining._by_rows import check_rows_alone
from layerwise.pretraining._fine_tune import FineTuned, Tuning, fine_tune, labelled
from layerwise.pretraining._pretrained_network import PretrainedNetwork
from layerwise.pretraining._verdict import RATES, Verdict, verdict
from layerwise.pretraining._verdict_question import Question
from layerwise.tracing import INPUT, own_tensors

if TYPE_CHECKING:
    from torch import Tensor, nn


class Pretrained(PretrainedNetwork):
    """A pre-trained network.

    Attributes:
        model: The network; a copy of the one that was given, unless it was trained in place.
        layers: The layers that were pre-trained, the lowest first.
        left_alone: The others, with the reason.
        initial: Parameters and buffers of the network before it was pre-trained.
        n_rows: Rows that it was pre-trained on; of a stream those of an epoch, of the layer with the most.
    """

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
        schedule: str = "constant",
        warmup: float = 0.0,
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
            schedule: What becomes of all rates over `epochs`, as in recipes: constant, linear, cosine, step.
            warmup: Share of the epochs over which they rise from 0.
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
        how = Tuning(
            epochs=epochs, learning_rate=learning_rate, schedule=schedule, warmup=warmup, decay=decay,
            unfreeze_every=unfreeze_every, batch_size=batch_size, validation=validation, patience=patience, seed=seed,
            accumulate=accumulate, autocast=autocast,
        )  # fmt: skip
        layers = [head, *reversed(self._parameters_by_layer())]
        return fine_tune(network, layers, inputs, targets, how, task=task, checkpoint=checkpoint)

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
        checkpoint: str | os.PathLike[str] | None = None,
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
            y: Whole numbers are classes, other numbers targets of a regression, which should have a variance near 1:
                rates and epochs are made for that.
            fractions: Shares of the training labels.
            seeds: How many, or which; fewer than 12 can hardly show a difference.
            epochs: Most epochs of fine-tuning for the pre-trained start.
            batch_size: Rows of a step.
            patience: Epochs without a better validation score after which all stop.
            test: Share of the rows that is judged on.
            validation: Share that chooses epochs and rates.
            learning_rates: The grid, for Adam.
            checkpoint: A file that is written after every arm (a start at one number of labels). Killed at any moment
                and asked the same again, of the same pre-trained network, it goes on from there, to the same record.
            progress: Told a line after every arm.

        Returns:
            The verdict. Its record holds every arm's scores on test rows, and its learning curves on validation rows.

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
        tell = progress or (lambda _: None)
        return Verdict(verdict(self, question, own, checkpoint=checkpoint, progress=tell))
