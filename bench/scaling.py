"""How the cost of a population grows with its members and its depth: time, network-steps per second, memory.

    python bench/scaling.py            measure, print two tables as Markdown, draw docs/scaling.svg: some ten minutes
    python bench/scaling.py --quick    up to 1,000 members and 20 layers; only the tables
    python bench/scaling.py --draw     the tables and the picture again, from bench/results/scaling.jsonl

Digits, width 64, tanh, SGD, batch 32, 100 updates each, probes at the default cadence, models not kept; each row in a
process of its own, one after another. First 3 hidden layers and 10 to 10,000 members; then 100 members and 2 to 100
layers. Processor time is that of all threads; other work on the machine stretches it less than the seconds that pass.
Memory is the peak of the process above what it took before `fit` was called.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

MEMBERS = (10, 100, 1_000, 10_000)
DEPTHS = (2, 5, 10, 20, 50, 100)
FEW_LAYERS, SOME_MEMBERS = 3, 100
UPDATES, BATCH, N_TRAIN = 100, 32, 1079
HERE = Path(__file__).parent
ROWS, PICTURE = HERE / "results" / "scaling.jsonl", HERE.parent / "docs" / "scaling.svg"


def one(members, depth):
    """Return what `fit` of so many members took, measured in this process."""
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
    start, processor = time.perf_counter(), time.process_time()
    found = fit(recipe, data, members, keep_models=False, progress=False)
    return {
        "members": members,
        "depth": depth,
        "seconds": time.perf_counter() - start,
        "processor": time.process_time() - processor,
        "steps": sum(run.n_steps for run in found.runs),
        "mib": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    }


def measured(members, depth):
    """Run `one` in a process of its own."""
    command = [sys.executable, __file__, "--one", str(members), str(depth)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def tables(rows):
    """Print what is known, as two tables."""
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {UPDATES} updates each")
    by_members, by_depth = parts(rows)
    table(f"{FEW_LAYERS} hidden layers", "members", by_members)
    table(f"{SOME_MEMBERS} members", "hidden layers", by_depth)


def parts(rows):
    """Return the rows that differ in members, and those that differ in depth, by the name of what they differ in."""
    by_members = {row["members"]: row for row in rows if row["depth"] == FEW_LAYERS}
    by_depth = {row["depth"]: row for row in rows if row["members"] == SOME_MEMBERS and row["depth"] in DEPTHS}
    return by_members, by_depth


def table(title, column, rows):
    headings = (column, "seconds", "processor seconds", "members per second", "network-steps per second", "MiB")
    print(f"\n{title}\n\n| {' | '.join(headings)} |\n{'|---' * len(headings)}|")
    for name, row in rows.items():
        rates = f"{row['members'] / row['seconds']:,.1f} | {row['steps'] / row['seconds']:,.0f}"
        print(f"| {name:,} | {row['seconds']:.1f} | {row['processor']:.1f} | {rates} | {row['mib']:,.0f} |")


def draw(rows):
    """Draw time and memory against members and against depth, as one picture that needs nothing else."""
    import altair as alt

    by_members, by_depth = parts(rows)
    shown = (
        (by_members, "members", f"members, {FEW_LAYERS} hidden layers each"),
        (by_depth, "hidden layers", f"hidden layers, {SOME_MEMBERS} members"),
    )
    drawn = [
        alt.hconcat(
            panel(found, f"Time against {what}", along, "processor", "processor time [s]"),
            panel(found, f"Memory against {what}", along, "mib", "memory [MiB]"),
        )
        for found, what, along in shown
    ]
    title = f"{UPDATES} updates of 64-wide networks. Dashed: in proportion, from the largest down"
    chart = alt.vconcat(*drawn, title=title, background="white").configure_axis(gridOpacity=0.5)
    chart.save(PICTURE)


def panel(found, heading, along, quantity, title):
    """Return one quantity over one size, between logarithmic axes, with the line of proportion through the largest."""
    import altair as alt

    sizes, values = list(found), [row[quantity] for row in found.values()]
    share = [values[-1] * size / sizes[-1] for size in sizes]
    rows = [{"size": n, "value": v, "share": p} for n, v, p in zip(sizes, values, share, strict=True)]
    powers = [10.0**k for k in range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)]
    ends = alt.Scale(type="log", domain=[powers[0], powers[-1]], nice=False)
    apart = alt.Scale(type="log", domain=[sizes[0] / 1.2, sizes[-1] * 1.2], nice=False)
    x = alt.X("size:Q", scale=apart, axis=alt.Axis(values=sizes, format=",d", title=along))
    y_axis = alt.Axis(values=powers, format=",~g", title=title)
    base = alt.Chart(alt.Data(values=rows), title=heading, width=280, height=190)
    dashed = base.mark_line(strokeDash=[5, 4], color="gray", strokeWidth=1, clip=True)
    line = base.mark_line(color="#0072b2", point=alt.OverlayMarkDef(color="#0072b2"))
    return dashed.encode(x, alt.Y("share:Q", scale=ends)) + line.encode(x, alt.Y("value:Q", scale=ends, axis=y_axis))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--one", nargs=2, type=int, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="up to 1,000 members and 20 layers; only the tables")
    parser.add_argument("--draw", action="store_true", help="no measuring: what the last whole run found")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(*options.one)))
        return
    if options.draw:
        rows = [json.loads(line) for line in ROWS.read_text(encoding="utf-8").splitlines()]
    else:
        members, depths = (MEMBERS[:-1], DEPTHS[:-2]) if options.quick else (MEMBERS, DEPTHS)
        sizes = [*((n, FEW_LAYERS) for n in members), *((SOME_MEMBERS, depth) for depth in depths)]
        rows = [measured(*size) for size in sizes]
    tables(rows)
    if not options.quick:
        ROWS.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
        draw(rows)


if __name__ == "__main__":
    main()
