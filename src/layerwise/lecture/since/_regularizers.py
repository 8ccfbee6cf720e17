"""C6.2: what regularizers are worth where labels are few."""

from __future__ import annotations

from layerwise.lecture._arms import arms_picture, arms_table, differences, one_test
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import errors
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_their_best, gentle
from layerwise.lecture.since._wins import wins
from layerwise.models import Recipe
from layerwise.records import Axis

NONE = "none"
STRENGTHS = {
    "L1": ("l1", (1e-5, 1e-4, 1e-3)),
    "L2": ("l2", (1e-4, 1e-3, 1e-2)),
    "dropout": ("dropout", (0.1, 0.3, 0.5)),
    "early stopping": ("patience", (3, 10, 30)),
    "input noise": ("input_noise", (0.1, 0.3, 1.0)),
}
"""The field of a recipe, and three strengths; epochs for early stopping."""

TEST_SHARE = 0.8
"""Of the rows where there is no official test part: what is left to train on is few, and the error is read off many."""


@claim(
    "C6.2",
    "Better regularization methods",
    kind="experiment",
    statement="Deep learning has evolved by better regularization methods.",
    prediction="Where training rows are few, networks fit them all; dropout, noise on the inputs, L1, L2 and early "
    "stopping, each at its own best strength, then err less on test rows.",
    decision_rule="A method helps if its test error is lower than without any (paired by seed, p < 0.05 by Holm over "
    "all methods), at the strength that is best on validation rows. The claim holds if all help, it holds under a "
    "condition where some do, and does not if none does.",
    source="CS7015, lecture 9, last slides. Srivastava et al. 2014, Dropout; Prechelt 1998, Early stopping, but "
    "when?; Bishop 1995, Training with noise is equivalent to Tikhonov regularization.",
)
def regularizers(ground: Ground) -> Outcome:
    """Train a network on few rows with each regularizer."""
    data = one_test(ground.data, TEST_SHARE)
    plain = _recipe(ground)
    tried = {NONE: [plain]} | {
        arm: [plain.replace(**{name: value}) for value in values] for arm, (name, values) in STRENGTHS.items()
    }
    fitted = at_their_best(ground, tried, ground.n_seeds(30), data=data, n_search=8)
    arms = {arm: errors(fitted.runs, arm) for arm in tried}
    found = wins(differences(ground, arms, [(NONE, arm) for arm in STRENGTHS]))
    best, gain = found.largest
    trained = errors(fitted.runs, NONE, "train")
    return Outcome(
        verdict=found.verdict,
        condition=f"With {len(data.split(0).train)} training rows: {found.told()}",
        finding=f"Without any, networks have a training error of {sum(trained) / len(trained):.2f}% and a "
        f"test error of {sum(arms[NONE]) / gain.n:.2f}% (means). The largest gain is that of {best}, "
        f"{gain.difference:.2f} points (95% interval {gain.low:.2f} to {gain.high:.2f}).",
        metric=f"test error, none minus {best}, percentage points",
        value=gain.difference,
        low=gain.low,
        high=gain.high,
        n_seeds=gain.n,
        tables=(arms_table("Test error", arms, "error, %", f"Strengths tried: {_strengths()}."),),
        pictures=(
            arms_picture("What each regularizer leaves of the test error", arms, Axis(title="test error, percent")),
        ),
    )


def _strengths() -> str:
    return "; ".join(f"{arm} {', '.join(f'{one:g}' for one in values)}" for arm, (_, values) in STRENGTHS.items())


def _recipe(ground: Ground) -> Recipe:
    width, epochs = (1024, 100) if ground.full else (128, 60)
    return Recipe(name=NONE).replace(depth=3, width=width, activation="relu", initializer="he_normal", method="sgd",
                                     learning_rate=gentle(0.1, ground.data), epochs=epochs)  # fmt: skip
