"""How the cost of a population grows with its members and its depth: seconds, network-steps per second, memory.

    python bench/scaling.py [--quick]

Digits, width 64, tanh, SGD, batch 32, 100 updates each, probes at the default cadence, models not kept; each row in a
process of its own, one after another. First 3 hidden layers and 10 to 10,000 members; then 100 members and 2 to 100
layers. Memory is the peak of the process above what it took before `fit` was called. Prints two tables as Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

MEMBERS = (10, 100, 1_000, 10_000)
DEPTHS = (2, 5, 10, 20, 50, 100)
UPDATES, BATCH, N_TRAIN = 100, 32, 1079


def one(members, depth):
    """Return seconds of `fit` and the MiB it took, measured in this process."""
    import resource
    import time

    from layerwise.data import digits
    from layerwise.models import Recipe
    from layerwise.population import fit

    epochs = round(UPDATES / (N_TRAIN // BATCH))
    recipe = Recipe(name="net").replace(depth=depth, width=64, activation="tanh", initializer="glorot_uniform",
                                        batch_size=BATCH, epochs=epochs)  # fmt: skip
    data = digits()
    fit(recipe, data, 1, progress=False)  # loads what is loaded once
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = fit(recipe, data, members, keep_models=False, progress=False)
    seconds = time.perf_counter() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"seconds": seconds, "steps": sum(run.n_steps for run in found.runs), "memory": memory}


def measured(members, depth):
    """Run `one` in a process of its own."""
    command = [sys.executable, __file__, "--one", str(members), str(depth)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def table(title, column, rows):
    headings = (column, "seconds", "members per second", "network-steps per second", "MiB")
    print(f"\n{title}\n\n| {' | '.join(headings)} |\n{'|---' * len(headings)}|")
    for name, members, found in rows:
        rate = found["steps"] / found["seconds"]
        per_second = members / found["seconds"]
        print(
            f"| {name:,} | {found['seconds']:.1f} | {per_second:,.1f} | {rate:,.0f} | {found['memory']:,.0f} |",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="up to 1,000 members and 20 layers")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(*options.one)))
        return
    members = MEMBERS[:-1] if options.quick else MEMBERS
    depths = DEPTHS[:-2] if options.quick else DEPTHS
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; about {UPDATES} updates each")
    table("3 hidden layers", "members", ((n, n, measured(n, 3)) for n in members))
    table("100 members", "hidden layers", ((depth, 100, measured(100, depth)) for depth in depths))


if __name__ == "__main__":
    main()
