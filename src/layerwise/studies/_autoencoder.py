"""The encoder that is pre-trained layer by layer, and the deep autoencoder that is made of it."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from layerwise._base import child_seed, positive_int
from layerwise.models import Recipe, build
from layerwise.pretraining import Group, Labelled, LabelledRun, Pretrained, Supervised, checkpoint_at, processes
from layerwise.records import Curve
from layerwise.studies._unit_rows import VALIDATION

_ROWS = 1000
"""Rows that are computed at a time."""


@dataclass(frozen=True, kw_only=True)
class EncoderShape:
    """The encoder: a layer for each width, the last of them the code.

    Attributes:
        widths: Units of each layer.
        activation: Of each layer.
        linear_code: Whether the last layer has none.
        initializer: How weights are drawn; biases are 0.
        scale: The initializer's number, such as its standard deviation; None for its own.
    """

    widths: tuple[int, ...]
    activation: str
    linear_code: bool
    initializer: str
    scale: float | None

    def __post_init__(self) -> None:
        for width in self.widths:
            positive_int("widths", width)

    @property
    def drawn(self) -> str:
        """How weights are drawn, in words."""
        return self.initializer if self.scale is None else f"{self.initializer} {self.scale:g}"

    @property
    def layers(self) -> list[str]:
        """The names of the linear layers, the lowest first."""
        return [f"linear{k}" for k in range(1, len(self.widths) + 1)]

    def build(self, n_inputs: int, seed: int) -> nn.Sequential:
        """Return the encoder, its weights drawn by `seed`.

        Example:
            >>> shape = EncoderShape(
            ...     widths=(8, 2), activation="tanh", linear_code=True, initializer="glorot_uniform", scale=None
            ... )
            >>> list(dict(shape.build(4, seed=0).named_children()))
            ['linear1', 'activation1', 'linear2']
        """
        recipe = Recipe().replace(
            depth=len(self.widths), width=self.widths, activation=self.activation, initializer=self.initializer,
            scale=self.scale, normalizer="none", dropout=0.0, bias=0.0,
        )  # fmt: skip
        whole = build(recipe, n_inputs, 1, torch.Generator().manual_seed(child_seed(seed, "encoder")))
        return nn.Sequential(OrderedDict(list(whole.named_children())[: -2 if self.linear_code else -1]))


@torch.no_grad()
def in_parts(network: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Return what `network` makes of `rows`, some at a time."""
    return torch.cat([network(part) for part in rows.split(_ROWS)])


def squared_error(rows: Tensor, reconstructed: Tensor) -> float:
    """Return the squared error summed over features, mean over rows."""
    return float((reconstructed - rows).double().square().sum(1).mean())


def errors_by_depth(found: Pretrained, rows: Tensor) -> list[float]:
    """Return the error of `rows` through the first layer and back, through the first two and back, and so on."""
    children = dict(found.model.named_children())
    places, errors = [list(children).index(layer.name) for layer in found.layers], []
    for k, end in enumerate([*places[1:], len(children)], start=1):
        through = nn.Sequential(*list(children.values())[:end], *reversed(found.decoders(k)))
        errors.append(squared_error(rows, in_parts(through.eval(), rows)))
    return errors


def fine_tuned(
    found: Pretrained,
    rows: Tensor,
    *,
    epochs: int,
    learning_rate: float,
    seed: int,
    checkpoint: str | os.PathLike[str] | None,
    tell: Callable[[int, float], None],
) -> tuple[nn.Sequential, tuple[Curve, ...]]:
    """Return the unrolled network after all its layers were trained together, at its best epoch, and its errors.

    The loss is the squared error, the optimizer Adam; batches and products are as when the first layer was pre-trained.
    `found` is left as it is. Curves are the squared error, summed over features, mean over rows.

    Args:
        found: The layers as they were pre-trained.
        rows: Of the training part; some are kept back to choose the epoch.
        epochs: Passes over the others.
        learning_rate: Of Adam.
        seed: Of the rows kept back, and of the order of the others.
        checkpoint: A file that is written after every epoch, to go on from.
        tell: Told the epoch, and the error on the rows kept back.
    """
    network, how = found.copy().unroll(), found.layers[0].settings
    generator = torch.Generator().manual_seed(child_seed(seed, "autoencoder"))
    groups = [Group(list(network.parameters()), learning_rate)]
    order = torch.randperm(len(rows), generator=generator)[None]
    n_held = max(1, round(VALIDATION * len(rows)))
    parts, n_features = Labelled(rows, rows, order[:, n_held:], order[:, :n_held]), rows.shape[1]
    with processes(rows.device) as together:
        told = [f"{epochs} {learning_rate} {seed} {how.batch_size} {how.accumulate} {how.autocast}"]
        place = checkpoint_at(checkpoint, together, network.state_dict(), lambda: [rows], told)
        training = Supervised(
            network, groups, "regression", batch_size=how.batch_size, generators=[generator],
            accumulate=how.accumulate, kind=how.autocast, together=together,
        )  # fmt: skip
        run = LabelledRun(network, training, parts, patience=None, checkpoint=place, together=together)
        run.train(epochs, lambda epoch, score: tell(epoch, -n_features * score))
    errors = {
        "train_error": [n_features * loss for loss in run.losses],
        "validation_error": [-n_features * score for score in run.scores],
    }
    steps = tuple(range(1, epochs + 1))
    curves = tuple(Curve(name=name, steps=steps, values=tuple(values)) for name, values in errors.items())
    return network.eval(), curves
