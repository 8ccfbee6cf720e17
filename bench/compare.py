"""How long `layerwise compare` makes people wait, and what a member of a population weighs.

    python bench/compare.py [--rounds 3]

Seconds from the command to its first words (before torch is loaded), to the first report of training, and to the end
with the report written, and the seconds of a processor that it took, which other programs change less; then the peak
memory of `fit` with more and more members, as MiB a member.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FIT = """
import json, resource, sys
import layerwise as lw
n, keep = int(sys.argv[1]), sys.argv[2] == "keep"
recipe = lw.Recipe().replace(depth=3, width=500, batch_size=100, epochs=1)
from layerwise.data import Data
import numpy as np
rng = np.random.default_rng(0)
data = Data.create("bench", rng.standard_normal((1000, 784), dtype=np.float32), np.arange(1000) % 10)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
lw.fit(recipe, data, seeds=n, progress=False, keep_models=keep)
print(json.dumps((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024))
"""


def processor():
    """Return the seconds of a processor that ended children took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def waits(folder):
    start, before = time.perf_counter(), processor()
    command = [sys.executable, "-m", "layerwise", "compare", "--output", folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        process.stderr.readline()
        words = time.perf_counter() - start
        process.stderr.readline()
        row = time.perf_counter() - start
        process.communicate()
    return words, row, time.perf_counter() - start, processor() - before


def memory(n, keep):
    done = subprocess.run(
        [sys.executable, "-c", FIT, str(n), "keep" if keep else "drop"], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        found = [waits(str(Path(folder) / "out")) for _ in range(rounds)]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}; medians of {rounds} rounds\n")
    print("| `layerwise compare`: from the command to | seconds |")
    print("|---|---|")
    names = ("first words", "first report of training", "end, report written", "end, of a processor")
    for name, values in zip(names, zip(*found, strict=True), strict=True):
        print(f"| {name} | {statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f}) |")
    print("\nPeak memory of `fit` above the start: 784-500x3-10, batch 100, float32 (parameters: 3.4 MiB a member)\n")
    print("| members | MiB, models kept | MiB, models dropped |")
    print("|---|---|---|")
    for n in (4, 16, 64):
        print(f"| {n} | {memory(n, keep=True):,.0f} | {memory(n, keep=False):,.0f} |")


if __name__ == "__main__":
    main()
