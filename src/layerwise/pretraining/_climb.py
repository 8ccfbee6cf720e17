"""Layer by layer up a network."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from layerwise.pretraining._asked import chosen, for_each
from layerwise.pretraining._by_rows import check_rows_alone
from layerwise.pretraining._head import ModuleHead
from layerwise.pretraining._kept import Kept, LayerRun, Run
from layerwise.pretraining._layer_training import LayerTraining, decided, source
from layerwise.pretraining._layers import Layer, Plan, plan
from layerwise.pretraining._module_coder import ModuleCoder
from layerwise.pretraining._objectives import RBM_OBJECTIVE, Objective
from layerwise.pretraining._parts import Decoder, PretrainedLayer
from layerwise.pretraining._pretrained import Pretrained
from layerwise.pretraining._processes import ALONE, processes
from layerwise.pretraining._purpose import checkpoint_at
from layerwise.pretraining._rbm_run import RBMRun, check_machine, default_rate
from layerwise.pretraining._settings import LayerSettings, settings_for
from layerwise.pretraining._supply import Codes, Supply

if TYPE_CHECKING:
    import torch
    from torch import nn

DEFAULT_RATE = 1e-3
"""Of Adam, where no rate is given."""


@dataclass(frozen=True)
class Progress:
    """What a listener is told after every epoch of every layer.

    Attributes:
        layer, place, n_layers: Which of them it is.
        epoch, n_epochs: How far it is.
        train_loss: Of the epoch.
        validation_error: The last value of the layer's second curve (see `PretrainedLayer.curves`).
    """

    layer: str
    place: int
    n_layers: int
    epoch: int
    n_epochs: int
    train_loss: float
    validation_error: float


Listener = Callable[[Progress], None]


class Climb:
    """Goes up a network, layer by layer.

    Attributes:
        initial: Parameters and buffers of the network before.
    """

    def __init__(
        self,
        model: nn.Module,
        supply: Supply,
        *,
        seed: int,
        checkpoint: str | os.PathLike[str] | None,
        progress: Listener | None,
    ) -> None:
        self._model, self._supply, self._seed, self._progress = model, supply, seed, progress
        self._checkpoint, self._together = checkpoint, ALONE
        self.initial = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self._kept = Kept(model, None)

    def run(
        self, objectives: list[Objective], names: Sequence[str] | None, otherwise: str, options: dict[str, Any]
    ) -> Pretrained:
        """Train the layers, with all the processes there are, and return what came of it."""
        with processes(next(self._model.parameters()).device) as self._together:
            return self._run(objectives, names, otherwise, options)

    def _run(
        self, objectives: list[Objective], names: Sequence[str] | None, otherwise: str, options: dict[str, Any]
    ) -> Pretrained:
        found = plan(self._model, self._supply.some.x, names)
        layers = chosen(found.layers, otherwise)
        wanted = for_each(objectives, len(layers))
        pairs = zip(layers, wanted, strict=True)
        rates = [default_rate(layer) if one is RBM_OBJECTIVE else DEFAULT_RATE for layer, one in pairs]
        settings = self._supply.settle(settings_for(len(layers), {"learning_rate": rates} | options))
        each = list(zip(layers, wanted, settings, strict=True))
        for one in (one for _, objective, one in each if objective is RBM_OBJECTIVE):
            check_machine(one)
        calls = (call for one in layers for call in found.calls(one.entry, one.code, "pre-training"))
        check_rows_alone(calls, drops=False)
        told = [f"{layer.name} {objective.name} {one}" for layer, objective, one in each]
        told = [str(self._seed), *told]
        place = checkpoint_at(self._checkpoint, self._together, self.initial, self._supply.told, told)
        self._kept = Kept(self._model, place, self._together)
        trained = [self._layer(found, place, len(layers), *one) for place, one in enumerate(each)]
        left = {layer.name: layer.reason for layer in found.layers if layer not in layers}
        return Pretrained(self._model, tuple(trained), left, found, initial=self.initial, n_rows=self._supply.n_rows)

    def _layer(
        self, found: Plan, place: int, n_layers: int, layer: Layer, objective: Objective, settings: LayerSettings
    ) -> PretrainedLayer:
        codes = self._supply.codes(found, layer.entry, settings)
        asked = "auto" if objective.labelled else settings.reconstruction
        kind = decided(asked, codes.some.x, layer.name)
        settings = replace(settings, reconstruction=asked if objective.labelled else kind)
        generator = source(self._seed, f"layer {place}", codes.some.x.device)
        coder = self._coder(found, layer, objective, settings, codes, generator)
        training = LayerTraining(layer.name, coder, objective, settings, [generator], self._together)
        run: Run = (RBMRun if objective is RBM_OBJECTIVE else LayerRun)(training, coder, codes)

        def after(train_loss: float, error: float) -> None:
            self._kept.keep(run)
            if self._progress and self._together.is_first:
                told = (training.n_epochs, settings.epochs, train_loss, error)
                self._progress(Progress(layer.name, place, n_layers, *told))

        if not self._kept.restore(place, run):
            run.train(after)
            self._kept.finish(run)
        decoder = None if objective.labelled else Decoder(coder, settings)
        shape, n_decoding = tuple(coder.encoder_weight.shape), coder.weight.numel()
        return PretrainedLayer(layer, objective.name, settings, decoder, run.curves(), shape, n_decoding)

    def _coder(
        self,
        found: Plan,
        layer: Layer,
        objective: Objective,
        settings: LayerSettings,
        codes: Codes,
        generator: torch.Generator,
    ) -> ModuleCoder:
        x, y = codes.some
        if not objective.labelled or y is None:
            return ModuleCoder(self._model, layer, found, x, tied=settings.tied, generator=generator)
        n_outputs = settings.n_classes if settings.n_classes and not y.is_floating_point() else y.shape[-1]
        return ModuleHead(self._model, layer, found, x, n_outputs=n_outputs, generator=generator)
