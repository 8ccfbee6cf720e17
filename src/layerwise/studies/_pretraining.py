"""An encoder pre-trained layer by layer, unrolled, and held to PCA of the same size."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from layerwise._base import InvalidInput, at_least, positive, positive_int
from layerwise.data import load
from layerwise.population import find_device
from layerwise.pretraining import Pretrained, asked_for, pretrain
from layerwise.pretraining import Progress as LayerProgress
from layerwise.records import Curve, VerdictRecord
from layerwise.studies._autoencoder import EncoderShape, fine_tuned
from layerwise.studies._pretraining_record import Outcome
from layerwise.studies._pretraining_step import Listener, PretrainingStep
from layerwise.studies._pretraining_study import PretrainingStudy
from layerwise.studies._unit_rows import VALIDATION, UnitRows, unit_rows

LEAST_EPOCHS, LEAST_UPDATES = 10, 1500
TOGETHER = "all layers together"
VERDICT_NOTE = (
    "All labels and scores are of the test part, which pre-training never saw; a quarter of it, other rows for each "
    "seed, is what scores are on."
)
VALUES_NOTE = "Targets were scaled to variance 1: who answers with their mean has an error of about 1."


def study_pretraining(
    data: Any = "digits",
    *,
    objective: str = "rbm",
    widths: Sequence[int] = (200, 100, 10),
    activation: str = "sigmoid",
    linear_code: bool = False,
    initializer: str | None = None,
    epochs: int | Sequence[int] | None = None,
    batch_size: int = 100,
    fine_tune: int | None = None,
    fine_tune_rate: float = 1e-3,
    verdict: bool = False,
    verdict_seeds: int = 12,
    tsne: bool = False,
    seed: int = 0,
    device: str = "cpu",
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Listener | None = None,
    command: str = "",
    **options: Any,
) -> PretrainingStudy:
    """Pre-train an encoder layer by layer, unroll it into a deep autoencoder, and hold it to PCA of the same size.

    The encoder is a chain of dense layers. Rows are scaled to [0, 1]; the test part (the official one, or a fifth) is
    used for nothing but the errors, pictures, codes and labels that are shown.

    Args:
        data: Whatever `layerwise.data.load` takes.
        objective: What each layer is trained for, by name. After `supervised` there is nothing to unroll: the layers
            have no way back to their input, so the record has no errors of reconstruction and no pictures of them.
        widths: Units of each layer; the last are the numbers of the code. For MNIST: (1000, 500, 250, 30).
        activation: Of each layer.
        linear_code: Whether the last layer has none, as in Hinton and Salakhutdinov 2006.
        initializer: How weights are drawn; None: normal of standard deviation 0.1 for `rbm`, else `glorot_uniform`.
        epochs: Passes over the training part, for all layers or one number for each; None: 10, or more where rows are
            so few that each layer would get fewer than 1,500 updates.
        batch_size: Rows of an update.
        fine_tune: Epochs in which all layers are then trained together to give the input back; 0 leaves that out;
            None: as many as `epochs` of None, and after `supervised` 0.
        fine_tune_rate: Their learning rate, by Adam.
        verdict: Whether to find out if it helped a classifier or regressor (`Pretrained.verdict`), with labels of the
            test part. It trains hundreds of networks.
        verdict_seeds: For how many seeds.
        tsne: Whether the map of codes is t-SNE's rather than PCA's.
        seed: Of all that is random.
        device: Where to train.
        checkpoint: A file that is written after every epoch of pre-training, and beside it one after every epoch of all
            layers together, and one after every arm of the verdict (`PretrainingStudy.checkpoints`). Stopped at any
            moment and asked again, it goes on from there, to the same bits.
        progress: Told how far it is.
        command: Kept in the record: how this was asked for.
        options: Those of `LayerSettings`, each one value or a list with one for each layer. What the first layer has of
            `batch_size`, `accumulate` and `autocast`, all layers together have, too.

    Raises:
        InvalidInput: If a value breaks its rule.
        Diverged: If a layer's loss is not finite any more.

    Example:
        >>> found = study_pretraining("digits", objective="denoising", widths=(16, 4), epochs=1, fine_tune=1)
        >>> found.record.pca_error < found.record.mean_error
        True

    References:
        Hinton, Salakhutdinov 2006, Reducing the dimensionality of data with neural networks.
    """
    started = time.perf_counter()
    at_least("fine_tune", 0 if fine_tune is None else fine_tune, 0)
    positive("fine_tune_rate", fine_tune_rate)
    at_least("verdict_seeds", verdict_seeds, 2)
    shape = _shape(objective, tuple(widths), activation, initializer, linear_code=linear_code)
    ground = load(data)
    rows = unit_rows(ground, seed)
    tell = progress or (lambda _: None)
    usual = _usual_epochs(rows.summary.n_train, batch_size)
    network = shape.build(ground.n_features, seed).to(find_device(device))
    train, test = (torch.from_numpy(part).to(device) for part in (rows.train, rows.test))
    labels = asked_for(objective)[0].labelled
    places = (None, None, None) if checkpoint is None else PretrainingStudy.checkpoints(checkpoint)
    check_way_back(objective, fine_tune, labelled=labels)
    found = pretrain(
        network, (train, rows.train_targets) if labels else train, objective, layers=shape.layers,
        validation=VALIDATION, seed=seed, inplace=True, checkpoint=places[0],
        progress=lambda told: tell(_layer_step(told)),
        epochs=usual if epochs is None else epochs, batch_size=batch_size, **options,
    )  # fmt: skip
    autoencoder, curves = (None, ()) if labels else _tuned(
        found, train, usual if fine_tune is None else fine_tune, fine_tune_rate, seed, tell,
        checkpoint=places[1],
    )  # fmt: skip
    judged = _verdict(found, test, rows, verdict_seeds, tell, checkpoint=places[2]) if verdict else None
    record = Outcome(ground, rows, found, autoencoder, test).record(
        shape, curves, tsne=tsne, seed=seed, objective=objective, fine_tuning_rate=fine_tune_rate, verdict=judged,
        device=device, command=command, seconds=0.0,
    )  # fmt: skip
    record = replace(record, seconds=time.perf_counter() - started)
    return PretrainingStudy(record, found, autoencoder)


def check_way_back(objective: str, fine_tune: int | None, *, labelled: bool) -> None:
    """Raise where layers that have no way back to their input are to be trained together to give it back."""
    if labelled and fine_tune:
        raise InvalidInput(
            f"`fine_tune` must be 0 with the objective {objective!r}, after which there is no autoencoder to train",
            got=fine_tune,
            cure="To train all layers with labels, use `Pretrained.fine_tune`; `verdict` tells if that is better.",
        )


def _shape(
    objective: str, widths: tuple[int, ...], activation: str, initializer: str | None, *, linear_code: bool
) -> EncoderShape:
    own = ("normal", 0.1) if objective == "rbm" else ("glorot_uniform", None)
    drawn, scale = own if initializer is None else (initializer, None)
    return EncoderShape(widths=widths, activation=activation, linear_code=linear_code, initializer=drawn, scale=scale)


def _usual_epochs(n_rows: int, batch_size: int) -> int:
    batches = math.ceil(n_rows / positive_int("batch_size", batch_size))
    return max(LEAST_EPOCHS, math.ceil(LEAST_UPDATES / batches))


def _layer_step(told: LayerProgress) -> PretrainingStep:
    return PretrainingStep(told.layer, told.epoch, told.n_epochs, f"error {told.validation_error:.4g}")


def _tuned(
    found: Pretrained, train: Tensor, epochs: int, rate: float, seed: int, tell: Listener, *, checkpoint: Path | None
) -> tuple[nn.Sequential, tuple[Curve, ...]]:
    if not epochs:
        return found.unroll().eval(), ()
    return fine_tuned(
        found, train, epochs=epochs, learning_rate=rate, seed=seed, checkpoint=checkpoint,
        tell=lambda epoch, error: tell(PretrainingStep(TOGETHER, epoch, epochs, f"error {error:.4g}")),
    )  # fmt: skip


def _verdict(
    found: Pretrained, test: Tensor, rows: UnitRows, seeds: int, tell: Listener, *, checkpoint: Path | None
) -> VerdictRecord:
    total, done = 12, 0  # four numbers of labels, three starts

    def step(said: str) -> None:
        nonlocal done
        done += 1
        tell(PretrainingStep("did it help?", done, total, said))

    record = found.verdict(test, rows.targets, seeds=seeds, checkpoint=checkpoint, progress=step).record
    of_values = () if record.metric == "accuracy" else (VALUES_NOTE,)
    return replace(record, notes=(*record.notes, VERDICT_NOTE, *of_values))
