"""C3.10: units die when the learning rate is too high."""

from __future__ import annotations

from collections.abc import Sequence

from layerwise.lecture._claim import Outcome, claim
from layerwise.lecture._ground import Ground
from layerwise.lecture.units._dead_shares import (
    ARMS,
    FEW,
    LARGE,
    RATES,
    VARIANTS,
    Found,
    dying_picture,
    dying_table,
    lost_picture,
)
from layerwise.lecture.units._dead_units import Dead, dead_by_recipe, lost, shares
from layerwise.models import Recipe
from layerwise.records import ClaimVerdict
from layerwise.stats import Interval, bootstrap_interval, paired_difference


@claim(
    "C3.10",
    "ReLU units die at high learning rates",
    kind="experiment",
    statement="A large share of ReLU units can die if the learning rate is too high. It is advised to start biases at "
    "0.01, and to use variants of ReLU.",
    prediction="The share of units whose slope is 0 for all training inputs grows with the learning rate for ReLU; it "
    "is smaller with biases of 0.01, and 0 for Leaky ReLU, PReLU, ELU and Maxout, though single pieces of Maxout can "
    "die.",
    decision_rule="At the rate where most die, the 95% interval of the mean dead share of ReLU units lies above 20% "
    "and above that at the lowest rate, else it does not hold; undecided if it holds 20%. Then two parts: biases of "
    "0.01 save units (paired by seed, interval above 0); no variant's dead share at any rate reaches ReLU's interval. "
    "Holds if all are true, under a condition otherwise.",
    source="CS7015, lecture 9.3, the caveat of ReLU. Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural "
    "network acoustic models.",
)
def dying(ground: Ground) -> Outcome:
    """Train every unit at ever higher rates and count the dead."""
    n_seeds = ground.n_seeds()
    recipes = [_recipe(ground, arm, rate) for arm in ARMS for rate in RATES]
    counted = dead_by_recipe(ground.fit(recipes, n_seeds, keep_models=True), ground.data)
    found = summarize(ground, counted)
    most = found.units["ReLU"][found.worst] or Interval(0.0, 0.0, 0.0)
    verdict = dying_verdict(found)
    return Outcome(
        verdict=verdict,
        finding=f"At a learning rate of {RATES[found.worst]:g}, {most.estimate:.0%} of ReLU units are dead for all "
        f"training inputs; at {RATES[0]:g} it is {_at(found.units['ReLU'][0])}. {_bias_said(found)} "
        f"{_variants_said(found)} Of single pieces of Maxout up to {_highest(found.pieces['Maxout']):.1%} are dead. At "
        f"{RATES[-1]:g}, {found.lost['Leaky ReLU'][-1]:.0%} of Leaky ReLU networks and "
        f"{found.lost['Maxout'][-1]:.0%} of Maxout networks have diverged instead.",
        condition="" if verdict != "holds if" else _condition(found),
        metric=f"share of dead ReLU units at a rate of {RATES[found.worst]:g}",
        value=most.estimate,
        low=most.low,
        high=most.high,
        n_seeds=n_seeds,
        tables=(dying_table(found),),
        pictures=(dying_picture(found), lost_picture(found)),
    )


def summarize(ground: Ground, counted: dict[str, list[Dead | None]]) -> Found:
    """Return means with intervals, by arm and rate."""
    rng = ground.rng("C3.10")

    def means(arm: str, what: str) -> list[Interval | None]:
        values = [shares(counted[_name(arm, rate)], what) for rate in RATES]
        return [bootstrap_interval(some, generator=rng) if len(some) >= FEW else None for some in values]

    units = {arm: means(arm, "units") for arm in ARMS}
    worst = max(range(len(RATES)), key=lambda k: one.estimate if (one := units["ReLU"][k]) else -1.0)
    pairs = zip(*(counted[_name(arm, RATES[worst])] for arm in ("ReLU", "ReLU, bias 0.01")), strict=True)
    both = [(a.units, b.units) for a, b in pairs if a is not None and b is not None]
    plain, with_bias = [a for a, _ in both], [b for _, b in both]
    saved = paired_difference(plain, with_bias, generator=rng) if len(both) >= FEW else None
    gone = {arm: [lost(counted[_name(arm, rate)]) for rate in RATES] for arm in ARMS}
    return Found(units, {arm: means(arm, "pieces") for arm in ARMS}, gone, worst, saved)


def dying_verdict(found: Found) -> ClaimVerdict:
    """Return the verdict from the dead shares."""
    most, least = found.units["ReLU"][found.worst], found.units["ReLU"][0]
    if most is None or least is None or most.high <= LARGE or most.low <= least.high:
        return "does not hold"
    if most.low <= LARGE:
        return "undecided"
    return "holds" if bias_helps(found) and not still_dying(found) else "holds if"


def bias_helps(found: Found) -> bool:
    """Whether biases of 0.01 save units at the rate where most die."""
    return found.saved is not None and found.saved.low > 0


def still_dying(found: Found) -> list[str]:
    """Return the variants whose dead share at some rate reaches the interval of ReLU's largest."""
    most = found.units["ReLU"][found.worst]
    limit = most.low if most else 0.0
    return [arm for arm in VARIANTS if any(one is not None and one.high >= limit for one in found.units[arm])]


def _recipe(ground: Ground, arm: str, rate: float) -> Recipe:
    width, epochs = (500, 20) if ground.full else (32, 5)
    return Recipe(name=_name(arm, rate)).replace(depth=4, width=width, epochs=epochs, learning_rate=rate, **ARMS[arm])


def _name(arm: str, rate: float) -> str:
    return f"{arm} at {rate:g}"


def _highest(found: Sequence[Interval | None]) -> float:
    return max((one.estimate for one in found if one is not None), default=0.0)


def _at(one: Interval | None) -> str:
    return "unknown" if one is None else f"{one.estimate:.1%}"


def _bias_said(found: Found) -> str:
    if found.saved is None:
        return "Too few networks are left to judge the bias of 0.01."
    one = found.saved
    return f"Biases of 0.01 save {one.difference:.1%} of units there (95% interval {one.low:.1%} to {one.high:.1%})."


def _variants_said(found: Found) -> str:
    said = ", ".join(f"{arm} {_highest(found.units[arm]):.1%}" for arm in VARIANTS)
    return f"The largest dead shares of the variants, at any rate, among networks that did not diverge: {said}."


def _condition(found: Found) -> str:
    parts = [] if bias_helps(found) else ["A bias of 0.01 makes no difference that could be seen here."]
    if dying := still_dying(found):
        parts.append(f"With {', '.join(dying)} units end where their slope is below 1e-6 for all inputs, too.")
    return " ".join(["Units do die, and variants avoid it." if not still_dying(found) else "Units do die.", *parts])
