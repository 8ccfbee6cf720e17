"""Whether pre-training helped, at each number of labels."""

from __future__ import annotations

from dataclasses import field

from layerwise.records._comparison import Summary
from layerwise.records._record import record


@record
class LabelCurves:
    """How the networks of an arm learned: the verdict's metric on validation rows.

    Attributes:
        epochs: Where curves are read, the same epochs in every arm: 0 (before training), 1, 2, ... and further apart
            later, up to where the arm ended: where no seed's score had become better for as long as its patience.
        scores: Of each seed, one at each of `epochs`. (The weights that a seed keeps are those of its best epoch.)
    """

    epochs: tuple[int, ...]
    scores: tuple[tuple[float, ...], ...]


@record
class LabelArm:
    """One way to start, at one number of labels.

    Attributes:
        start: `pretrained`; `random`: the weights as they were before, shuffled within each tensor; or
            `same_histogram`: the pre-trained weights, shuffled within each tensor.
        n_labels: Labelled rows that were trained on.
        learning_rate: The best of the grid on validation rows, by seeds of its own.
        score: On test rows, one value for each seed.
        epochs: Most epochs it could take; the budget of pre-training is added for the others.
        best_epoch: Median over seeds of the epoch that was kept.
        curves: Of every seed; None in files of versions that did not keep them.
    """

    start: str
    n_labels: int
    learning_rate: float
    score: Summary
    epochs: int
    best_epoch: float
    curves: LabelCurves | None = field(default=None, repr=False)


@record
class LabelEffect:
    """How much better the pre-trained network was than another start, paired by seed.

    Attributes:
        against: The other start.
        n_labels: Labelled rows.
        difference: Mean over seeds of the pre-trained score minus the other.
        low, high: 95% interval of that mean.
        p_value: Two-sided, Holm's over all effects of the verdict.
        n: Seeds.
    """

    against: str
    n_labels: int
    difference: float
    low: float
    high: float
    p_value: float
    n: int


@record
class VerdictRecord:
    """Whether pre-training helped.

    Attributes:
        metric: `accuracy`, or `minus_squared_error`.
        arms: Every start at every number of labels.
        effects: The pre-trained start against each other one.
        seeds: Of the splits, labels, heads and shuffles; the pre-training itself was done once.
        notes: What the numbers take for granted.
    """

    metric: str
    arms: tuple[LabelArm, ...]
    effects: tuple[LabelEffect, ...]
    seeds: tuple[int, ...]
    notes: tuple[str, ...] = ()
