"""C2.2: restricted Boltzmann machines, unrolled into a deep autoencoder, against PCA of the same size."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median
from typing import Any

import torch

from layerwise.lecture._arms import Arms, arms_picture, arms_table, differences
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import verdict
from layerwise.lecture._ground import Ground
from layerwise.lecture.unsupervised._stacked import side
from layerwise.lecture.unsupervised._tiles import tiled
from layerwise.population import in_threads, n_cores
from layerwise.records import Axis, Marks, Picture, PretrainingRecord, Values
from layerwise.studies import study_pretraining

RBM, PCA = "RBMs, then fine-tuned", "PCA"
SMALL, GLOROT = "not pre-trained, small weights", "not pre-trained, Glorot's weights"
N_TILES = 8
STILL = 0.01
"""Share of the error that must be gone in the last ten epochs of a network that is still learning."""


@claim(
    "C2.2",
    "The same with Boltzmann machines",
    kind="experiment",
    statement="The idea was introduced with restricted Boltzmann machines: a stack of them, unrolled and "
    "fine-tuned, makes a deep autoencoder that keeps more of the input than principal components do, and that "
    "cannot be trained without.",
    prediction="With codes of the same size, the pre-trained deep autoencoder reconstructs test rows better than "
    "PCA, and than the same autoencoder trained as long without pre-training.",
    decision_rule="Paired by seed, the 95% intervals of both differences in squared error (PCA minus pre-trained; "
    "not pre-trained from the same small weights minus pre-trained) lie above 0. It holds under a condition where the "
    "interval against networks that start from Glorot's weights of 2010 does not. The length of the fine-tuning, 40 "
    "epochs in the quick run, was chosen after trials with 16, 35 and 40.",
    source="CS7015, lecture 9.2. Hinton and Salakhutdinov 2006, Reducing the dimensionality of data with neural "
    "networks (MNIST, 30 numbers: 3.00 against 13.87 of PCA).",
    tasks=("classification", "regression"),
)
def unrolled(ground: Ground) -> Outcome:
    """Train deep autoencoders from three starts and hold them to PCA."""
    records = _records(ground)
    arms: Arms = {name: [_error(one) for one in some] for name, some in records.items()}
    arms = {PCA: [one.pca_error for one in records[RBM]], **arms}
    found = differences(ground, arms, [(PCA, RBM), (SMALL, RBM), (GLOROT, RBM)])
    pca, small, glorot = found.values()
    one = records[RBM][0]
    return Outcome(
        verdict=verdict([side(pca), side(small)], [side(glorot)]),
        condition=f"How long it is fine-tuned decides against PCA: {_passed(records[RBM], arms[PCA])} The comparison "
        "without pre-training starts from the small random weights of 2006; from Glorot's weights of 2010 the same "
        f"autoencoder has {abs(glorot.difference):.2f} {'more' if glorot.difference > 0 else 'less'} squared error "
        f"than pre-trained (95% interval of the difference {glorot.low:.2f} to {glorot.high:.2f}). "
        f"{_slower(records[SMALL])}",
        finding=f"{one.widths[-1]} numbers stand for {one.data.n_features} inputs. The mean squared error of a test "
        f"row is {_mean(arms[PCA]):.2f} with PCA, {_mean(arms[RBM]):.2f} pre-trained, {_mean(arms[SMALL]):.2f} not "
        f"pre-trained, and {one.mean_error:.2f} for guessing the mean. PCA minus pre-trained: {pca.difference:.2f} "
        f"(95% interval {pca.low:.2f} to {pca.high:.2f}).",
        metric="squared error of a test row, PCA minus pre-trained",
        value=pca.difference,
        low=pca.low,
        high=pca.high,
        n_seeds=pca.n,
        tables=(arms_table("Reconstruction of test rows", arms, "squared error"),),
        pictures=(
            arms_picture("The error of codes of one size", arms,
                         Axis(title="squared error of a test row", low=0.0)),
            _tuning(records, arms[PCA]),
            *_tiles(one),
        ),
    )  # fmt: skip


def _records(ground: Ground) -> dict[str, list[PretrainingRecord]]:
    """Return every seed of every arm; those that are not pre-trained are fine-tuned for as many epochs more."""
    # on digits the error of fine-tuning is 1.33 after 16 epochs, 1.05 after 35 and 1.03 after 40
    widths, before, tuning = ((1000, 500, 250, 30), 10, 200) if ground.full else ((64, 32, 10), 15, 40)
    how: dict[str, dict[str, Any]] = {
        RBM: {"objective": "rbm", "epochs": before, "fine_tune": tuning},
        SMALL: {"objective": "rbm", "epochs": 0, "fine_tune": before + tuning},
        GLOROT: {"objective": "autoencoder", "epochs": 0, "fine_tune": before + tuning},
    }
    jobs = [(name, seed) for seed in range(ground.n_seeds()) for name in how]

    def study(k: int, _: object) -> PretrainingRecord:
        name, seed = jobs[k]
        options = {"widths": widths, "batch_size": 100, "fine_tune_rate": 1e-2, "device": ground.device, **how[name]}
        return study_pretraining(ground.data, seed=seed, **options).record

    found: dict[int, PretrainingRecord] = {}
    for k, record in in_threads(study, range(len(jobs)), n_cores() if ground.device == "cpu" else 1):
        found[k] = record
        ground.tell(len(found) / len(jobs))
    return {name: [found[k] for k, job in enumerate(jobs) if job[0] == name] for name in how}


def _held_out(some: Sequence[PretrainingRecord]) -> tuple[float, ...]:
    """Return the median validation error after every epoch of fine-tuning."""
    curves = [next(one.values for one in record.fine_tuning if one.name == "validation_error") for record in some]
    return tuple(median(values) for values in zip(*curves, strict=True))


def _passed(some: Sequence[PretrainingRecord], pca: Sequence[float]) -> str:
    """Say from which epoch on the median error is below that of PCA."""
    errors, level = _held_out(some), median(pca)
    first = next((k for k in range(len(errors)) if max(errors[k:]) < level), None)
    if first is None:
        return f"{len(errors)} epochs are not enough to pass it."
    return f"it takes {first + 1} of {len(errors)} epochs to pass it."


def _slower(some: Sequence[PretrainingRecord]) -> str:
    """Say whether networks that were not pre-trained are still learning at the end."""
    errors = _held_out(some)
    fell = 1 - errors[-1] / errors[-min(len(errors), 11)]
    return (
        f"Without pre-training the error still falls, by {fell:.0%} in the last ten epochs: that it cannot be trained "
        "is shown for this length only."
        if fell > STILL
        else "Without pre-training the error no longer falls."
    )


def _tuning(records: dict[str, list[PretrainingRecord]], pca: Sequence[float]) -> Picture:
    """Return the error over fine-tuning, with that of PCA as a level."""
    marks = [Marks(kind="rule", columns={"y": (median(pca),), "series": (PCA,)})]
    for name, some in records.items():
        values = _held_out(some)
        columns: dict[str, Values] = {
            "x": tuple(map(float, range(1, len(values) + 1))),
            "y": values,
            "series": (name,) * len(values),
        }
        marks.append(Marks(kind="path", columns=columns))
    return Picture(
        title="The error over fine-tuning",
        x=Axis(title="epochs of fine-tuning"),
        y=Axis(title="squared error of a row kept back", low=0.0),
        marks=tuple(marks),
        note="Medians over seeds. Those that are not pre-trained are fine-tuned for as many epochs more as "
        "pre-training takes. Dashed: PCA on test rows.",
    )


def _error(record: PretrainingRecord) -> float:
    return math.nan if record.error is None else record.error


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _tiles(record: PretrainingRecord) -> tuple[Picture, ...]:
    """Return some test rows, as they are and as they come back; nothing where they are no square images."""
    shown = {one.version: one.rows for one in record.pictures}
    if record.image is None or record.image[0] != record.image[1] or record.image[2] != 1:
        return ()
    side = record.image[0]
    rows = [row for version in ("original", "fine_tuned", "pca") for row in shown[version][:N_TILES]]
    tiles = torch.tensor(rows, dtype=torch.float64).view(-1, side, side) / 255
    return (
        Picture(
            title=f"Eight test rows, and what {record.widths[-1]} numbers keep of them",
            x=Axis(title="test rows", scale="bare"),
            y=Axis(title="PCA  |  autoencoder  |  original", scale="bare"),
            marks=(Marks(kind="cells", columns=tiled(tiles, N_TILES)),),
            value=Axis(title="brightness", low=0.0, high=1.0),
            note="Upper line: as they are; middle: through the pre-trained autoencoder; lower: through PCA.",
        ),
    )
