"""One layer of a module trained as a restricted Boltzmann machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from layerwise._base import InvalidInput
from layerwise.activations import Activation
from layerwise.pretraining._kept import curves_of
from layerwise.pretraining._layer_training import LayerTraining
from layerwise.pretraining._layers import Layer
from layerwise.pretraining._module_coder import ModuleCoder
from layerwise.pretraining._settings import LayerSettings
from layerwise.pretraining._supply import Codes
from layerwise.pretraining.rbm import RBM, RBM_PRESETS
from layerwise.pretraining.rbm._learn import Now, learn_
from layerwise.records import Curve

HIDDEN = {"sigmoid": "bernoulli", "relu": "rectified", "identity": "gaussian", "linear": "gaussian"}
"""The kind of unit whose mean is the activation."""

RATES = {"bernoulli": 0.1, "rectified": 0.001, "gaussian": 0.001}
"""Hinton and Salakhutdinov 2006, by hidden units; unbounded ones need a hundredth."""


def hidden_units(layer: Layer) -> str:
    """Return the kind of hidden units that a layer's activation stands for.

    Raises:
        InvalidInput: If its activation is the mean of no kind of unit, or the layer is not dense.
    """
    activation = layer.link.activation
    name = "identity" if activation is None else activation.name if isinstance(activation, Activation) else ""
    if name not in HIDDEN or layer.link.weights.operation != "linear" or layer.link.before:
        raise InvalidInput(
            "A layer that is trained as an RBM must be linear, with sigmoid, relu or no activation right after it",
            got=f"{layer.name}: {layer.link.weights.operation}, {layer.link.activation_name}",
            cure="Use the objective 'denoising' for it.",
        )
    return HIDDEN[name]


def default_rate(layer: Layer) -> float:
    """Return the learning rate of a layer's machine where none is given."""
    return RATES[hidden_units(layer)]


def check_machine(settings: LayerSettings) -> None:
    """Raise `InvalidInput` if a machine can't be trained by these settings."""
    if settings.accumulate != 1:
        raise InvalidInput(
            "`accumulate` must be 1 for an RBM, which holds two batches of states and no graph",
            got=settings.accumulate,
            cure=f"Give a batch_size of {settings.accumulate * settings.batch_size} instead.",
        )


class RBMRun:
    """The training of one layer as an RBM, with its curves; the same face as `LayerRun`.

    The machine starts from the layer's weights, transposed, and its biases, and hands its own back after every epoch;
    its visible bias becomes the decoder's. Momentum, weight decay and what is sampled are those of Hinton and
    Salakhutdinov 2006.

    All of its batches have the same number of rows. Those of a stream are cut anew, in their order, to that of the
    first; fewer rows that are left over begin the next batch, in the next epoch, too.
    """

    _now: Now | None = None
    _start: Mapping[str, Any] | None = None

    def __init__(self, training: LayerTraining, coder: ModuleCoder, codes: Codes) -> None:
        self.training = training
        self._data, self._judged, some = codes.for_machine(training), codes.judged.x, codes.some.x
        self._together = coder.together
        self._settings, self._generator = training.settings, training.generators[0]
        self._weight, self._bias = coder.weight, coder.encoder_bias
        self._visible_bias = coder.bias
        self._rbm = RBM(
            coder.weight.shape[1],
            coder.weight.shape[0],
            visible="bernoulli" if self._settings.reconstruction == "cross_entropy" else "gaussian",
            hidden=hidden_units(coder.layer),
            generator=self._generator,
            dtype=some.dtype,
        ).to(some.device)
        self._losses: list[float] = []
        self._errors: list[float] = []

    @torch.no_grad()
    def train(self, after: Callable[[float, float], None]) -> None:
        """Train to the end; `after` is told the machine's own error and the reconstruction error after each epoch."""
        if not self._errors:
            self._errors.append(self._error())
        if self.training.ended:
            return
        _copy((self._rbm.weight, self._weight.mT), (self._rbm.hidden_bias, self._bias))

        def epoch(now: Now) -> None:
            self._now, self.training.n_epochs = now, now.epoch
            self._hand_over(now.rbm)
            self._errors.append(self._error())
            self._losses.append(self._errors[-1])
            after(self._losses[-1], self._errors[-1])

        settings = replace(
            RBM_PRESETS["hinton_2006"],
            epochs=self._settings.epochs,
            learning_rate=self._settings.learning_rate,
            batch_size=self._settings.batch_size,
            autocast=self._settings.autocast,
        )
        learn_(
            self._rbm, self._data, settings, generator=self._generator, on_epoch=epoch, start=self._start,
            together=self._together,
        )  # fmt: skip

    def _error(self) -> float:
        return float(self.training.error(self._judged))

    def _hand_over(self, rbm: RBM) -> None:
        _copy((self._weight, rbm.weight.mT), (self._bias, rbm.hidden_bias))
        self._visible_bias.detach().copy_(rbm.visible_bias.view_as(self._visible_bias))

    def curves(self) -> tuple[Curve, ...]:
        """Return the reconstruction error of each epoch, as both curves of a layer."""
        return curves_of(self._losses, self._errors, self.training.error_name)

    def state(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, but the network's parameters."""
        own = {"training": self.training.state(), "losses": list(self._losses), "errors": list(self._errors)}
        return own | {"machine": None if self.training.ended or self._now is None else self._now.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.training.load_state(state["training"])
        self._start = state["machine"]
        self._losses, self._errors = list(state["losses"]), list(state["errors"])


def _copy(*pairs: tuple[Tensor | None, Tensor | None]) -> None:
    """Copy the second of each pair into the first; a layer may do without biases."""
    for target, value in pairs:
        if target is not None and value is not None:
            target.detach().copy_(value)
