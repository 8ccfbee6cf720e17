"""What `layerwise pretrain` leaves behind: layers, errors, pictures, codes, and whether it helped."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from layerwise.records._comparison import DataSummary
from layerwise.records._observations import Curve
from layerwise.records._record import record
from layerwise.records._verdict import VerdictRecord

PRETRAINING_SCHEMA_VERSION = 1

Rows = tuple[tuple[int, ...], ...]
"""Rows of features, each a whole number from 0 to 255."""


@record
class LayerOutcome:
    """One layer that was pre-trained.

    Attributes:
        name: The layer's.
        n_inputs, n_units: Its width below and above.
        objective: What it was trained for.
        epochs: Those that were made.
        learning_rate, batch_size: Of its training.
        reconstruction: What its own error is: `cross_entropy` or `squared_error` of what it reads; of a supervised
            layer `label_cross_entropy`, or `label_squared_error` of targets of variance 1.
        curves: `train_loss` and `reconstruction_error` by epoch, of what the layer itself reads; of a supervised layer
            `label_error` in place of the latter.
        test_error: Squared error of the inputs, through this layer and those below it and back, before fine-tuning;
            None where a layer has no way back, as supervised ones have none.
        pca_error: The same for PCA with as many components as the layer has units.
    """

    name: str
    n_inputs: int
    n_units: int
    objective: str
    epochs: int
    learning_rate: float
    batch_size: int
    reconstruction: str
    curves: tuple[Curve, ...]
    test_error: float | None
    pca_error: float

    @property
    def own_error(self) -> tuple[float, ...]:
        """The error of what the layer reads, or of the labels, before the first epoch and after each."""
        return next(curve.values for curve in self.curves if curve.name in {"reconstruction_error", "label_error"})


@record
class Pictures:
    """The same rows in one version: `original`, `pretrained`, `fine_tuned` or `pca`."""

    version: Literal["original", "pretrained", "fine_tuned", "pca"]
    rows: Rows = field(repr=False)


@record
class CodeMap:
    """Codes of test rows in two dimensions.

    Attributes:
        method: `codes` where they have two numbers (or one) themselves, else `pca` or `t-sne`.
        x, y: A point for each row.
        labels: The class of each row; empty where there are no classes.
        explained: Share of the codes' variance in the two dimensions; None for `t-sne`.
    """

    method: Literal["codes", "pca", "t-sne"]
    x: tuple[float, ...] = field(repr=False)
    y: tuple[float, ...] = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    explained: float | None


@record
class PretrainingRecord:
    """The whole of a pre-training; its `result.json` is this record.

    Every error named here is a squared error summed over the features of a row, mean over test rows.

    Attributes:
        widths: Units of each layer; the last is the code.
        activation: Of the layers; the code has none if `linear_code`.
        initializer: How weights were drawn.
        layers: The lowest first.
        fine_tuning: `train_error` and `validation_error` of the whole autoencoder by epoch; empty if it was left out.
        fine_tuning_rate: Its learning rate.
        pretrained_error: Of the unrolled network as the layers left it; None if it can't be unrolled, as after
            `supervised`.
        fine_tuned_error: After all layers were trained together; None if they were not.
        pca_error: Of PCA with as many components as the code has numbers, fitted on the training rows.
        mean_error: Of the mean of the training rows, which is PCA with none.
        image: Height, width and channels of a row that is an image; None for other rows.
        pictures: Some test rows and their reconstructions; empty where `image` is None.
        filters: Weights of units of the first layer, each scaled so that 128 is 0; empty where `image` is None.
        codes: Of test rows.
        verdict: Whether it helped, if that was asked.
    """

    kind: Literal["pretraining"] = "pretraining"
    objective: str
    widths: tuple[int, ...]
    activation: str
    linear_code: bool
    initializer: str
    layers: tuple[LayerOutcome, ...]
    fine_tuning: tuple[Curve, ...]
    fine_tuning_rate: float
    pretrained_error: float | None
    fine_tuned_error: float | None
    pca_error: float
    mean_error: float
    image: tuple[int, int, int] | None
    pictures: tuple[Pictures, ...] = field(repr=False)
    filters: Rows = field(repr=False)
    codes: CodeMap
    verdict: VerdictRecord | None
    data: DataSummary
    seed: int
    device: str
    versions: dict[str, str]
    command: str
    seconds: float
    schema_version: int = PRETRAINING_SCHEMA_VERSION

    @property
    def error(self) -> float | None:
        """What is reached in the end; None where there is no way back to the input."""
        return self.pretrained_error if self.fine_tuned_error is None else self.fine_tuned_error
