"""C3.5: what exp costs, alone and inside a network."""

from __future__ import annotations

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._marks import NAMES, bars
from layerwise.lecture.units._timing import DEPTH, WIDTH, alone_time, network_step, timed
from layerwise.records import Axis, ClaimVerdict, Picture, Table
from layerwise.report import listed
from layerwise.stats import Interval, median_interval

UNITS = ("relu", "leaky_relu", "sigmoid", "tanh", "elu")
WITH_EXP = ("sigmoid", "tanh", "elu")
COSTLY, NOTICED = 1.0, 1.1

Round = dict[str, float]


@claim(
    "C3.5",
    "exp makes units expensive",
    kind="experiment",
    statement="Sigmoid, tanh and ELU need exp(x), which is computationally expensive; ReLU needs a comparison.",
    prediction="For each number, forward and backward together, units with exp take longer than ReLU. Inside a network "
    "the matrix products take most of the time, so a training step takes hardly longer.",
    decision_rule="Ratios of times to ReLU's, paired within rounds, with 95% intervals of the median. Alone: all three "
    "units with exp above 1, else it does not hold. Inside a network (3 layers of 256, batches of 64): it holds if the "
    "intervals of all three lie above 1.1, under a condition if that of at least one lies below 1.1, else it is "
    "undecided. The rule for networks was revised after a first run had been seen.",
    source="CS7015, lecture 9.3, sigmoids are computationally expensive.",
)
def cost(ground: Ground) -> Outcome:
    """Time units alone and inside networks, in rounds that visit every unit once."""
    n_rounds = ground.n_seeds(60)
    alone = [{name: alone_time(name) for name in UNITS} for _ in range(n_rounds)]
    ground.tell(0.3)
    networks = {name: network_step(name) for name in UNITS}
    inside = []
    for k in range(n_rounds):
        inside.append({name: timed(step, 5) for name, step in networks.items()})
        ground.tell(0.3 + 0.7 * k / n_rounds)
    ratios = {"alone": against_relu(alone), "inside": against_relu(inside)}
    inner = {name: ratios["inside"][name] for name in WITH_EXP}
    slowest, fastest = (choose(inner, key=lambda name: inner[name].estimate) for choose in (max, min))
    dear = max(WITH_EXP, key=lambda name: ratios["alone"][name].estimate)
    verdict = cost_verdict(ratios["alone"], inner)
    return Outcome(
        verdict=verdict,
        finding=f"Alone, {NAMES[dear]} takes {ratios['alone'][dear].estimate:.1f} times as long as ReLU for a number, "
        f"forward and backward. Inside a network a training step takes {inner[fastest].estimate:.2f} times as long "
        f"with {NAMES[fastest]} as with ReLU (95% interval {_within(inner[fastest])}), and "
        f"{inner[slowest].estimate:.2f} times as long with {NAMES[slowest]} ({_within(inner[slowest])}). Measured in "
        f"{n_rounds} rounds on this machine.",
        condition="" if verdict != "holds if" else "So for the unit alone. Inside a network the products of matrices "
        f"take most of the time ({DEPTH} layers of {WIDTH} units, on this machine): with "
        f"{listed([NAMES[name] for name in WITH_EXP if inner[name].high < NOTICED])} a step takes less than a "
        "tenth longer than with ReLU.",
        metric=f"time of a training step with {NAMES[fastest]}, over that with ReLU, {n_rounds} rounds",
        value=inner[fastest].estimate,
        low=inner[fastest].low,
        high=inner[fastest].high,
        tables=(_table(alone, inside, ratios),),
        pictures=(_picture(alone, "Alone: nanoseconds for a number, forward and backward", "nanoseconds for a number"),
                  _picture(inside, "Inside a network: milliseconds for a training step", "milliseconds for a step")),
    )  # fmt: skip


def cost_verdict(alone: dict[str, Interval], inside: dict[str, Interval]) -> ClaimVerdict:
    """Return the verdict from the ratios of the units alone, and of those with exp inside a network."""
    if min(alone[name].low for name in WITH_EXP) <= COSTLY:
        return "does not hold"
    if all(one.low > NOTICED for one in inside.values()):
        return "holds"
    return "holds if" if any(one.high < NOTICED for one in inside.values()) else "undecided"


def against_relu(rounds: list[Round]) -> dict[str, Interval]:
    """Return the median over rounds of every unit's time over ReLU's."""
    return {name: median_interval([one[name] / one["relu"] for one in rounds]) for name in UNITS}


def _table(alone: list[Round], inside: list[Round], ratios: dict[str, dict[str, Interval]]) -> Table:
    rows = []
    for name in UNITS:
        cells = [NAMES[name]]
        for times, where, form in ((alone, "alone", ".2f"), (inside, "inside", ".3f")):
            ratio = ratios[where][name]
            cells += [f"{median_interval([one[name] for one in times]).estimate:{form}}",
                      _ends(ratio)]  # fmt: skip
        rows.append(tuple(cells))
    return Table(
        title="What units cost",
        columns=("unit", "alone, ns", "times ReLU", "step, ms", "times ReLU "),
        rows=tuple(rows),
        note="Medians over rounds, with 95% intervals. Alone: for one number, forward and backward. Step: of a "
        f"network of {DEPTH} layers, both ways.",
    )


def _picture(rounds: list[Round], title: str, axis: str) -> Picture:
    found = [median_interval([one[name] for one in rounds]) for name in UNITS]
    return Picture(
        title=title,
        x=Axis(title="", scale="names"),
        y=Axis(title=axis, low=0.0),
        marks=(bars([NAMES[name] for name in UNITS], found),),
        note="Medians with 95% intervals.",
    )


def _within(one: Interval) -> str:
    return f"{one.low:.2f} to {one.high:.2f}"


def _ends(one: Interval) -> str:
    return f"{one.estimate:.2f} ({_within(one)})"
