"""C3.4: inputs of one sign give gradients of one sign, and the path to the minimum zigzags."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._marks import intervals
from layerwise.lecture.units._zigzag import path_picture, walk_table, walks
from layerwise.models import Recipe, build
from layerwise.records import Axis, ClaimVerdict, Picture, Table
from layerwise.stats import Interval, bootstrap_interval

BATCHES = (1, 2, 4, 16, 64)
"""Examples whose gradients are added up; the largest is how many are computed."""

UNITS = ("sigmoid", "tanh")
LAYER = "linear2"
"""The first layer that reads units, not data."""

HALF = (0.45, 0.55)
"""Signs that are drawn by a fair coin agree in half of all pairs."""

Agreement = dict[str, list[Interval]]


@claim(
    "C3.4",
    "Sigmoids give gradients of one sign",
    kind="exact and experiment",
    statement="Sigmoids are not zero-centered: all inputs of the next layer are positive, so the gradients of all "
    "weights of a unit have one sign. That restricts the directions of an update, and the path to the minimum zigzags.",
    prediction="For one example, any two weights of a unit have gradients of the same sign in all cases with sigmoid, "
    "in half of them with tanh. Summed over a batch, examples with different signs mix. In two dimensions, positive "
    "inputs reach the minimum in more updates than centered ones.",
    decision_rule="Holds if, for single examples, the share of pairs of one sign is exactly 1 with sigmoid, tanh's 95% "
    "interval lies within 0.45 and 0.55, and the interval of the number of updates of the zigzag over that of the "
    "centered path lies above 1. For single examples only, where sigmoid's share for a batch of 64 lies "
    "below 0.9. Else does not hold.",
    source="CS7015, lecture 9.3, sigmoids are not zero-centered. LeCun, Bottou, Orr and Müller 1998, Efficient "
    "BackProp.",
)
def one_sign(ground: Ground) -> Outcome:
    """Count signs of gradients, for single examples and for batches, and walk down a valley."""
    n_seeds = ground.n_seeds()
    found = {unit: agreement(ground, unit, n_seeds) for unit in UNITS}
    walked = walks(n_seeds, ground.generator("C3.4"), ground.rng("C3.4"))
    single, batch, tanh = found["sigmoid"][0], found["sigmoid"][-1], found["tanh"][0]
    verdict = one_sign_verdict(found, walked.ratio)
    return Outcome(
        verdict=verdict,
        finding=f"With sigmoid, two weights of one unit have gradients of the same sign in {single.estimate:.0%} of "
        f"cases for a single example, with tanh in {tanh.estimate:.0%}. In a batch of {BATCHES[-1]} it is "
        f"{batch.estimate:.0%} with sigmoid. Down a valley in two dimensions, positive inputs take "
        f"{walked.ratio.estimate:.1f} times the updates of centered ones (95% interval {walked.ratio.low:.1f} to "
        f"{walked.ratio.high:.1f}), each at its own best learning rate.",
        condition=""
        if verdict == "holds"
        else "All signs agree for a single example. A batch adds up examples whose "
        "common factor differs in sign, so the gradient that is used has both signs, though not as freely as with "
        "tanh.",
        metric="share of weight pairs with gradients of one sign, sigmoid, batch of 64",
        value=batch.estimate,
        low=batch.low,
        high=batch.high,
        n_seeds=n_seeds,
        tables=(_table(found), walk_table(walked)),
        pictures=(path_picture(walked), _picture(found)),
    )


def one_sign_verdict(found: Agreement, slower: Interval) -> ClaimVerdict:
    """Return the verdict from the shares by unit and batch, and from how much slower the zigzag is."""
    single, batch, tanh = found["sigmoid"][0], found["sigmoid"][-1], found["tanh"][0]
    if single.low < 1 or not HALF[0] <= tanh.low <= tanh.high <= HALF[1] or slower.low <= 1:
        return "does not hold"
    return "holds if" if batch.high < 0.9 else "holds"


def agreement(ground: Ground, unit: str, n_seeds: int) -> list[Interval]:
    """Return, for each size of a batch, the share of pairs of a unit's weights whose gradients have one sign."""
    by_seed = [[same_sign(part) for part in _batches(example_gradients(ground, unit, seed))] for seed in range(n_seeds)]
    rng = ground.rng(f"C3.4 {unit}")
    return [bootstrap_interval(shares, generator=rng) for shares in zip(*by_seed, strict=True)]


def same_sign(gradients: Tensor) -> float:
    """Return the share of pairs of weights with gradients of one sign: [..., unit, input], over all units.

    With p of n weights positive and m negative, p (p - 1) / 2 + m (m - 1) / 2 pairs agree.

    Example:
        >>> same_sign(torch.tensor([[1.0, 2.0, -1.0]]))
        0.3333333333333333
    """
    p, m = (gradients > 0).sum(-1).double(), (gradients < 0).sum(-1).double()
    pairs = (p + m) * (p + m - 1) / 2
    agreeing = (p * (p - 1) + m * (m - 1)) / 2
    return float(agreeing.sum() / pairs.sum())


def example_gradients(ground: Ground, unit: str, seed: int) -> Tensor:
    """Return the gradient of the second layer's weights for each of 64 training examples: [example, unit, input]."""
    data, split = ground.data, ground.data.split(seed)
    rows = split.train[: BATCHES[-1]]
    x, y = torch.from_numpy(split.scaled(data, rows)), torch.from_numpy(data.targets[rows])
    recipe = Recipe().replace(depth=3, width=32, activation=unit, initializer="glorot_normal")
    network = build(recipe, data.n_features, data.n_outputs, ground.generator(f"C3.4 {seed}"))
    loss = nn.CrossEntropyLoss() if data.task == "classification" else nn.MSELoss()

    def loss_at(weight: Tensor, row: Tensor, target: Tensor) -> Tensor:
        out = functional_call(network, {f"{LAYER}.weight": weight}, (row.unsqueeze(0),))
        found: Tensor = loss(out, target.unsqueeze(0))
        return found

    weight = network.get_parameter(f"{LAYER}.weight").detach()
    found: Tensor = vmap(grad(loss_at), (None, 0, 0))(weight, x, y)
    return found


def _batches(gradients: Tensor) -> list[Tensor]:
    """Return the gradients added up over batches of each size."""
    return [gradients.unflatten(0, (-1, size)).sum(1) for size in BATCHES]


def _table(found: Agreement) -> Table:
    rows = tuple(
        (f"{size}", *(f"{found[unit][k].estimate:.3f} [{found[unit][k].low:.3f}, {found[unit][k].high:.3f}]"
                      for unit in UNITS))
        for k, size in enumerate(BATCHES)
    )  # fmt: skip
    return Table(
        title="Share of pairs of a unit's weights whose gradients have one sign",
        columns=("examples in a batch", *UNITS),
        rows=rows,
        note="Second hidden layer of 32 units, before training; mean over seeds with a 95% interval. A fair coin: 0.5.",
    )


def _picture(found: Agreement) -> Picture:
    return Picture(
        title="One example: all signs agree with sigmoid. A batch mixes them",
        x=Axis(title="examples in a batch", scale="log"),
        y=Axis(title="share of weight pairs with one sign", low=0.4, high=1.0),
        marks=tuple(intervals(BATCHES, found[unit], unit) for unit in UNITS),
        note="1: all weights of a unit are pushed the same way. 0.5: no more alike than by a fair coin. Intervals: "
        "95%.",
    )
