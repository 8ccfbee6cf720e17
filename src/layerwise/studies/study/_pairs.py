"""Which arms are held against each other, and how they differ, seed by seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from layerwise import stats
from layerwise._base import child_seed
from layerwise.records import StudyArm, StudyPair
from layerwise.studies.study._decision import Decision

MOST_ARMS = 12
"""Up to so many arms every pair is compared; of more, the best arm with each other one, and what a decision names."""

MOST_PAIRS = 200
LARGE = 300
"""Seeds from which on nothing is resampled: the normal limit says the same (tests/stats/test_large_samples.py)."""


def make_pairs(arms: Sequence[StudyArm], decisions: Sequence[Decision], *, lower: bool) -> tuple[StudyPair, ...]:
    """Return the pairs that have at least two seeds in common; p-values are Holm's over all of them."""
    chosen = list(dict.fromkeys(_chosen(arms, decisions, lower=lower)))[:MOST_PAIRS]
    by_name = {arm.name: arm for arm in arms}
    found = []
    for a, b in chosen:
        mine, theirs = _in_common(by_name[a], by_name[b])
        if len(mine) >= 2:
            found.append((a, b, mine, theirs))
    tests = [_tested(*pair) for pair in found]
    corrected = stats.holm([test.p_value for test, _ in tests])
    spreads = stats.holm([spread.p_value for _, spread in tests])
    return tuple(
        _pair(pair, test, float(p), float(spread_p), lower=lower)
        for pair, (test, _), p, spread_p in zip(found, tests, corrected, spreads, strict=True)
    )


def _chosen(arms: Sequence[StudyArm], decisions: Sequence[Decision], *, lower: bool) -> Iterator[tuple[str, str]]:
    names = [arm.name for arm in arms]
    place = {name: number for number, name in enumerate(names)}
    named = [(rule.better, other) for rule in decisions if rule.better for other in rule.others(names)]
    named += [(rule.alike[0], rule.alike[1]) for rule in decisions if rule.alike]
    if len(arms) <= MOST_ARMS:
        yield from combinations(names, 2)
        return
    yield from (pair if place[pair[0]] < place[pair[1]] else pair[::-1] for pair in named)
    ended = [arm for arm in arms if math.isfinite(arm.mean)]
    if ended:
        best = (min if lower else max)(ended, key=lambda arm: arm.mean).name
        yield from ((best, name) if place[best] < place[name] else (name, best) for name in names if name != best)


def _in_common(a: StudyArm, b: StudyArm) -> tuple[list[float], list[float]]:
    mine, theirs = ({s: v for s, v in zip(arm.seeds, arm.values, strict=True) if math.isfinite(v)} for arm in (a, b))
    common = sorted(mine.keys() & theirs.keys())
    return [mine[seed] for seed in common], [theirs[seed] for seed in common]


def _tested(a: str, b: str, mine: Sequence[float], theirs: Sequence[float]) -> tuple[stats.Paired, stats.Spread]:
    spread = stats.brown_forsythe(mine, theirs)
    if len(mine) > LARGE:
        return stats.large_paired_difference(mine, theirs), spread
    generator = np.random.default_rng(child_seed(0, "pair", a, b))
    return stats.paired_difference(mine, theirs, generator=generator), spread


def _pair(
    pair: tuple[str, str, Sequence[float], Sequence[float]],
    test: stats.Paired,
    p_value: float,
    spread_p: float,
    *,
    lower: bool,
) -> StudyPair:
    a, b, mine, theirs = pair
    effect = stats.paired_effect(mine, theirs)
    wins = test.n - effect.larger - effect.equal if lower else effect.larger
    return StudyPair(
        a=a,
        b=b,
        n=test.n,
        difference=test.difference,
        low=test.low,
        high=test.high,
        p_value=p_value,
        effect=effect.size,
        wins=wins,
        ties=effect.equal,
        spread_p=spread_p,
    )
