"""How well searches of several designs choose a learning rate, and what they cost: the arms of `layerwise compare`.

    python bench/search.py [--seeds 24] [--draws 1000]

Trains every arm at seven rates, the five of the grid and one beyond each edge, with many seeds; then draws the seeds of
a search from them again and again. Printed are the mean scores at each rate, and for each design how many networks an
arm takes and how far below the best rate of the grid, in points of validation accuracy, the chosen one's mean is.
"""

from __future__ import annotations

import argparse
import functools
import random
from statistics import fmean

from layerwise.models import preset
from layerwise.population import fit
from layerwise.pretraining import prepare
from layerwise.studies import DEFAULT_ARMS, SEARCH_SEED, learning_rates
from layerwise.studies._once import Once
from layerwise.studies._search import choose

GRID = learning_rates("sgd")
BEYOND = (0.003, *GRID, 3.0)
DESIGNS = {
    "four seeds for all five rates": [(4, 1)],
    "three seeds for all five": [(3, 1)],
    "two seeds for all five": [(2, 1)],
    "two seeds, then two more for the best two": [(2, 2), (2, 1)],
    "two seeds, then two more for the best three": [(2, 3), (2, 1)],
    "one seed, one more for the best three, two for the best two": [(1, 3), (1, 2), (2, 1)],
    "one seed, then three more for the best two": [(1, 2), (3, 1)],
}
"""Rungs: so many seeds more, after which so many rates stay."""


@functools.cache
def at_rate(name, rate):
    """Return an arm at a rate."""
    return preset(name).replace(learning_rate=rate)


def trained(name, n_seeds):
    """Return the runs of an arm, by rate and seed."""
    seeds = range(SEARCH_SEED, SEARCH_SEED + n_seeds)
    arms = [at_rate(name, rate) for rate in BEYOND]
    options = {"prepare": Once(prepare), "probe_every": 0, "keep_models": False, "progress": False}
    return {(run.learning_rate, run.seed): run for run in fit(arms, "digits", seeds, **options).runs}


def chosen(name, runs, design, seeds):
    """Return the rate that a search of this design ends with."""
    rates, first = list(GRID), 0
    for more, stay in design:
        seen, kept = seeds[: first + more], []
        while len(kept) < stay:
            tried = [at_rate(name, rate) for rate in rates if rate not in kept]
            left = [recipe.optimizer.learning_rate for recipe in tried]
            best, _ = choose(tried, [runs[rate, seed] for rate in left for seed in seen])
            kept.append(best.optimizer.learning_rate)
        rates, first = kept, first + more
    return rates[0]


def networks(design):
    """Return how many networks a search of this design trains for an arm."""
    n_rates = [len(GRID), *(stay for _, stay in design)]
    return sum(n * more for n, (more, _) in zip(n_rates, design, strict=False))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--draws", type=int, default=1000)
    given = parser.parse_args()
    lost = {design: [] for design in DESIGNS}
    seeds, drawn = range(SEARCH_SEED, SEARCH_SEED + given.seeds), random.Random(0)
    print("| arm | " + " | ".join(f"{rate:g}" for rate in BEYOND) + " |")
    print("|---" * (1 + len(BEYOND)) + "|")
    for name in DEFAULT_ARMS:
        runs = trained(name, given.seeds)
        means = {rate: fmean(runs[rate, seed].scores["validation_accuracy"] for seed in seeds) for rate in BEYOND}
        print(f"| {name} | " + " | ".join(f"{means[rate]:.3f}" for rate in BEYOND) + " |", flush=True)
        best = max(means[rate] for rate in GRID)
        for label, design in DESIGNS.items():
            found = [chosen(name, runs, design, drawn.sample(list(seeds), 4)) for _ in range(given.draws)]
            lost[label].append(100 * fmean(best - means[rate] for rate in found))
    print("\n| search | networks an arm | points lost, mean over arms | in the worst arm |\n|---|---|---|---|")
    for label, points in lost.items():
        print(f"| {label} | {networks(DESIGNS[label])} | {fmean(points):.2f} | {max(points):.2f} |")


if __name__ == "__main__":
    main()
