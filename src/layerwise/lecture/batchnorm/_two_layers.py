"""C5.5: two layers with and without batch normalization."""

from __future__ import annotations

from collections.abc import Sequence

from layerwise.lecture._arms import arms_table
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import larger, verdict
from layerwise.lecture._errors import errors
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.batchnorm._learning import RATES, at_fastest_rates, curves, mean_errors
from layerwise.models import Recipe
from layerwise.records import ClaimVerdict, Run
from layerwise.stats import Paired, paired_difference

WITHOUT, WITH = "without", "batch norm"


@claim(
    "C5.5",
    "Two layers with and without batch norm",
    kind="experiment",
    statement="On MNIST, a network of two layers performs better with batch normalization than without.",
    prediction="With it the network learns faster, and gets at least as far.",
    decision_rule="Both networks have the same seeds. The claim holds if the 95% intervals of the paired differences, "
    "without - with, lie above 0 for the validation error, mean over the whole of training, each where it is "
    "fastest of four learning rates, and for the test error at the end, each where it is best in the end; under a "
    "condition if only for the first; it does not hold if the first lies below 0.",
    source="CS7015, lecture 9.5, last comparison. Ioffe and Szegedy 2015, Batch normalization, section 4.1.",
)
def two_layers(ground: Ground) -> Outcome:
    """Train both arms on the ground's data: MNIST where it is given, digits otherwise."""
    n_seeds = ground.n_seeds()
    fast = at_fastest_rates(ground, recipes(ground), n_seeds)
    return judged(ground, fast, at_own_rates(ground, recipes(ground), {"sgd": RATES}, n_seeds).runs)


def recipes(ground: Ground) -> list[Recipe]:
    """Return the two arms."""
    # ten epochs of MNIST are 10,000 steps; of few rows they would be less than the quick run's
    epochs = 10 if ground.full and len(ground.data.split(0).train) >= 10_000 else None
    plain = Recipe(name=WITHOUT).replace(
        depth=2, width=100, activation="sigmoid", initializer="normal", scale=0.1, method="sgd", batch_size=60,
        epochs=epochs,
    )  # fmt: skip
    return [plain, plain.replace(name=WITH, normalizer="batch")]


def decided(speed: Paired, end: Paired) -> ClaimVerdict:
    """Return the verdict on the differences in the mean error over training, and in the error at its end."""
    return verdict([larger(speed)], [larger(end) is True])


def _condition(found: ClaimVerdict, data: str) -> str:
    end = "It learns faster; that it ends up better is not shown." if found == "holds if" else ""
    where = "" if data == "mnist" else f"This is on {data}; the same command with --data mnist shows it on MNIST."
    return f"{end} {where}".strip()


def judged(ground: Ground, runs: Sequence[Run], best: Sequence[Run]) -> Outcome:
    """Return what runs at the fastest rates, and runs at those best in the end, say about the claim."""
    over = {name: mean_errors(runs, name) for name in (WITHOUT, WITH)}
    wrong = {name: errors(best, name) for name in (WITHOUT, WITH)}
    speed, end = (paired_difference(one[WITHOUT], one[WITH], generator=ground.rng("C5.5")) for one in (over, wrong))
    found = decided(speed, end)
    rates = [f"{one.learning_rate:g}" for some in (runs, best) for one in some if one.seed == some[0].seed]
    return Outcome(
        verdict=found,
        finding=f"On {ground.data.name} the validation error over the whole of training is, in the mean, "
        f"{_said(speed)} with batch normalization, the test error at its end {_said(end)}. Learning rates without and "
        f"with: {rates[0]} and {rates[1]} are fastest, {rates[2]} and {rates[3]} best in the end.",
        condition=_condition(found, ground.data.name),
        metric="validation error over training, without - with",
        value=speed.difference,
        low=speed.low,
        high=speed.high,
        n_seeds=speed.n,
        tables=(
            arms_table("Validation error, mean over training", over, "error, %"),
            arms_table("Test error at the end", wrong, "error, %"),
        ),
        pictures=(
            curves(
                f"Two layers on {ground.data.name}: with batch norm the error falls "
                + ("sooner" if speed.difference > 0 else "no sooner"),
                runs,
                (WITHOUT, WITH),
                "Each at its own fastest learning rate.",
            ),
        ),
    )


def _said(pair: Paired) -> str:
    """Say by how much the second is lower or higher: "2 points lower (1 to 3)"."""
    if pair.difference >= 0:
        return f"{pair.difference:.2f} points lower ({pair.low:.2f} to {pair.high:.2f})"
    return f"{-pair.difference:.2f} points higher ({-pair.high:.2f} to {-pair.low:.2f})"
