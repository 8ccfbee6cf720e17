"""The training of one layer on the codes below it, epoch by epoch."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from layerwise._base import InvalidInput, Text, child_seed
from layerwise.pretraining._autocast import check_autocast
from layerwise.pretraining._best_layer import BestLayer
from layerwise.pretraining._coder import Coder
from layerwise.pretraining._descent import Descent, grouped
from layerwise.pretraining._examples import Examples
from layerwise.pretraining._objectives import Objective, label_error, reconstruction_error
from layerwise.pretraining._processes import ALONE, Processes
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining._short_step import short_step
from layerwise.pretraining.rbm import Diverged


class LayerTraining:
    """One layer while it trains. What it holds goes to `state` and back, so it can stop after any epoch.

    Members share its steps and nothing else: each has its own order of rows, its own noise and its own end.

    Args:
        name: The layer's, for messages.
        coder: Trained in place.
        objective: Its loss.
        settings: With `reconstruction` decided.
        generators: One for each member (one in all, without members): order of rows, and noise.
        together: The processes that share every batch.

    Attributes:
        name, settings, generators: As given.
        best: Its best parameters, and whether it has patience left.
        n_epochs: Epochs made.
        failed: Members whose loss was not finite in some epoch, [member].
    """

    def __init__(
        self,
        name: str,
        coder: Coder,
        objective: Objective,
        settings: LayerSettings,
        generators: Sequence[torch.Generator],
        together: Processes = ALONE,
    ) -> None:
        self.name, self._coder, self._objective, self.settings = name, coder, objective, settings
        self.generators, coder.together = generators, together
        check_autocast(settings.autocast, coder.bias)
        self._optimizer = _optimizer(coder.parameters(), settings)
        self._descent = Descent(coder.parameters(), self._optimizer, together)
        self._short = short_step(coder, objective, settings, generators)
        self.best = BestLayer(coder, settings.patience, len(generators))
        self.n_epochs = 0
        self._zeros = coder.bias.new_zeros(len(generators), requires_grad=False)
        self.failed = torch.zeros_like(self._zeros, dtype=torch.bool)

    @property
    def error_name(self) -> str:
        """What `error` is: `reconstruction_error`, or `label_error` where the objective reads labels."""
        return "label_error" if self._objective.labelled else "reconstruction_error"

    @property
    def ended(self) -> bool:
        """Whether all epochs are over, or the patience of all members is."""
        return self.n_epochs >= self.settings.epochs or not self.best.waiting.any()

    def epoch(self, codes: Tensor, y: Tensor | None = None) -> Tensor:
        """Train on every row of `codes` once, with its labels `y` if the objective reads them.

        Returns:
            The mean loss of each member.

        Raises:
            Diverged: If no member's loss is finite any more.
        """
        return self.over(self._shuffled(codes, y))

    def _shuffled(self, codes: Tensor, y: Tensor | None) -> Iterator[Examples]:
        n_rows, take = codes.shape[self._coder.row_axis], self._coder.take
        draws = [torch.randperm(n_rows, generator=source, device=source.device) for source in self.generators]
        for rows in torch.stack(draws).to(codes.device).split(self.settings.batch_size, dim=1):
            yield Examples(take(codes, rows), None if y is None else take(y, rows))

    def over(self, batches: Iterable[Examples]) -> Tensor:
        """Train on these batches, as one epoch; as `epoch`."""
        n_rows, total = 0, torch.zeros_like(self._zeros)
        for group in grouped(batches, self.settings.accumulate):
            sizes = [batch.x.shape[self._coder.row_axis] for batch in group]
            total += self._step(group, sizes)
            n_rows += sum(sizes)
        self._coder.together.sum_(total)
        self.failed |= ~total.isfinite()
        if self.failed.all():
            raise Diverged(self._advice())
        self.n_epochs += 1
        return total / n_rows

    def _advice(self) -> str:
        rate = f"{self.settings.learning_rate:g} ({self.settings.method})"
        return (
            f"The loss of layer {self.name!r} was not finite in epoch {self.n_epochs + 1}. Its learning rate is "
            f"{rate}: try a tenth of it, or scale the inputs to variance 1."
        )

    def _step(self, group: Sequence[Examples], sizes: Sequence[int]) -> Tensor:
        """Make a step by the mean gradient of a group of batches; return the sum of its rows' losses."""
        if self._short:
            return self._short(group[0].x) * sizes[0]
        total = torch.zeros_like(self._zeros)
        for batch, n in zip(group, sizes, strict=True):
            own = self._coder.together.weight(n)
            total += self._descent.add(self._losses(*batch), own * n / sum(sizes)) * (own * n)
        self._descent.step()
        return total

    @torch.enable_grad()
    def _losses(self, x: Tensor, y: Tensor | None) -> Tensor:
        labels = (y,) if self._objective.labelled else ()
        with self._coder.products_in(self.settings.autocast):
            return self._objective.loss(self._coder, x, self.settings, self.generators, *labels)

    @torch.no_grad()
    def error(self, codes: Tensor, y: Tensor | None = None) -> Tensor:
        """Return each member's error of `codes`, or of their labels `y`, without noise and penalties, in eval mode."""
        coder, total = self._coder, torch.zeros_like(self._zeros)
        size = max(1000, self.settings.batch_size)
        parts = codes.split(size, coder.row_axis)
        for x, labels in zip(parts, [None] * len(parts) if y is None else y.split(size, coder.row_axis), strict=True):
            n = x.shape[coder.row_axis]
            total += self._error(x, labels).view(-1) * (coder.together.weight(n) * n)
        coder.together.sum_(total)
        return total / codes.shape[coder.row_axis]

    def _error(self, x: Tensor, y: Tensor | None) -> Tensor:
        decoded = self._coder.decode(self._coder.encode(x, training=False).activation)
        if y is not None and self._objective.labelled:
            return label_error(decoded, self._coder.mine(y))
        return reconstruction_error(self._coder, x, decoded, self.settings.reconstruction)

    def state(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, but the network's own parameters."""
        return {
            "decoder": [tensor.detach().clone() for tensor in self._coder.decoder_parameters()],
            "optimizer": self._optimizer.state_dict(),
            "generators": [generator.get_state() for generator in self.generators],
            **self.best.state(),
            "failed": self.failed.clone(),
            "n_epochs": self.n_epochs,
        }

    @torch.no_grad()
    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        for tensor, value in zip(self._coder.decoder_parameters(), state["decoder"], strict=True):
            tensor.copy_(value)
        self._optimizer.load_state_dict(state["optimizer"])
        for generator, value in zip(self.generators, state["generators"], strict=True):
            generator.set_state(value)
        self.best.load_state(state)
        self.failed = state["failed"].to(self.failed.device, copy=True)  # a checkpoint is read into memory
        self.n_epochs = state["n_epochs"]


def source(seed: int, purpose: str, device: torch.device | None = None) -> torch.Generator:
    """Return the generator of all that is random in this part of pre-training."""
    return torch.Generator(device or "cpu").manual_seed(child_seed(seed, f"pretraining {purpose}"))


def _optimizer(parameters: list[Tensor], settings: LayerSettings) -> torch.optim.Optimizer:
    if settings.method == "adam":
        return torch.optim.Adam(parameters, settings.learning_rate, foreach=False)
    return torch.optim.SGD(parameters, settings.learning_rate, momentum=settings.momentum, foreach=False)


def decided(kind: str, codes: Tensor, name: str) -> str:
    """Return the reconstruction error for these inputs: `auto` is cross-entropy where all are in [0, 1].

    Raises:
        InvalidInput: If cross-entropy is asked for and an input is outside [0, 1], or one is not finite.
    """
    low, high = float(codes.amin()), float(codes.amax())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InvalidInput(f"What layer {name!r} reads must be finite", got=Text("not a number, or infinite"))
    inside = low >= 0 and high <= 1
    if kind == "cross_entropy" and not inside:
        raise InvalidInput(
            f"With `reconstruction='cross_entropy'`, what layer {name!r} reads must be in [0, 1]",
            got=Text(f"{low:.4g} to {high:.4g}"),
            cure="Use 'squared_error', or scale it: codes of tanh and relu are not probabilities.",
        )
    return "cross_entropy" if kind == "auto" and inside else "squared_error" if kind == "auto" else kind
