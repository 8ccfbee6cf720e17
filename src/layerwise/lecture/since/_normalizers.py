"""C6.4: what has come after batch normalization, with large batches and with small ones."""

from __future__ import annotations

from statistics import median

from layerwise.lecture._arms import Arms, arms_picture, arms_table, differences
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import errors
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.since._on_weights import ON_WEIGHTS, errors_on_weights
from layerwise.lecture.since._wins import Wins, wins
from layerwise.models import Recipe
from layerwise.normalizers import NORMALIZERS
from layerwise.records import Axis, ClaimVerdict, Picture

BATCH, RENORM = "batch", "batch_renorm"
LATER = ("layer", "group", "rms", "dyt", RENORM)
NORMALIZED = ("none", BATCH, *LATER)
CALLED = {"batch": "batch", "rms": "RMS", "dyt": "dynamic tanh", RENORM: "batch renormalization"}
"""How texts spell normalizers; others as they are."""

LARGE, SMALL = 32, 4
UPDATES = 400
RATES = {"sgd": (0.03, 0.1, 0.3)}


@claim(
    "C6.4",
    "Beyond batch normalization",
    kind="experiment",
    statement="Normalization has gone beyond batch normalization: over the units of one example, over weights, or "
    "with the statistics of many batches, so that small batches do no harm.",
    prediction=f"With batches of {SMALL} rows, batch normalization errs more than normalizers that do not look at "
    f"the batch; with {LARGE} rows it does not.",
    decision_rule="Test errors each at its own best learning rate, after equally many updates, paired by seed, p < "
    "0.05 by Holm over all comparisons with batch normalization. The claim holds if all of "
    f"{', '.join(CALLED.get(one, one) for one in LATER)} win at batches of {SMALL} and none loses at {LARGE}; it "
    f"holds under a condition where some win at {SMALL}; it does not if none does.",
    source="CS7015, lecture 9, last slides. Ba, Kiros and Hinton 2016 (layer); Wu and He 2018 (group); Zhang and "
    "Sennrich 2019 (RMS); Ioffe 2017 (batch renormalization); Salimans and Kingma 2016 (weight); Qiao et al. 2019 "
    "(weight standardization); Zhu et al. 2025 (dynamic tanh).",
    tasks=("classification", "regression"),
)
def normalizers(ground: Ground) -> Outcome:
    """Train networks with every normalizer on large batches and on small ones."""
    n_seeds = ground.n_seeds()
    recipes = [_recipe(ground, name, size) for size in (LARGE, SMALL) for name in NORMALIZED]
    runs = at_own_rates(ground, recipes, RATES, n_seeds, part=(0.0, 0.8)).runs
    arms = {recipe.name: errors(runs, recipe.name) for recipe in recipes}
    pairs = [(_name(BATCH, size), _name(later, size)) for size in (LARGE, SMALL) for later in LATER]
    found = differences(ground, arms, pairs)
    large, small = (wins({pair: found[pair] for pair in some}) for some in (pairs[: len(LATER)], pairs[len(LATER) :]))
    plain = _recipe(ground, "none", LARGE).replace(epochs=50 if ground.full else 6)
    weights = errors_on_weights(ground, plain, n_seeds)
    best, gain = small.largest
    rise = sum(arms[_name(BATCH, SMALL)]) / n_seeds - sum(arms[_name(BATCH, LARGE)]) / n_seeds
    return Outcome(
        verdict=decide(large, small),
        condition=f"Compared with batch normalization, in batches of {SMALL}: {small.told(_short)} In batches of "
        f"{LARGE}: {large.told(_short)}",
        finding=f"From batches of {LARGE} to {SMALL}, with as many updates, batch normalization's test error rises by "
        f"{rise:.2f} points. There the largest gain over it is that of {_short('', best)}, {gain.difference:.2f} "
        f"points (95% interval {gain.low:.2f} to {gain.high:.2f}); without any normalizer the median error is "
        f"{median(arms[_name('none', SMALL)]):.1f}%. Normalizers of weights, against none: "
        f"{_weights_said(ground, weights)}.",
        metric=f"test error, batch normalization minus {best}, percentage points",
        value=gain.difference,
        low=gain.low,
        high=gain.high,
        n_seeds=n_seeds,
        tables=(
            arms_table("Test error", arms, "error, %"),
            arms_table("Normalization of weights, by Adam", weights, "error, %"),
        ),
        pictures=tuple(_picture(arms, size) for size in (LARGE, SMALL)),
    )  # fmt: skip


def decide(large: Wins, small: Wins) -> ClaimVerdict:
    """Return the verdict from the comparisons at large and at small batches."""
    if not small.won:
        return "does not hold"
    return "holds" if small.verdict == "holds" and not large.lost else "holds if"


def _picture(arms: Arms, size: int) -> Picture:
    """Return the errors at one size of batches."""
    some = {_name(normalizer, size): CALLED.get(normalizer, normalizer) for normalizer in NORMALIZED}
    shown = {some[name]: values for name, values in arms.items() if name in some}
    return arms_picture(f"Batches of {size}", shown, Axis(title="test error, percent", scale="log"))


def _weights_said(ground: Ground, arms: Arms) -> str:
    plain, *others = ON_WEIGHTS
    found = differences(ground, arms, [(plain, other) for other in others])
    return "; ".join(
        f"{other} {-one.difference:+.2f} points of test error (p = {one.p_value:.2g})"
        for (_, other), one in found.items()
    )


def _short(_: str, name: str) -> str:
    return name.partition(",")[0]


def _name(normalizer: str, size: int) -> str:
    return f"{CALLED.get(normalizer, normalizer)}, batches of {size}"


def _recipe(ground: Ground, normalizer: str, size: int) -> Recipe:
    """Return a network that makes about as many updates, whatever the size of its batches."""
    width, updates = (512, 20_000) if ground.full else (64, UPDATES)
    n_batches = len(ground.data.split(0).train) // size
    return Recipe(name=_name(normalizer, size)).replace(
        depth=6, width=width, activation="relu", initializer="he_normal", normalizer=NORMALIZERS[normalizer].name,
        batch_size=size, epochs=max(1, round(updates / n_batches)),
    )  # fmt: skip
