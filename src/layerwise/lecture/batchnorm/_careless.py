"""C5.4: with batch normalization the size of the first weights matters less."""

from __future__ import annotations

from collections.abc import Sequence

from layerwise.lecture._arms import Arms
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._decided import larger, verdict
from layerwise.lecture._errors import errors
from layerwise.lecture._ground import Ground
from layerwise.lecture._intervals import interval_columns
from layerwise.lecture._search import at_own_rates
from layerwise.models import Recipe
from layerwise.records import Axis, ClaimVerdict, Marks, Picture, Run, Table
from layerwise.stats import Paired, median_interval, paired_difference

SCALES = (0.001, 0.01, 0.1, 1.0, 10.0)
NORMALIZERS = {"without": "none", "batch norm": "batch"}
RATES = {"sgd": (0.03, 0.3, 3.0)}


@claim(
    "C5.4",
    "Less careful about initialization",
    kind="experiment",
    statement="Batch normalization allows us to be less careful about initialization.",
    prediction="Over weights whose standard deviation goes through four orders of magnitude, the test error hardly "
    "changes with batch normalization, and changes much without.",
    decision_rule="Each of five scales of weights, with and without, is trained at its own best of three learning "
    "rates. For each seed the worst scale's test error minus the best one's is what carelessness costs. The claim "
    "holds if the 95% interval of the paired difference in that cost, without - with, lies above 0, and does not hold "
    "if it lies below.",
    source="CS7015, lecture 9.5, first slide. Ioffe and Szegedy 2015, Batch normalization.",
)
def careless(ground: Ground) -> Outcome:
    """Train networks from small to large weights, with and without batch normalization."""
    arms = [recipe(name, scale, ground) for name in NORMALIZERS for scale in SCALES]
    return judged(ground, at_own_rates(ground, arms, RATES, ground.n_seeds()).runs)


def recipe(name: str, scale: float, ground: Ground) -> Recipe:
    """Return the arm of this scale."""
    width, epochs = (500, 10) if ground.full else (64, 12)
    return Recipe(name=arm(name, scale)).replace(
        depth=3, width=width, activation="tanh", initializer="normal", scale=scale, normalizer=NORMALIZERS[name],
        epochs=epochs,
    )  # fmt: skip


def arm(name: str, scale: float) -> str:
    """Return what the arm of this scale is called."""
    return f"{name}, {scale:g}"


def cost(wrong: Arms, name: str) -> list[float]:
    """Return, by seed, the error of the worst scale less that of the best."""
    return [max(values) - min(values) for values in zip(*(wrong[arm(name, scale)] for scale in SCALES), strict=True)]


def decided(saved: Paired) -> ClaimVerdict:
    """Return the verdict on the cost of carelessness, without - with."""
    return verdict([larger(saved)], [])


def judged(ground: Ground, runs: Sequence[Run]) -> Outcome:
    """Return what the runs say about the claim."""
    wrong = {arm(name, scale): errors(runs, arm(name, scale)) for name in NORMALIZERS for scale in SCALES}
    costs = {name: cost(wrong, name) for name in NORMALIZERS}
    saved = paired_difference(costs["without"], costs["batch norm"], generator=ground.rng("C5.4"))
    middle = {name: median_interval(values).estimate for name, values in costs.items()}
    return Outcome(
        verdict=decided(saved),
        finding=f"Between the best and the worst of {len(SCALES)} scales of weights, from {SCALES[0]:g} to "
        f"{SCALES[-1]:g}, the test error differs by {middle['without']:.1f} points without batch normalization and by "
        f"{middle['batch norm']:.1f} with it (medians over seeds), each scale at its own best learning rate.",
        metric="points of test error that carelessness costs, without - with",
        value=saved.difference,
        low=saved.low,
        high=saved.high,
        n_seeds=saved.n,
        tables=(_table(runs, wrong),),
        pictures=(_picture(wrong),),
    )


def _table(runs: Sequence[Run], wrong: Arms) -> Table:
    rates = {run.recipe: run.learning_rate for run in runs}
    rows = tuple(
        (name, f"{rates[name]:g}", f"{middle.estimate:.1f}", f"{middle.low:.1f} to {middle.high:.1f}")
        for name, middle in ((name, median_interval(values)) for name, values in wrong.items())
    )
    columns = ("normalizer, std of weights", "best rate", "median test error, %", "95% interval")
    return Table(title="Three layers of tanh units", columns=columns, rows=rows)


def _picture(wrong: Arms) -> Picture:
    rows = ((scale, name, wrong[arm(name, scale)]) for name in NORMALIZERS for scale in SCALES)
    return Picture(
        title="Test error against the size of the first weights",
        x=Axis(title="standard deviation of the first weights", scale="log"),
        y=Axis(title="test error, percent", low=0.0),
        marks=(Marks(kind="line", columns=interval_columns(rows)),),
        note="Medians over seeds with 95% intervals, each point at its own best learning rate.",
    )
