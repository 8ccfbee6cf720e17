"""C5.3: does batch normalization help because it keeps distributions stable?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from layerwise.lecture._arms import Arms, arms_table
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import larger, verdict
from layerwise.lecture._errors import errors
from layerwise.lecture._ground import Ground
from layerwise.lecture.batchnorm._drift import Percentiles
from layerwise.lecture.batchnorm._learning import at_fastest_rates, curves, mean_errors
from layerwise.lecture.batchnorm._noise import noise_after
from layerwise.models import Recipe
from layerwise.records import ClaimVerdict, Picture, Run
from layerwise.stats import Paired, paired_difference

WITHOUT, WITH = "without", "batch norm"
NOISES = {f"batch norm, noise of {size:g}": size for size in (0.5, 2.0, 4.0)}
"""How far the mean of a unit is shifted at most: as in the paper, and four and eight times as far."""

ARMS = (WITHOUT, WITH, *NOISES)
PROBE_EVERY = 20

Pairs = Mapping[str, Paired]
"""The differences that decide, by name: `stable`, `helps`, `restored`, `kept`."""


@claim(
    "C5.3",
    "Batch norm helps by keeping inputs stable",
    kind="experiment",
    statement="The distribution of a layer's input shifts from mini-batch to mini-batch as the layers below learn, "
    "which makes learning hard. Batch normalization keeps it stable, and that is why it helps.",
    prediction="With batch normalization the percentiles of a pre-activation stay where they are, and learning is "
    "faster. If stability is the reason, noise after the normalization that shifts the distribution again takes the "
    "help away.",
    decision_rule="Drift: how far a unit's median moves over training, by its spread. Help: a lower validation error, "
    "mean over training, each network where it is fastest of four learning rates. All differences are paired, with 95% "
    "intervals. It needs: the drift without > with, the error without > with. Then the reason is tested by the weakest "
    "of three noises that makes the drift larger than without batch normalization: it holds if the noisy network keeps "
    "less than half of the help, and under a condition if it keeps more than half; undecided if no noise is that "
    "strong.",
    source="CS7015, lecture 9.5. Santurkar, Tsipras, Ilyas and Madry 2018, How does batch normalization help "
    "optimization? Ioffe and Szegedy 2015, Batch normalization, figure 1.",
)
def shift(ground: Ground) -> Outcome:
    """Train sigmoid networks without, with, and with noisy batch normalization, and read percentiles."""
    watch = Percentiles()
    prepare = noise_after(NOISES, ground.generator)
    runs = at_fastest_rates(
        ground, recipes(ground), ground.n_seeds(), prepare=prepare, observe=watch, probe_every=PROBE_EVERY
    )
    drifts = {arm: [watch.drift(arm, run.seed) for run in runs if run.recipe == arm] for arm in ARMS}
    return judged(ground, runs, drifts, tuple(_pictures(ground, watch, runs, drifts)))


def recipes(ground: Ground) -> list[Recipe]:
    """Return the arms: three layers of sigmoid units and mini-batches of 60, as Ioffe and Szegedy had."""
    width, epochs = (100, 60) if ground.full else (64, 30)
    plain = Recipe(name=WITHOUT).replace(
        depth=3, width=width, activation="sigmoid", initializer="normal", scale=0.1, method="sgd", batch_size=60,
        epochs=epochs,
    )  # fmt: skip
    return [plain, *(plain.replace(name=name, normalizer="batch") for name in (WITH, *NOISES))]


def pairs(ground: Ground, drifts: Arms, over: Arms) -> dict[str, Paired]:
    """Return the differences that decide."""

    def pair(name: str, a: Sequence[float], b: Sequence[float]) -> Paired:
        return paired_difference(a, b, generator=ground.rng(f"C5.3 {name}"))

    noisy = strong_enough(ground, drifts)
    half = (np.asarray(over[WITHOUT]) + np.asarray(over[WITH])) / 2
    return {
        "stable": pair("stable", drifts[WITHOUT], drifts[WITH]),
        "helps": pair("helps", over[WITHOUT], over[WITH]),
        "restored": pair("restored", drifts[noisy], drifts[WITHOUT]),
        "kept": pair("kept", half.tolist(), over[noisy]),
    }


def strong_enough(ground: Ground, drifts: Arms) -> str:
    """Return the weakest noise whose drift is larger than without batch normalization, or else the strongest."""
    for name in NOISES:
        more = paired_difference(drifts[name], drifts[WITHOUT], generator=ground.rng(f"C5.3 {name}"))
        if larger(more):
            return name
    return [*NOISES][-1]


def decided(found: Pairs) -> ClaimVerdict:
    """Return the verdict: stable and helpful is needed; it is the reason if noise that restores drift undoes help."""
    more_than_half = larger(found["kept"]) if larger(found["restored"]) else None
    is_the_reason = None if more_than_half is None else not more_than_half
    return verdict([larger(found["stable"]), larger(found["helps"])], [is_the_reason])


def judged(ground: Ground, runs: Sequence[Run], drifts: Arms, pictures: tuple[Picture, ...]) -> Outcome:
    """Return what the runs and their drifts say about the claim."""
    over = {arm: mean_errors(runs, arm) for arm in ARMS}
    found, noisy = pairs(ground, drifts, over), strong_enough(ground, drifts)
    middle = {arm: (float(np.median(drifts[arm])), float(np.median(over[arm]))) for arm in ARMS}
    wrong = {arm: errors(runs, arm) for arm in ARMS}
    end = {arm: float(np.median(values)) for arm, values in wrong.items()}
    result = decided(found)
    return Outcome(
        verdict=result,
        finding=f"Over training the median of a pre-activation moves by {middle[WITHOUT][0]:.2f} of its spread "
        f"without batch normalization, by {middle[WITH][0]:.2f} with it, and by {middle[noisy][0]:.2f} with a noise of "
        f"{NOISES[noisy]:g} after it. The validation error over training is {middle[WITHOUT][1]:.1f}% without, "
        f"{middle[WITH][1]:.1f}% with, and {middle[noisy][1]:.1f}% with that noise; the test error at the end "
        f"{end[WITHOUT]:.1f}%, {end[WITH]:.1f}% and {end[noisy]:.1f}% (medians over seeds).",
        condition="Stable, and faster; but not faster because it is stable: with noise that shifts the distribution "
        "more than it shifts without batch normalization, most of the gain in speed is still there"
        + ("." if end[noisy] < end[WITHOUT] else ", though the test error at the end is not lower.")
        if result == "holds if"
        else "",
        metric="validation error over training, midway between without and with, minus with noise, points",
        value=found["kept"].difference,
        low=found["kept"].low,
        high=found["kept"].high,
        n_seeds=found["kept"].n,
        tables=(
            arms_table(
                "Drift of the median over training, in units of the spread",
                drifts,
                "drift",
                "Learning rates, in "
                "this order: "
                + ", ".join(f"{run.learning_rate:g}" for run in runs if run.seed == runs[0].seed)
                + ". Noise of 0.5 is that of the paper.",
            ),
            arms_table("Validation error, mean over training", over, "error, %"),
            arms_table("Test error at the end", wrong, "error, %"),
        ),
        pictures=(
            *pictures,
            curves("The error over training", runs, ARMS, "Each at its own fastest learning rate."),
        ),
    )


def _pictures(ground: Ground, watch: Percentiles, runs: Sequence[Run], drifts: Arms) -> list[Picture]:
    titles = ("Without: the distribution moves", "Batch norm: it stays", "Noise after it: it moves again")
    note = "A unit of the last hidden layer, one seed: the median, and the 15th to 85th percentile of a mini-batch."
    shown = (WITHOUT, WITH, strong_enough(ground, drifts))
    return [watch.picture(arm, runs[0].seed, title, note) for arm, title in zip(shown, titles, strict=True)]
