"""C6.1: what optimizers since plain gradient descent are worth on the same deep networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from layerwise.lecture._arms import arms_table, differences
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._errors import errors, log_losses, loss_name
from layerwise.lecture._ground import Ground
from layerwise.lecture._search import at_own_rates
from layerwise.lecture.since._wins import wins
from layerwise.models import METHODS, Recipe
from layerwise.records import Axis, Marks, Picture, Run

PLAIN = "sgd"
SLOW, FAST = (0.03, 0.1, 0.3, 1.0, 3.0), (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
RATES = {
    method: SLOW
    if method == PLAIN
    else tuple(rate / 10 for rate in SLOW)
    if method in {"momentum", "nesterov"}
    else FAST
    for method in METHODS
}
"""Five for each, half a decade apart, around what is usual; a momentum of 0.9 makes steps ten times as long."""

DECAY = {"adamw": 0.01, "muon": 0.01}
"""What sets AdamW apart from Adam; torch's own number."""

NETWORKS = {"ReLU, 8 layers": ("relu", "he_normal", 8), "sigmoid, 4 layers": ("sigmoid", "glorot_uniform", 4)}
CALLED = {
    "sgd": "plain descent",
    "nesterov": "Nesterov",
    "rmsprop": "RMSprop",
    "adam": "Adam",
    "adamw": "AdamW",
    "muon": "Muon",
}
"""How texts spell methods; others as they are."""


@claim(
    "C6.1",
    "Better optimization methods",
    kind="experiment",
    statement="Deep learning has evolved by better optimization methods.",
    prediction="After the same number of updates, each at its own best learning rate, later methods leave a lower "
    "training loss than plain gradient descent, above all where that is stuck on a plateau.",
    decision_rule="A method is better on a network if its log10 of the training loss is lower than that of plain "
    "gradient descent (paired by seed, p < 0.05 by Holm over all comparisons). The claim holds if every method is "
    "better on both networks, it holds under a condition where some are, and does not if none is.",
    source="CS7015, lecture 9, last slides. Polyak 1964; Nesterov 1983; Tieleman and Hinton 2012 (RMSprop); Kingma "
    "and Ba 2015 (Adam); Loshchilov and Hutter 2019 (AdamW); Jordan et al. 2024 (Muon).",
)
def methods(ground: Ground) -> Outcome:
    """Train two deep networks by every method."""
    recipes = [_recipe(ground, network, method) for network in NETWORKS for method in METHODS]
    runs = at_own_rates(ground, recipes, RATES, ground.n_seeds()).runs
    names = [recipe.name for recipe in recipes]
    losses = {name: log_losses(runs, name) for name in names}
    pairs = [(_name(network, PLAIN), _name(network, m)) for network in NETWORKS for m in METHODS if m != PLAIN]
    found = wins(differences(ground, losses, pairs))
    best, gain = found.largest
    return Outcome(
        verdict=found.verdict,
        condition=" ".join(f"With {network}, {found.among(network).told(_short)}" for network in NETWORKS),
        finding=f"Of {len(found.found)} comparisons with plain gradient descent, later methods win {len(found.won)}. "
        f"The largest gain is that of {best}: the training loss is {10**gain.difference:.1f} times lower after as many "
        "updates (geometric mean over seeds).",
        metric=f"log10 of the training loss, plain gradient descent minus {best}",
        value=gain.difference,
        low=gain.low,
        high=gain.high,
        n_seeds=gain.n,
        tables=(
            arms_table("Training loss", {name: [10**one for one in some] for name, some in losses.items()},
                       loss_name(ground.data), f"Learning rates, in this order: {_rates(runs)}.", digits=4),
            arms_table("Test error", {name: errors(runs, name) for name in names}, "error, %"),
        ),
        pictures=tuple(_curves(runs, loss_name(ground.data))),
    )  # fmt: skip


def _rates(runs: Sequence[Run]) -> str:
    return ", ".join(f"{run.learning_rate:g}" for run in runs if run.seed == runs[0].seed)


def _short(_: str, name: str) -> str:
    return name.partition(",")[0]


def _name(network: str, method: str) -> str:
    return f"{CALLED.get(method, method)}, {network}"


def _recipe(ground: Ground, network: str, method: str) -> Recipe:
    activation, initializer, depth = NETWORKS[network]
    width, epochs = (512, 30) if ground.full else (64, 10)
    return Recipe(name=_name(network, method)).replace(
        depth=depth,
        width=width,
        activation=activation,
        initializer=initializer,
        method=method,
        epochs=epochs,
        l2=DECAY.get(method, 0.0),
    )


def _curves(runs: Sequence[Run], loss: str) -> Iterator[Picture]:
    for network in NETWORKS:
        marks = []
        for method in METHODS:
            curves = [run.curve("train_loss") for run in runs if run.recipe == _name(network, method)]
            table = [curve.values for curve in curves if curve is not None]
            n_points = min(map(len, table))
            y = np.median([values[:n_points] for values in table], axis=0)
            x = tuple(float(step) for step in curves[0].steps[:n_points]) if curves[0] else ()
            columns = {"x": x[1:], "y": tuple(y.tolist())[1:], "series": (CALLED.get(method, method),) * (n_points - 1)}
            marks.append(Marks(kind="line", columns=columns))
        yield Picture(
            title=f"Training loss by method: {network}",
            x=Axis(title="updates"),
            y=Axis(title=f"training loss, {loss}", scale="log"),
            marks=tuple(marks),
            note="Medians over seeds, each method at its own best learning rate.",
            size="full",
        )
