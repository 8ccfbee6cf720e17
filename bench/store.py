"""What the store of a study takes: records per second, bytes a member, and how long lists and reports take.

    python bench/store.py [--members 100000]

Real records: digits, 64-64x3-10, trained once for one chunk of 16 with the default probes; then the same rows are
recorded again and again under new numbers, chunk by chunk, as a study does (claim, record, one transaction each, which
is on the disk when it ends). First what a worker does to a member (judge, JSON, compress), then the writer alone, then,
on the file that this leaves behind, `layerwise study list` and the report (record, text, page), each in a process of
its own. Prints tables as Markdown.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

ARMS, CHUNK = 10, 16
CHOICES = {"depth": 3, "width": 64}


def trained():
    """Return rows of one chunk, and the seconds that a worker took to make a row of a run."""
    from layerwise.data import load
    from layerwise.models import preset
    from layerwise.population import Member, Meter, plan, train
    from layerwise.rules import judge
    from layerwise.store import row_of_run
    from layerwise.studies._summarize import facts

    data, recipe = load("digits"), preset("relu_he_2015").replace(**CHOICES)
    members = [Member(recipe, seed) for seed in range(CHUNK)]
    planned = plan(members, data, keep_models=False)
    import threading

    start = time.perf_counter()
    outcome = train(members, planned.settings, Meter(0, None), threading.Event())
    training = (time.perf_counter() - start) / CHUNK
    runs = [outcome.run(member, s) for s, member in enumerate(members)]
    start, rows = time.perf_counter(), []
    for _ in range(5):
        rows = [row_of_run(s, 0, "final", run, judge([run], facts(recipe, data, run.n_steps)))
                for s, run in enumerate(runs)]  # fmt: skip
    return rows, (time.perf_counter() - start) / (5 * CHUNK), training


def record(folder, rows, n_members, together):
    """Record so many members and return the seconds that each tenth of them took."""
    from layerwise.data import load
    from layerwise.store import StudyStore, design_values
    from layerwise.studies import Study
    from layerwise.studies.study._design import make_design

    n_seeds = n_members // ARMS
    arms = [{"preset": "relu_he_2015", "name": f"arm{k}", "l2": k * 1e-5, **CHOICES} for k in range(ARMS)]
    study = Study(name="store", question="How fast is the store?", prediction="Fast enough.", data="digits", arms=arms,
                  seeds=n_seeds, decision={"better": "arm0", "than": "others"})  # fmt: skip
    start = time.perf_counter()
    design = make_design(study, load("digits"))
    planned = time.perf_counter() - start
    (phase,) = design.phases
    left = ((number, phase.chunk(number)[0].member) for number in phase.numbers)
    tenths, start, done = [], time.perf_counter(), 0
    batch, chunks = [], []
    with StudyStore(folder) as store:
        recipes = [(recipe.name, recipe.model_dump_json(exclude={"name"})) for recipe in design.arms]
        store.begin(design_values(design.described()), recipes, ("bench", "cpu", "", "{}"))
        while (number := store.claim(left)) is not None:
            entries = phase.chunk(number)
            batch += [_renamed(row, entry) for row, entry in zip(rows, entries, strict=False)]
            chunks.append(number)
            if len(chunks) >= together or done + len(entries) == n_members:
                store.add(batch, chunks)
                batch, chunks = [], []
            done += len(entries)
            if done >= n_members * (len(tenths) + 1) / 10:
                tenths.append(time.perf_counter() - start)
                start = time.perf_counter()
    return planned, tenths


def _renamed(row, entry):
    """The same record under another number; with a score that differs from seed to seed."""
    scores = json.loads(row.scores)
    scores["test_accuracy"] = round(0.95 + (hash((entry.arm, entry.seed)) % 1000 - 500) / 2e4, 6)
    return row._replace(member=entry.member, arm=entry.arm, seed=entry.seed, scores=json.dumps(scores))


def timed(*command):
    """Return the seconds that a process took, and those of its processor time, as text."""
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return f"{time.perf_counter() - start:.1f} s ({busy:.1f} s of processor time)"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, help="of the disk that is measured [the system's temporary folder]")
    options = parser.parse_args()
    rows, encode, training = trained()
    size = sum(len(row.details) for row in rows) / len(rows)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        busy = time.process_time()
        planned, tenths = record(folder, rows, options.members, 1)
        busy = time.process_time() - busy
        n_bytes = (Path(folder) / "study.sqlite").stat().st_size
        listed = timed("-m", "layerwise", "study", "list", folder)
        report = "import sys; from layerwise.studies import StudyResult as S; S(sys.argv[1]).save(sys.argv[1])"
        reported = timed("-c", report, folder)
        shown = timed("-m", "layerwise", "study", "show", folder)
        page = (Path(folder) / "report.html").stat().st_size
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        _, piled = record(folder, rows, options.members // 5, 16)
    rates = [options.members / 10 / seconds for seconds in tenths]
    where = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{where}; {options.members:,} members, "
          f"{ARMS} arms, chunks of {CHUNK}\n")  # fmt: skip
    print("| what | measured |\n|---|---|")
    print(f"| training, per member, one thread | {1e3 * training:.0f} ms |")
    print(f"| judge, JSON, compress, per member, in the worker | {1e3 * encode:.2f} ms |")
    print(f"| a member's curves, measures and findings, compressed | {size / 1024:.1f} KiB |")
    print(f"| the file, per member | {n_bytes / options.members / 1024:.1f} KiB |")
    print(f"| design | {planned:.1f} s |")
    print(f"| load of the machine meanwhile, by processes that want a core | {os.getloadavg()[1]:.0f} |")
    print(f"| records per second, all | {options.members / sum(tenths):,.0f} |")
    print(f"| the writer's processor time, per member | {1e3 * busy / options.members:.2f} ms |")
    print(f"| records per second, each tenth | {', '.join(f'{rate:,.0f}' for rate in rates)} |")
    print(f"| records per second, 16 chunks ready at a time | {options.members // 5 / sum(piled):,.0f} |")
    print(f"| layerwise study list | {listed} |")
    print(f"| record, page and result.json | {reported}; the page has {page / 2**20:.1f} MiB |")
    print(f"| layerwise study show | {shown} |")


if __name__ == "__main__":
    main()
