"""Greedy layer-wise pre-training of any module."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, Registry, fraction, one_of
from layerwise._base._errors import Text
from layerwise.pretraining._checkpoint import Checkpoint
from layerwise.pretraining._coder import ModuleCoder
from layerwise.pretraining._codes import codes_at
from layerwise.pretraining._kept import Kept, LayerRun, Run, fingerprint
from layerwise.pretraining._layer_training import LayerTraining, decided, source
from layerwise.pretraining._layers import Layer, Plan, plan
from layerwise.pretraining._objectives import OBJECTIVES, RBM_OBJECTIVE, Objective
from layerwise.pretraining._parts import Decoder, PretrainedLayer
from layerwise.pretraining._pretrained import Pretrained
from layerwise.pretraining._rbm_run import RBMRun, default_rate
from layerwise.pretraining._settings import LayerSettings, settings_for
from layerwise.tracing import INPUT

BUDGET = 2 * 2**30
"""Bytes of codes that are kept in memory, unless asked otherwise; a larger one goes to a file."""


@dataclass(frozen=True)
class Progress:
    """What a listener is told after every epoch of every layer."""

    layer: str
    place: int
    n_layers: int
    epoch: int
    n_epochs: int
    train_loss: float
    validation_error: float


Listener = Callable[[Progress], None]
NAMED: Registry[Objective] = Registry("objective", {**dict(OBJECTIVES.items()), RBM_OBJECTIVE.name: RBM_OBJECTIVE})
"""What can be asked for by name."""

DEFAULT_RATE = 1e-3
"""Of Adam, where no rate is given."""

ObjectiveLike = str | Objective | Callable[..., Tensor]


def pretrain(
    model: nn.Module,
    unlabelled: Any,
    objective: ObjectiveLike | Sequence[ObjectiveLike] = "autoencoder",
    *,
    layers: Sequence[str] | None = None,
    otherwise: Literal["go_on", "stop"] = "go_on",
    validation: float = 0.1,
    seed: int = 0,
    inplace: bool = False,
    memory: int = BUDGET,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Listener | None = None,
    **options: Any,
) -> Pretrained:
    """Train the layers of `model` one after the other, each on the codes of the layers below; return what came of it.

    Layers are found by running the model: linear layers and convolutions in the order in which they run, each with the
    normalizer and the activation that follow it, whatever stands in between. While a layer trains, those below it stay
    as they are, to the last bit; what it reads is computed once.

    Args:
        model: Any module of one tensor. It is copied, unless `inplace`.
        unlabelled: A tensor or array of inputs, one row an example.
        objective: A name of `OBJECTIVES`, `rbm`, an `Objective`, a function of (coder, x, settings, generators) that
            returns a loss, or a list with one of these for each layer that is pre-trained.
        layers: Names of the layers to pre-train; None for all that have an activation.
        otherwise: What to do about a layer that can't be pre-trained: `go_on` with the next, or `stop`.
        validation: Share of the rows that is kept for the validation error.
        seed: Of all that is random.
        inplace: Whether `model` itself is trained. After an error it is as it was.
        memory: Bytes of codes that may be held in memory; larger ones lie in a file meanwhile.
        checkpoint: A file that is written after every epoch. Killed at any moment and called again with the same
            arguments, it goes on from there, to the same bits; when all is done, it gives the result at once.
        progress: Called after every epoch.
        options: Those of `LayerSettings`, each one value or a list with one for each layer: `epochs`, `learning_rate`,
            `batch_size`, `corruption`, ...

    Raises:
        InvalidInput: If a value breaks its rule, no layer can be pre-trained, or the data does not fit the model.
        Diverged: If a layer's loss is not finite any more.

    Example:
        >>> model = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 2))
        >>> found = pretrain(model, torch.rand(50, 4), "denoising", epochs=2, corruption_level=0.3)
        >>> [layer.name for layer in found.layers], found.left_alone
        (['0', '2'], {'4': 'it has no activation: it is taken for the output layer'})

    References:
        Bengio, Lamblin, Popovici, Larochelle 2007, Greedy layer-wise training of deep networks. Erhan, Bengio,
        Courville, Manzagol, Vincent, Bengio 2010, Why does unsupervised pre-training help deep learning?
    """
    one_of("otherwise", otherwise, ("go_on", "stop"))
    own = model if inplace else copy.deepcopy(model)
    data = _rows(unlabelled, own)
    share = fraction("validation", validation)
    work = _Work(own, data, share=share, seed=seed, memory=memory, checkpoint=checkpoint, progress=progress)
    try:
        return work.run(_objectives(objective), layers, otherwise, options)
    except BaseException:
        if inplace:
            own.load_state_dict(work.initial)
        raise


class _Work:
    """Goes up a network, layer by layer."""

    def __init__(
        self,
        model: nn.Module,
        data: Tensor,
        *,
        share: float,
        seed: int,
        memory: int,
        checkpoint: str | os.PathLike[str] | None,
        progress: Listener | None,
    ) -> None:
        self._model, self._seed, self._memory, self._progress = model, seed, memory, progress
        self._checkpoint = checkpoint
        self.initial = {name: value.detach().clone() for name, value in model.state_dict().items()}
        order = torch.randperm(len(data), generator=source(seed, "split"))
        n_validation = round(share * len(data))
        self._inputs = [data[order[n_validation:]], data[order[:n_validation]]]
        self._codes, self._at = self._inputs, INPUT
        self._kept = Kept(model, None)

    def run(
        self, objectives: list[Objective], names: Sequence[str] | None, otherwise: str, options: dict[str, Any]
    ) -> Pretrained:
        found = plan(self._model, self._inputs[0], names)
        chosen = _chosen(found.layers, otherwise)
        wanted = _for_each(objectives, len(chosen))
        pairs = zip(chosen, wanted, strict=True)
        rates = [default_rate(layer) if one is RBM_OBJECTIVE else DEFAULT_RATE for layer, one in pairs]
        settings = settings_for(len(chosen), {"learning_rate": rates} | options)
        each = list(zip(chosen, wanted, settings, strict=True))
        if self._checkpoint is not None:
            told = [f"{layer.name} {objective.name} {one}" for layer, objective, one in each]
            purpose = fingerprint(self.initial, self._inputs, [str(self._seed), *told])
            self._kept = Kept(self._model, Checkpoint(self._checkpoint, purpose))
        trained = [self._layer(found, place, len(chosen), *one) for place, one in enumerate(each)]
        left = {layer.name: layer.reason for layer in found.layers if layer not in chosen}
        return Pretrained(self._model, tuple(trained), left, found, initial=self.initial, n_rows=len(self._inputs[0]))

    def _layer(
        self, found: Plan, place: int, n_layers: int, layer: Layer, objective: Objective, settings: LayerSettings
    ) -> PretrainedLayer:
        self._climb(found, layer.entry)
        codes, held_out = self._codes
        settings = replace(settings, reconstruction=decided(settings.reconstruction, codes, layer.name))
        generator = source(self._seed, f"layer {place}", codes.device)
        coder = ModuleCoder(self._model, layer, found, codes, tied=settings.tied, generator=generator)
        training = LayerTraining(layer.name, coder, objective, settings, [generator])
        kind = RBMRun if objective is RBM_OBJECTIVE else LayerRun
        run: Run = kind(training, coder, codes, held_out)

        def after(train_loss: float, error: float) -> None:
            self._kept.keep(run)
            if self._progress:
                told = (training.n_epochs, settings.epochs, train_loss, error)
                self._progress(Progress(layer.name, place, n_layers, *told))

        if not self._kept.restore(place, run):
            run.train(after)
            self._kept.finish(run)
        return PretrainedLayer(layer, objective.name, settings, Decoder(coder, settings), run.curves())

    def _climb(self, found: Plan, place: int) -> None:
        """Compute the codes at `place`: from those at hand if they are enough, else from the inputs."""
        if found.used.between(self._at, place) is None:
            self._codes, self._at = self._inputs, INPUT
        self._codes = [codes_at(self._model, found, self._at, place, part, self._memory) for part in self._codes]
        self._at = place


def _chosen(layers: Sequence[Layer], otherwise: str) -> list[Layer]:
    stop = next((k for k, one in enumerate(layers) if one.reason), len(layers)) if otherwise == "stop" else len(layers)
    chosen = [layer for layer in layers[:stop] if not layer.reason]
    if not chosen:
        reasons = "; ".join(f"{layer.name}: {layer.reason}" for layer in layers[: stop + 1])
        raise InvalidInput("`model` must have a layer that can be pre-trained", cure=f"Left alone: {reasons}.")
    return chosen


def _objectives(given: Any) -> list[Objective]:
    several = given if isinstance(given, list | tuple) else [given]
    return [_objective(one) for one in several]


def _objective(given: Any) -> Objective:
    if isinstance(given, str):
        return NAMED[given]
    if isinstance(given, Objective):
        return given
    if not callable(given):
        raise InvalidInput("`objective` must be a name, an Objective or a function", got=given)
    name = getattr(given, "__name__", type(given).__name__)
    return Objective(name=name, loss=given, summary="", citation="")


def _for_each(objectives: list[Objective], n_layers: int) -> list[Objective]:
    if len(objectives) == 1:
        return objectives * n_layers
    if len(objectives) != n_layers:
        raise InvalidInput(
            f"`objective` must be one, or {n_layers}: one for each layer that is pre-trained",
            got=[one.name for one in objectives],
        )
    return objectives


def _rows(unlabelled: Any, model: nn.Module) -> Tensor:
    """Return the inputs as a tensor of the model's dtype, on its device."""
    parameter = next(model.parameters(), None)
    if parameter is None:
        raise InvalidInput("`model` must have parameters")
    data = torch.as_tensor(np.asarray(unlabelled) if not isinstance(unlabelled, Tensor) else unlabelled)
    if data.ndim < 2 or len(data) < 4:
        raise InvalidInput(
            "`unlabelled` must hold at least 4 rows, one an example", got=Text(f"shape {list(data.shape)}")
        )
    data = data.to(parameter.device, parameter.dtype)
    if not data.isfinite().all():
        raise InvalidInput(
            "`unlabelled` must be finite", got=Text("not a number, or infinite"), cure="Fill or drop such rows."
        )
    return data
