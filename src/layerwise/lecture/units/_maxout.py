"""C3.13: Maxout."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from layerwise.activations import ACTIVATIONS
from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._exact import ROUNDING, Sides, largest, sides_table
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._dead_units import Dead, dead_by_recipe, shares
from layerwise.lecture.units._marks import Z, line
from layerwise.models import Recipe, build
from layerwise.records import Axis, ClaimVerdict, Picture, Table
from layerwise.stats import Interval, bootstrap_interval

RATES = (0.01, 0.03, 0.1)
"""Up to where Maxout networks still train; at 0.3 nearly all diverge."""

LAYERS, WIDTH, N_INPUTS = 3, 16, 10


@claim(
    "C3.13",
    "Maxout generalizes ReLU and cannot die",
    kind="exact and experiment",
    statement="Maxout, max(w1 x + b1, w2 x + b2), generalizes ReLU and Leaky ReLU. It does not saturate and does not "
    "die; it doubles the number of parameters.",
    prediction="With w1 = b1 = 0 it is ReLU, with w1 = 0.01 w2 and b1 = 0.01 b2 Leaky ReLU. One of the two slopes is "
    "always 1. Hidden layers have exactly twice the parameters. In training no unit dies, but a piece that is nowhere "
    "the larger gets no gradient.",
    decision_rule="Exact part to 1e-12; parameters of hidden layers exactly doubled; no dead unit in any network. "
    "Else it does not hold. Holds for whole units only, if the 95% interval of the mean share of dead pieces lies "
    "above 0 at some rate.",
    source="CS7015, lecture 9.3, Maxout. Goodfellow, Warde-Farley, Mirza, Courville and Bengio 2013, Maxout networks.",
)
def maxout(ground: Ground) -> Outcome:
    """Make ReLU and Leaky ReLU of it, count parameters, and count the dead."""
    sides, n_seeds = [*special_cases(ground.generator("C3.13")), *parameters()], ground.n_seeds()
    recipes = [_recipe(rate) for rate in RATES]
    counted = dead_by_recipe(ground.fit(recipes, n_seeds, keep_models=True), ground.data)
    rng = ground.rng("C3.13")
    pieces = [bootstrap_interval(shares(one, "pieces") or [0.0], generator=rng) for one in counted.values()]
    most, verdict = max(pieces, key=lambda one: one.low), maxout_verdict(sides, counted, pieces)
    n_units = sum(map(len, (shares(one) for one in counted.values())))
    return Outcome(
        verdict=verdict,
        finding=f"From ReLU and from Leaky ReLU it differs by {largest(sides):.2g}, and its hidden layers have exactly "
        f"twice the parameters. In {n_units} trained networks {sum(map(_any_dead, counted.values()))} had a dead "
        f"unit; of single pieces up to {most.estimate:.1%} were dead.",
        condition=""
        if verdict != "holds if"
        else "The unit as a whole does not die. One of its two pieces can: where "
        "it is the larger for no input, its weights get no gradient, and the unit is left with one straight line.",
        metric="share of dead pieces, at the rate where most are",
        value=most.estimate,
        low=most.low,
        high=most.high,
        n_seeds=n_seeds,
        tables=(sides_table("Maxout", sides, ("maxout", "another way")), _table(counted, pieces)),
        pictures=(_picture(),),
    )


def maxout_verdict(sides: list[Sides], counted: dict[str, list[Dead | None]], pieces: list[Interval]) -> ClaimVerdict:
    """Return the verdict from the exact part, the networks and the dead pieces."""
    if largest(sides) > ROUNDING or any(map(_any_dead, counted.values())):
        return "does not hold"
    return "holds if" if any(one.low > 0 for one in pieces) else "holds"


def special_cases(generator: torch.Generator) -> list[Sides]:
    """Return Maxout with the pieces of ReLU and of Leaky ReLU, and the larger of its two slopes."""
    x, w = torch.randn(2, 500, 8, generator=generator, dtype=torch.float64)
    z = (x @ w[:16].T) + 0.3
    free = torch.randn(500, 32, generator=generator, dtype=torch.float64).requires_grad_()
    slopes = torch.autograd.grad(_maxout(free).sum(), free)[0].unflatten(1, (2, -1)).amax(1)
    return [
        Sides("w1 = 0, b1 = 0: ReLU", _maxout(torch.cat([0 * z, z], 1)), ACTIVATIONS["relu"].function(z)),
        Sides("w1 = 0.01 w2: Leaky ReLU", _maxout(torch.cat([0.01 * z, z], 1)), ACTIVATIONS["leaky_relu"].function(z)),
        Sides("larger of the two slopes: 1", slopes, torch.ones_like(slopes)),
    ]


def parameters() -> list[Sides]:
    """Return the parameters of hidden layers, and twice those of ReLU's."""
    counts = {}
    for name in ("maxout", "relu"):
        recipe = Recipe().replace(depth=LAYERS, width=WIDTH, activation=name)
        network = build(recipe, N_INPUTS, 2, torch.Generator().manual_seed(0))
        layers = [one for one in network.modules() if isinstance(one, nn.Linear)][:-1]
        counts[name] = float(sum(p.numel() for layer in layers for p in layer.parameters()))
    return [Sides("parameters of hidden layers: 2 x ReLU's", counts["maxout"], 2 * counts["relu"])]


def _maxout(z: Tensor) -> Tensor:
    return ACTIVATIONS["maxout"].function(z)


def _any_dead(found: list[Dead | None]) -> int:
    return sum(share > 0 for share in shares(found))


def _recipe(rate: float) -> Recipe:
    return Recipe(name=f"{rate:g}").replace(
        depth=4, width=32, activation="maxout", initializer="lecun_normal", epochs=5, learning_rate=rate
    )


def _table(counted: dict[str, list[Dead | None]], pieces: list[Interval]) -> Table:
    rows = tuple(
        (rate, f"{len(shares(found))}", f"{max(shares(found), default=0.0):.1%}", f"{one.estimate:.2%}",
         f"{one.low:.2%} to {one.high:.2%}")
        for (rate, found), one in zip(counted.items(), pieces, strict=True)
    )  # fmt: skip
    return Table(
        title="Dead units and pieces of Maxout networks after training",
        columns=("learning rate", "networks", "most dead units", "dead pieces", "95% interval"),
        rows=rows,
        note="Dead: no gradient for any training input. Networks that diverged are left out.",
    )


def _picture() -> Picture:
    several = torch.stack([-1.2 * Z - 1.5, -0.2 * Z, 0.9 * Z - 0.6]).amax(0)
    return Picture(
        title="Maxout is ReLU, Leaky ReLU, the absolute value, or any convex bend",
        x=Axis(title="input x", low=-4.0, high=4.0),
        y=Axis(title="output", low=-1.0, high=4.0),
        marks=(
            line(Z, torch.maximum(0 * Z, Z), "max(0, x): ReLU"),
            line(Z, torch.maximum(0.01 * Z, Z) - 0.05, "max(0.01 x, x): Leaky ReLU, drawn 0.05 lower"),
            line(Z, torch.maximum(-Z, Z), "max(-x, x): absolute value"),
            line(Z, several, "three pieces"),
        ),
    )
